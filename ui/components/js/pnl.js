// Profit and loss over time: is this book making money, where from, and what does it cost?

import { ask, withAccount } from "./base.js";
import { account, on } from "./bus.js";
import { h, missed } from "./dom.js";
import { explained } from "./explained.js";
import { easel } from "./figures.js";
import { number, percent, rupees, signed, tone } from "./money.js";
import { calendar, calendarTold, dayAt, ranked, rankedTold } from "./pnl_bars.js";
import { curve, curveTold } from "./pnl_curve.js";
import { dayTrades } from "./pnl_day.js";
import * as more from "./pnl_more.js";
import { charges, dayTable, shares, statistics } from "./pnl_tables.js";
import { traits } from "./pnl_trips.js";
import { weekTold } from "./pnl_week.js";
import { widget } from "./widget.js";

const AGAIN = 1500; // after a trade: what belongs to it has been written by then
const TRIPS = 200; // the newest round trips, of which the figure of how far they went is

// One of several words, pressed.
function choice(words, chosen, name, pick) {
  const node = h("div", { role: "group", "aria-label": name });
  const fill = (now) =>
    node.replaceChildren(
      ...words.map((word) =>
        h(
          "button",
          {
            type: "button",
            "aria-pressed": String(word === now),
            onclick: () => {
              fill(word);
              pick(word);
            },
          },
          word,
        ),
      ),
    );
  fill(chosen);
  return node;
}

function headline(report, basis) {
  const told = report.statistics;
  const card = (label, text, why, mood = "") =>
    h("div", { class: "card" }, h("div", { class: "muted" }, explained(label, why)), h("div", { class: "figure", "data-tone": mood }, text));
  const part = told.gross > 0 ? `${number((report.charges.total / told.gross) * 100, 1)}% of the gross profit.` : "Brokerage and the statute's charges in this range.";
  const profit = told[basis];
  return h(
    "div",
    { class: "cards five" },
    card(`${basis === "net" ? "Net" : "Gross"} P&L`, signed(profit, 2, true), "Gross is before charges, net after them. Deposits do not count.", tone(profit)),
    card("Return, time-weighted", told.total_return === null ? "–" : percent(told.total_return * 100), "Growth of a rupee that stayed in, whatever was paid in or out.", tone(told.total_return)),
    card("Charges", rupees(report.charges.total), part),
    card("Largest drawdown", told.max_drawdown === null ? "–" : percent(told.max_drawdown * 100), `From the best so far, in ${report.days.length} days: ${rupees(told.max_drawdown_rupees)}.`),
    card("Win rate", told.win_rate === null ? "–" : `${Math.round(told.win_rate * 100)}%`, `${told.wins} won, ${told.losses} lost, ${told.flat} even: round trips net of charges.`),
  );
}

// One line that must add up to the paisa, as the server reckoned it.
function reconciliation(told) {
  const parts = [
    ["deposits", told.deposits],
    ["withdrawals", -told.withdrawals],
    ["realised", told.realised],
    ["change of unrealised", told.unrealised_change],
    ["charges", -told.charges],
  ].filter(([, value]) => value);
  const line = [
    `${rupees(told.opening_equity)} at the start`,
    ...parts.map(([label, value]) => `${value > 0 ? "+" : "−"} ${rupees(Math.abs(value))} ${label}`),
    "= ",
  ].join(" ");
  const total = h("strong", null, rupees(told.equity));
  if (told.balanced) return h("p", { class: "adds" }, h("b", null, "✓ adds up"), ` · ${line}`, total, " equity");
  const off = told.lines.filter((each) => each.difference).map((each) => `${each.name} by ${rupees(each.difference)}`);
  return h(
    "p",
    { class: "adds off", role: "alert" },
    `These figures do not agree with the ledger (${off.join("; ") || told.days.join(", ")}): ${line}`,
    total,
    " equity",
  );
}

