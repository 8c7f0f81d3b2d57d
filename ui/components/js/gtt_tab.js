// The order book's tab of GTTs: what waits for a price, what has triggered, and why an order was refused.

import { ask, keyOf, newKey, withAccount } from "./base.js";
import { account, emit, on, unwant, want } from "./bus.js";
import { confirmed, fingers, h, missed, rule, toast } from "./dom.js";
import { far, gttStatus, gttStep, kindOf, legState, legWords, waits } from "./gtt_words.js";
import { price } from "./money.js";
import { nextFrame, put } from "./paint.js";
import { state } from "./store.js";
import { clock, day, moment, whole } from "./time.js";

const POLL = 5000;
const KINDS = [
  ["active", "Active"],
  ["done", "Triggered and ended"],
  ["all", "All"],
];
const HEADS = [
  ["Made (IST)", ""],
  ["Instrument", ""],
  ["Kind", "wide"],
  ["Triggers", ""],
  ["LTP", "num"],
  ["Until", "wide"],
  ["Status", ""],
  ["", ""],
];

export function gttTab(root, data, tools, redraw) {
  let kind = "active";
  let rows = [];
  let counts = null;
  let fault = null;
  let opened = null;
  let shown = false;
  const cells = new Map();
  const name = `${tools.name} gtt`;
  const kinds = h("div", { class: "tabs grow", role: "tablist", "aria-label": "GTTs" });
  const make = h("button", { type: "button", class: "plain", onclick: () => emit("gtt", {}) }, "New GTT");
  const body = h("tbody");
  const heads = HEADS.map(([label, css]) => h("th", { class: css, scope: "col" }, label));
  const table = h("table", { class: "grid gtts", "aria-label": "GTTs" }, h("thead", null, h("tr", null, heads)), body);
  const empty = h("div", { class: "empty" });
  const node = h(
    "div",
    { hidden: true },
    h("div", { class: "row head" }, kinds, data.write ? make : null),
    h("div", { class: "scroll" }, table),
    empty,
  );

  async function load() {
    try {
      const answer = await ask(withAccount(`/gtt?status=${kind}&limit=200`, account()));
      [rows, counts, fault] = [answer.items, answer.counts, null];
    } catch (refused) {
      fault = refused;
    }
    draw();
    redraw();
  }

  function choose(next) {
    [kind, opened] = [next, null];
    load();
  }

  function draw() {
    kinds.replaceChildren(
      ...KINDS.map(([each, label]) =>
        h("button", { type: "button", role: "tab", dataset: { act: each }, "aria-selected": String(each === kind), onclick: () => choose(each) },
          label, h("span", { class: "count" }, counts && each !== "all" ? String(counts[each]) : "")),
      ),
    );
    cells.clear();
    body.replaceChildren(...rows.flatMap((row) => (opened?.gtt_id === row.gtt_id ? [line(row), history()] : [line(row)])));
    table.hidden = !rows.length;
    empty.hidden = rows.length > 0;
    if (!rows.length) teach();
    if (shown) want(name, [...new Set(rows.filter(waits).map(keyOf))]);
    tick();
  }

  function teach() {
    if (fault) {
      empty.replaceChildren(...missed("The GTTs could not be loaded", fault, load));
      return;
    }
    if (!counts) {
      empty.replaceChildren("Loading …");
      return;
    }
    empty.replaceChildren(
      h("strong", null, kind === "active" ? "No GTT waits" : "Nothing here yet"),
      "A GTT waits up to a year for a price and then places an order: to buy on a fall, to sell at a target, or to limit a loss. ",
      ...(data.write && !fingers() ? ["Press ", h("kbd", null, "G"), " on a row of the market watch, or New GTT."] : []),
    );
  }

  function line(row) {
    const [text, mood, icon] = gttStatus(row);
    const last = h("td", { class: "num" }, "–");
    const triggers = row.legs.map((leg) => {
      const away = h("small", { class: "muted" }, "");
      return { leg, away, node: h("div", { class: leg.state === "DISABLED" ? "muted" : "" }, legWords(leg), " ", away) };
    });
    cells.set(row.gtt_id, { row, last, triggers });
    const act = (label, run) =>
      h("button", { type: "button", class: "plain small", dataset: { act: `${label}-${row.gtt_id}` }, onclick: (event) => { event.stopPropagation(); run(row); } }, label);
    return h(
      "tr",
      { class: "waiting", dataset: { gtt: row.gtt_id }, onclick: () => toggle(row) },
      h("td", { class: "muted" }, day(row.created_at), " ", clock(row.created_at)),
      h("td", null,
        h("span", { class: `chip ${row.legs[0].side.toLowerCase()}` }, row.legs[0].side), " ",
        h("button", { type: "button", class: "name", dataset: { act: `row-${row.gtt_id}` }, "aria-expanded": String(opened?.gtt_id === row.gtt_id) }, row.symbol), " ",
        h("small", { class: "muted" }, `${row.exchange} ${row.legs[0].product}`),
        row.reason ? h("div", { class: "why" }, row.reason, rule(row.reason_code)) : null),
      h("td", { class: "wide muted" }, kindOf(row)),
      h("td", null, triggers.map((each) => each.node)),
      last,
      h("td", { class: "wide muted" }, waits(row) ? whole(row.expires_on) : "–"),
      h("td", null, h("span", { class: `chip ${mood}` }, `${icon} ${text}`)),
      h("td", { class: "num acts" }, waits(row) && data.write ? [act("Edit", edit), " ", act("Delete", remove)] : null),
    );
  }

  function history() {
    const cell = h("td", { colspan: String(HEADS.length) });
    if (!opened.history) cell.append(opened.refused ? opened.refused.message : "Loading …");
    else
      cell.append(
        h("div", { class: "muted" },
          `GTT ${opened.gtt_id}${opened.parent_order_id ? ` · of order ${opened.parent_order_id}` : ""} · set when the last price was ${price(opened.last_price)}`),
        h("ul", { class: "fills" }, opened.legs.map((leg) =>
          h("li", null, `${legWords(leg)} · ${legState(leg)}`, leg.reason ? h("div", { class: "why" }, leg.reason) : null))),
        h("ol", { class: "steps" }, opened.history.map((each) =>
          h("li", null, h("time", null, moment(each.at)),
            h("span", null, h("b", null, gttStep(each)), " ", h("span", { class: "muted" }, `by ${each.by}`),
              each.reason ? h("div", { class: "why" }, each.reason, rule(each.reason_code)) : null)))),
      );
    return h("tr", { class: "history" }, cell);
  }

  async function toggle(row) {
    if (opened?.gtt_id === row.gtt_id) {
      opened = null;
      draw();
      return;
    }
    opened = { gtt_id: row.gtt_id };
    draw();
    try {
      const detail = await ask(withAccount(`/gtt/${row.gtt_id}`, account()));
      if (opened?.gtt_id === row.gtt_id) opened = detail;
    } catch (refused) {
      if (opened?.gtt_id === row.gtt_id) opened.refused = refused;
    }
    draw();
  }

  const edit = (row) => emit("gtt", { symbol: keyOf(row), gtt: row });

  async function remove(row) {
    const what = row.parent_order_id ? "the target and stop" : "the GTT";
    if (!(await confirmed(root, `Delete ${what} of ${row.symbol}? Its order will not be placed.`, "Delete"))) return;
    try {
      await ask(withAccount(`/gtt/${row.gtt_id}`, account()), { method: "DELETE", key: newKey() });
    } catch (refused) {
      toast(root, refused.message, { tone: "bad", stays: true });
    }
    load();
  }

  function tick() {
    for (const { row, last, triggers } of cells.values()) {
      const now = state.quotes.get(keyOf(row))?.last_price;
      put(last, waits(row) ? price(now) : "–");
      for (const { leg, away } of triggers) put(away, waits(row) && leg.state === "WAITING" ? far(leg.trigger_price, now) : "");
    }
  }

  tools.own(on("gtts", load));
  tools.own(on("orders", (row) => { if (shown && (!row || row.origin !== "USER")) load(); }));
  tools.own(on("quotes", () => { if (shown) nextFrame(name, tick); }));
  const again = setInterval(() => {
    shown = !node.hidden;
    if (shown && !document.hidden) load();
    else unwant(name);
  }, POLL);
  tools.own(() => clearInterval(again));
  tools.own(() => unwant(name));
  load();
  return {
    name: "gtt",
    label: "GTT",
    node,
    count: () => counts?.active ?? null,
    open(next) {
      [data, shown] = [next, true];
      load();
    },
  };
}
