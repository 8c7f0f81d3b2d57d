// The tables of the report: ratios, charges, profit by symbol and product, and the days.

import { h, sums } from "./dom.js";
import { explained } from "./explained.js";
import { number, percent, rupees, signed, tone } from "./money.js";
import { sample, tripLines } from "./pnl_trips.js";
import { span, whole } from "./time.js";

const KINDS = {
  brokerage: "Brokerage", stt: "STT", exchange: "Exchange", ipft: "IPFT", sebi: "SEBI", stamp: "Stamp duty", gst: "GST",
  dp: "DP", interest: "Interest",
};

const share = (value) => (value === null || value === undefined ? "–" : percent(value * 100));
const few = (value) => (typeof value === "number" || value === null ? number(value) : value);

function pairs(title, rows) {
  return sums(
    title,
    rows.map(([label, ...cells]) =>
      h("tr", { class: label === "Total" ? "total" : "" }, h("td", null, label), cells.map((text) => h("td", { class: "num" }, text))),
    ),
  );
}

// Each figure with how many round trips or days it is of: a ratio of five trips is no ratio. `means` says how each
// is reckoned, by its name.
export function statistics(told, days, means = {}) {
  const volatility = told.volatility === null ? "–" : `${number(told.volatility * 100)}%`;
  const closed = !told.n ? "" : `of ${told.n} ${told.n === 1 ? "day" : "days"}`;
  const deepest = told.max_drawdown_rupees === null ? "–" : rupees(told.max_drawdown_rupees);
  const lines = [
    ...tripLines(told).map(([label, value, of, name]) => [label, few(value), of, name]),
    ["Held, on average", span(told.held_seconds), sample(told.trips), "held"],
    ["Held when it won", span(told.held_seconds_wins), sample(told.wins), "held"],
    ["Held when it lost", span(told.held_seconds_losses), sample(told.losses), "held"],
    ["Longest streak", `${told.longest_wins ?? 0} won, ${told.longest_losses ?? 0} lost`, "", "streak"],
    ["CAGR", share(told.cagr), closed, "cagr"],
    ["Volatility, a year", volatility, closed, "volatility"],
    ["Sharpe (rf 0)", number(told.sharpe), closed, "sharpe"],
    ["Sortino", number(told.sortino), closed, "sortino"],
    ["Calmar", number(told.calmar), closed, "calmar"],
    ["Largest drawdown", deepest, share(told.max_drawdown), "drawdown"],
    ["Longest drawdown", `${told.longest_drawdown_days} ${told.longest_drawdown_days === 1 ? "day" : "days"}`, ""],
  ];
  const node = pairs(
    "Statistics",
    lines.map(([label, value, of, name]) => [explained(label, means[name]), value, of]),
  );
  node.classList.add("told");
  if (days < 30)
    node.append(
      h(
        "p",
        { class: "muted check" },
        `${days === 1 ? "1 day" : `${days} days`}: Sharpe and Sortino are shown from 20 days on, figures a year from 30.`,
      ),
    );
  return node;
}

export function charges(told) {
  const part = told.percent_of_gross;
  const rows = Object.entries(KINDS).filter(([key]) => told[key]);
  if (!rows.length) return h("section", { class: "sum" }, h("h3", null, "Charges by kind"), h("p", { class: "muted" }, "None in this range."));
  const base = told.total || 1;
  return pairs("Charges by kind", [
    ...rows.map(([key, label]) => [label, rupees(told[key]), `${number((told[key] / base) * 100, 1)}%`]),
    ["Total", rupees(told.total), part === null || part === undefined ? "" : part > 100 ? "more than the gross" : `${number(part, 1)}% of gross`],
  ]);
}

// Rows sorted by what their heading says; pressed again it turns round.
export function shares(title, rows, key) {
  const heads = [[title, "name"], ["Gross", "gross"], ["Charges", "charges"], ["Net", "net"], ["Trades", "trades"]];
  const body = h("tbody");
  const order = { by: key, down: true };

  function fill() {
    const way = order.down ? -1 : 1;
    const sorted = [...rows].sort((one, two) =>
      order.by === "name" ? -way * one.name.localeCompare(two.name) : way * (one[order.by] - two[order.by]),
    );
    const money = (value) => h("td", { class: "num", "data-tone": tone(value) }, signed(value, 2, true));
    body.replaceChildren(
      ...sorted.map((row) =>
        h(
          "tr",
          null,
          h("td", null, row.name),
          money(row.gross),
          h("td", { class: "num" }, rupees(row.charges)),
          money(row.net),
          h("td", { class: "num" }, String(row.trades)),
        ),
      ),
    );
    cells.forEach(({ cell, name }) => {
      if (name === order.by) cell.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
  }

  const cells = heads.map(([label, name]) => ({
    name,
    cell: h(
      "th",
      { class: name === "name" ? "" : "num", scope: "col" },
      h(
        "button",
        {
          type: "button",
          onclick: () => {
            Object.assign(order, { by: name, down: order.by === name ? !order.down : true });
            fill();
          },
        },
        label,
      ),
    ),
  }));
  fill();
  return h(
    "div",
    { class: "scroll tall" },
    h("table", { class: "grid shares" }, h("thead", null, h("tr", null, cells.map((each) => each.cell))), body),
  );
}

// What the curve and the calendar show, newest first, as a table that is made when it is opened. `pick(day)` opens one.
export function dayTable(pick) {
  const place = h("div", { class: "scroll tall" });
  const node = h("details", { class: "twin" }, h("summary", null, "The days as a table"), place);
  const heads = ["Date", "Equity", "Deposits", "Withdrawals", "Drawdown", "Gross", "Charges", "Net", "Trades"];
  let days = null;

  function fill() {
    if (!node.open || !days) return;
    const cell = (text, mood = "") => h("td", { class: "num", "data-tone": mood }, text);
    const row = (each) =>
      h(
        "tr",
        null,
        h("td", null, h("button", { type: "button", class: "day", title: "Its trades", onclick: () => pick(each) }, whole(each.date))),
        cell(rupees(each.equity)),
        cell(each.deposits ? rupees(each.deposits) : ""),
        cell(each.withdrawals ? rupees(each.withdrawals) : ""),
        cell(percent(each.drawdown * 100)),
        cell(signed(each.gross, 2, true), tone(each.gross)),
        cell(rupees(each.charges)),
        cell(signed(each.net, 2, true), tone(each.net)),
        cell(String(each.trades)),
      );
    const titles = heads.map((name) => h("th", { scope: "col", class: name === "Date" ? "" : "num" }, name));
    place.replaceChildren(
      h("table", { class: "grid" }, h("thead", null, h("tr", null, titles)), h("tbody", null, [...days].reverse().map(row))),
    );
  }
  node.addEventListener("toggle", fill);
  return {
    node,
    open() {
      node.open = true;
    },
    draw(next) {
      days = next;
      place.replaceChildren();
      fill();
    },
  };
}