// The report's figures and the tables beneath them. Without the chart library the tables say it all.
function board(root, version) {
  const stand = easel(root, version);
  let shown = [];
  const picked = dayTrades();
  const open = (day, name) => day && picked.show(day, name === "days" ? days.node : all[name].node);
  const all = {
    curve: stand.figure((point) => open(shown[point.pointIndex], "curve")),
    calendar: stand.figure((point) => open(dayAt(shown, point), "calendar")),
    symbols: stand.figure(),
    products: stand.figure(),
    rolling: stand.figure(),
    exposure: stand.figure(),
    excursions: stand.figure(),
  };
  const named = h("h3");
  const beside = h("div");
  const days = dayTable((day) => open(day, "days"));
  const trips = h("div");
  const tripped = more.tripTable();
  const extra = h("div");
  const tables = { symbols: h("div"), products: h("div") };
  const lost = h("p", { class: "adds off", role: "alert", hidden: true });
  const dated = h("section", { class: "days" }, named, all.calendar.node);
  const half = (title, name) => h("section", null, h("h3", null, `By ${title}`), all[name].node, tables[name]);
  const node = h(
    "div",
    null,
    lost,
    h("div", { class: "board" }, h("div", null, all.curve.node, days.node, dated), beside),
    h("div", { class: "halves" }, half("symbol", "symbols"), half("product", "products")),
    trips,
    extra,
  );

  async function come() {
    try {
      await stand.ready();
      lost.hidden = true;
    } catch (refused) {
      lost.replaceChildren(
        `${refused.message} What the charts would show is in the tables. `,
        h("button", { type: "button", class: "plain", onclick: come }, "Try again"),
      );
      lost.hidden = false;
      days.open();
    }
    node.classList.toggle("lost", !lost.hidden);
    stand.paint();
  }

  // What has too little to show is left out, with its heading.
  function drawMore(report) {
    const { days: all_days, round_trips: round, definitions: means = {} } = report;
    const parts = [
      ["rolling", "Sharpe and Sortino of the last 20 days", means.rolling, more.rolling(all_days), more.rollingTold(all_days)],
      ["exposure", "Open at each close, in % of equity", means.exposure, more.exposure(all_days), all_days.length ? more.exposureTold(all_days) : ""],
      ["excursions", "How far round trips went before they ended", means.excursion, more.excursions(round || []), more.excursionsTold(round || [])],
    ];
    extra.replaceChildren(h("div", { class: "halves" }, ...parts.filter(([, , , make]) => make).map(([name, title, why]) =>
      h("section", { class: name === "excursions" ? "whole" : "" }, h("h3", null, explained(title, why)), all[name].node, name === "excursions" ? tripped.node : null))));
    for (const [name, , , make, told] of parts) all[name].show(make, told);
    tripped.draw((round || []).filter((trip) => trip.adverse !== null && trip.adverse !== undefined));
  }

  return {
    node,
    hide: picked.hide,
    dress: stand.dress,
    end: stand.end,
    draw(report, key) {
      beside.replaceChildren(statistics(report.statistics, report.days.length, report.definitions), charges(report.charges));
      named.textContent = `Calendar, ${key}`;
      shown = report.days;
      trips.replaceChildren(traits(report.groups));
      days.draw(report.days);
      drawMore(report);
      all.curve.show(curve(report, key), curveTold(report, key));
      all.calendar.show(calendar(report.days, key), calendarTold(report.days, key));
      for (const [title, name] of [["Symbol", "symbols"], ["Product", "products"]]) {
        const rows = report[name];
        all[name].show(rows.length ? ranked(rows, key) : null, rankedTold(title, rows, key));
        tables[name].replaceChildren(shares(title, rows, key));
      }
      if (!stand.loaded()) come();
    },
  };
}

const worth = (report) => report.days.some((each) => each.equity || each.deposits || each.trades);

export const mount = widget((root, data, tools) => {
  let { range, basis } = data;
  let report = null;
  let asked = 0;
  const figures = board(root, data.plotly);
  const above = h("div");
  const said = h("div", { class: "empty" }, "Adding up…");
  const full = h("div", { hidden: true }, above, figures.node);
  root.append(
    h(
      "div",
      { class: "pick" },
      choice(Object.keys(data.ranges), range, "Range", (word) => {
        range = word;
        // Python hears of it too: the files below are of the same range.
        tools.args.setStateValue("range", word);
        load();
      }),
      choice(["Net", "Gross"], basis, "Basis", (word) => {
        basis = word;
        remember();
        draw();
      }),
    ),
    said,
    full,
  );

  // The address names what is shown, so that a link of it shows the same.
  function remember() {
    const place = new URL(location.href);
    for (const [name, value, usual] of [["range", range, "All"], ["basis", basis, "Net"]]) {
      if (value === usual) place.searchParams.delete(name);
      else place.searchParams.set(name, value);
    }
    if (place.href !== location.href) history.replaceState(history.state, "", place);
  }

  function draw() {
    if (!report) return;
    const some = worth(report);
    said.hidden = some;
    full.hidden = !some;
    if (!some) {
      figures.hide();
      said.replaceChildren(
        h("strong", null, "Nothing to analyse yet"),
        "The first trading date that closes with money in the book appears here, with its profit and every charge.",
      );
      return;
    }
    const key = basis.toLowerCase();
    const week = weekTold(report.days, key);
    above.replaceChildren(headline(report, key), ...(week ? [h("p", { class: "week" }, week)] : []), reconciliation(report.reconciliation));
    figures.draw(report, key);
  }

  async function load() {
    const turn = (asked += 1);
    remember();
    const start = data.ranges[range];
    try {
      const path = `/pnl?trips=${TRIPS}${start ? `&since=${start}` : ""}`; // which are left out unless they are asked for
      const answer = await ask(withAccount(path, account()), { timeout: 30000 });
      if (turn !== asked) return;
      report = answer;
      draw();
    } catch (refused) {
      if (turn !== asked) return;
      full.hidden = true;
      said.hidden = false;
      said.replaceChildren(...missed("The report could not be loaded", refused, load));
    }
  }

  const soon = tools.soon(load, AGAIN);
  tools.own(on("trade", soon));
  tools.own(on("gap", soon));
  tools.own(figures.end);
  load();
  return {
    update(next) {
      const changed = next.seat.account !== data.seat.account;
      data = next;
      if (changed) {
        figures.hide();
        load();
      } else figures.dress();
    },
  };
});
