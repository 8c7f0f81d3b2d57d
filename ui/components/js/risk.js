// How far each limit of the book is used, what was decided lately and what the exchange says of instruments.

import { ask, withAccount } from "./base.js";
import { account, on } from "./bus.js";
import { h, thead } from "./dom.js";
import { number, rupees } from "./money.js";
import { moment, whole } from "./time.js";
import { widget } from "./widget.js";

const EVERY = 5000; // losses move with the prices, and the clock of the rates runs
const SOON = 500;
const DECIDED = { REFUSED: "Refused", ACTIVE: "Re-armed", REDUCING: "Reduces only", HALTED: "Stopped", CARRIED: "Carried over" };

function table(rows, heads, empty) {
  if (!rows.length) return h("p", { class: "muted" }, empty);
  return h(
    "div",
    { class: "scroll tall" },
    h(
      "table",
      { class: "grid" },
      thead(heads.map(([label, , kind]) => [label, kind])),
      h("tbody", null, rows.map((row) => h("tr", null, heads.map(([, cell, kind]) => h("td", { class: kind || "" }, cell(row) ?? ""))))),
    ),
  );
}

function gauge(limit) {
  const share = Math.round(limit.share * 100);
  const fill = h("i", { class: limit.share >= 1 ? "full" : limit.share >= 0.8 ? "near" : "" });
  fill.style.width = `${share}%`;
  return h(
    "div",
    { class: "gauge" },
    h("div", { class: "row" }, h("span", { class: "grow cut" }, limit.words), h("span", { class: "muted" }, limit.shown)),
    h("div", { class: "track", role: "progressbar", "aria-label": limit.words, "aria-valuenow": String(share), "aria-valuemin": "0", "aria-valuemax": "100" }, fill),
  );
}

export const mount = widget((root, data, tools) => {
  let timer = 0;
  let turn = 0;
  let shown = "";
  let state = null;
  const place = h("div");
  const said = h("p", { class: "muted" }, "");
  const single = h("details", null, h("summary", null, "Limits of a single order and of positions"));
  const singles = h("div");
  single.append(singles);
  root.append(said, place);

  function draw(told) {
    const card = (label, text) => h("div", { class: "card" }, h("div", { class: "muted" }, label), h("div", { class: "figure" }, text));
    singles.replaceChildren(
      table(told.limits.filter((each) => each.share === null), [["Limit", (row) => row.words], ["At most", (row) => row.shown, "num"]], "None."),
    );
    place.replaceChildren(
      h("div", { class: "cards three" }, card("Equity", rupees(told.equity)), card("Loss today", rupees(told.loss)), card("Below the highest equity", `${number(told.drawdown)}%`)),
      h("h3", null, "Limits in use"),
      h("div", { class: "gauges" }, told.limits.filter((each) => each.share !== null).map(gauge)),
      single,
      h("h3", null, "Lately decided"),
      table(
        told.decisions,
        [
          ["Time (IST)", (row) => moment(row.at), "muted"],
          ["Decision", (row) => DECIDED[row.decision] || row.decision],
          ["Why", (row) => row.sentence, "why"],
          ["By", (row) => h("span", null, h("span", { class: "narrow" }, "by "), row.actor === data.me ? "you" : row.actor)],
          ["Order", (row) => (row.order_id ? h("span", null, h("span", { class: "narrow" }, "order "), row.order_id) : "")],
          ["Rule", (row) => h("span", { title: row.rule ? `Rule ${row.rule}` : null }, row.rule_words), "muted"],
        ],
        "Nothing was refused and nobody was stopped.",
      ),
      h("h3", null, "Restricted instruments"),
      table(
        told.restrictions,
        [["Instrument", (row) => row.instrument], ["What holds", (row) => row.words, "why"], ["Note", (row) => row.note, "why"], ["Since", (row) => whole(`${row.from}T12:00:00+05:30`)]],
        "No instrument is restricted today.",
      ),
    );
  }

  async function load() {
    clearTimeout(timer);
    const mine = (turn += 1);
    try {
      const told = await ask(withAccount("/risk", account()));
      if (mine !== turn) return;
      said.textContent = "";
      const now = JSON.stringify(told);
      if (now !== shown) {
        shown = now;
        draw(told);
      }
      // The line above the page says so, and it is the server's.
      if (state !== null && state !== told.state) tools.trigger("changed", told.state);
      state = told.state;
    } catch (refused) {
      if (mine === turn) said.textContent = refused.message;
    }
    if (mine === turn) timer = setTimeout(beat, EVERY);
  }

  const beat = () => {
    if (!document.hidden) load();
    else timer = setTimeout(beat, EVERY);
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(load, SOON);
  };
  for (const name of ["wallet", "orders", "trade", "gap"]) tools.own(on(name, soon));
  tools.own(() => {
    turn += 1;
    clearTimeout(timer);
  });
  load();
  return {
    update(next) {
      if (next.seat.account !== data.seat.account) state = null;
      data = next;
      load();
    },
  };
});
