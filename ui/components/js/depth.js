// Five bids and five offers of one symbol, their totals, and the day's figures beneath.

import { fetchQuotes, on, unwant, want } from "./bus.js";
import { dayFigures } from "./day_figures.js";
import { h } from "./dom.js";
import { number, price, quantity } from "./money.js";
import { nextFrame, put } from "./paint.js";
import { linked } from "./linked.js";
import { state } from "./store.js";
import { clock } from "./time.js";
import { widget } from "./widget.js";

const LEVELS = [0, 1, 2, 3, 4];
const FACTS = [
  ["Open", (q) => price(q.open)],
  ["High", (q) => price(q.high)],
  ["Low", (q) => price(q.low)],
  ["Prev. close", (q) => price(q.prev_close)],
  ["Volume", (q) => quantity(q.volume)],
  ["OI", (q) => (q.oi ? quantity(q.oi) : "–")],
  ["Lower band", (q) => price(q.lower_band)],
  ["Upper band", (q) => price(q.upper_band)],
];

function side(name, title) {
  const rows = LEVELS.map(() =>
    ["price", "orders", "quantity"].map((cell) => h("td", { class: `num ${cell}` }, "–")),
  );
  const total = h("td", { class: "num", colspan: "2" }, "–");
  const cells = name === "buy" ? rows : rows.map((row) => [...row]);
  const node = h(
    "table",
    { class: `side ${name}`, "aria-label": title },
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        h("th", { class: "num" }, title),
        h("th", { class: "num" }, "Orders"),
        h("th", { class: "num" }, "Qty"),
      ),
    ),
    h(
      "tbody",
      null,
      cells.map((row) => h("tr", null, row)),
    ),
    h("tfoot", null, h("tr", null, h("td", { class: "num" }, "Total"), total)),
  );
  return { node, rows, total };
}

function fill(half, levels) {
  let sum = 0;
  const most = Math.max(1, ...levels.map((level) => level[1]));
  half.rows.forEach((cells, index) => {
    const [at, size, orders] = levels[index] || [null, null, null];
    put(cells[0], at ? price(at) : "–");
    put(cells[1], at ? number(orders, 0) : "–");
    put(cells[2], at ? quantity(size) : "–");
    cells[2].style.setProperty("--part", at ? `${(size / most) * 100}%` : "0%");
    sum += at ? size : 0;
  });
  put(half.total, quantity(sum));
  return sum;
}

// A live view of `symbol`; with `pick(price, side)` a click on a level proposes a price. `whole` tells what bars tell too.
export function depthView(symbol, { pick = null, facts = true, whole = false } = {}) {
  const buy = side("buy", "Bid");
  const sell = side("sell", "Offer");
  const bar = h("div", { class: "ratio", role: "img" }, h("i"));
  const values = FACTS.map(([label]) => [label, h("dd", { class: "num" }, "–")]);
  const at = h("dd", { class: "num" }, "–");
  const figures = whole ? dayFigures(symbol) : null;
  const node = h(
    "div",
    { class: "depth" },
    h("div", { class: "sides" }, buy.node, sell.node),
    bar,
    h("p", { class: "none muted" }, "Nothing is bid or offered: an index, or a market without depth."),
    facts
      ? h(
          "dl",
          { class: "facts" },
          values.map(([label, dd]) => h("div", null, h("dt", null, label), dd)),
          figures?.nodes || [],
          h("div", null, h("dt", null, "As of (IST)"), at),
        )
      : null,
  );
  const owner = `depth ${symbol} ${Math.random()}`;
  const paint = () => {
    const book = state.depth.get(symbol) || { bids: [], asks: [] };
    node.classList.toggle("bare", state.depth.has(symbol) && !book.bids?.length && !book.asks?.length);
    const quote = state.quotes.get(symbol) || {};
    const bids = fill(buy, book.bids || []);
    const asks = fill(sell, book.asks || []);
    const share = bids + asks ? (bids / (bids + asks)) * 100 : 50;
    bar.style.setProperty("--share", `${share.toFixed(1)}%`);
    bar.setAttribute("aria-label", `Buyers ${share.toFixed(0)} percent of displayed quantity`);
    if (!facts) return;
    FACTS.forEach(([, show], index) => put(values[index][1], show(quote)));
    put(at, clock(quote.exchange_time));
  };
  if (pick) {
    node.addEventListener("click", (event) => {
      const row = event.target.closest("tbody tr");
      const half = event.target.closest("table.side");
      const level =
        row &&
        (state.depth.get(symbol)?.[half.classList.contains("buy") ? "bids" : "asks"] || [])[row.sectionRowIndex];
      if (level) pick(level[0]);
    });
  }
  want(owner, [symbol], true);
  fetchQuotes([symbol]);
  const ends = [
    on("depth", (changed) => {
      if (!changed || changed === symbol) nextFrame(owner, paint);
    }),
    on("quotes", (changed) => {
      if (changed.has(symbol)) nextFrame(owner, paint);
    }),
  ];
  paint();
  return {
    node,
    destroy() {
      ends.forEach((off) => off());
      figures?.end();
      unwant(owner);
      node.remove();
    },
  };
}

// The component shows the linked symbol: picked in the market watch, no rerun needed.
export const mount = widget((root, data, tools) => {
  let view = null;
  let shown = null;
  const show = (symbol) => {
    if (!symbol || symbol === shown) return;
    shown = symbol;
    view?.destroy();
    view = depthView(symbol, { whole: !data.follow });
    root.replaceChildren(view.node);
  };
  show(linked(data));
  if (data.follow) tools.own(on("linked", show));
  return { update: (next) => next.symbol && show(next.symbol), destroy: () => view?.destroy() };
});
