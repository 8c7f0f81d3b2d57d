// The ladder of an expiry: calls left, strikes in the middle, puts right, each with its price, its interest and its Greeks.

import { strikeText } from "./chain_words.js";
import { h } from "./dom.js";
import { measured, yearsTo } from "./options_model.js";
import { arrow, compact, number, price, signed, tone } from "./money.js";
import { flash, put, toneOf } from "./paint.js";
import { exchangeNow, state } from "./store.js";

// Name: [heading, what it is, text of {quote, before, greeks}, tone]. The last of a list stands beside the strike.
const COLUMNS = {
  oi: ["OI", "Open interest: units of contracts that are open. The bar is its share of the largest one shown", (of) => compact(of.quote.oi)],
  moved: ["OI chg.", "Open interest since the day before; on a contract's first day since its first price", (of) => shifted(of), (of) => tone(since(of))],
  volume: ["Volume", "Units traded today", (of) => compact(of.quote.volume)],
  iv: ["IV", "Implied volatility: what the last price says of a year's moves, in per cent", (of) => (of.greeks.iv === null ? "–" : number(of.greeks.iv * 100, 1))],
  bid: ["Bid", "The best price that somebody pays", (of) => price(of.quote.bid)],
  ask: ["Ask", "The best price that somebody takes", (of) => price(of.quote.ask)],
  delta: ["Delta", "How much the premium moves when the underlying moves by a rupee", (of) => number(of.greeks.delta, 2)],
  gamma: ["Gamma", "How much the delta changes when the underlying moves by a rupee", (of) => number(of.greeks.gamma, 4)],
  theta: ["Theta", "What a calendar day that passes takes from the premium", (of) => number(of.greeks.theta, 2)],
  vega: ["Vega", "What one point more of volatility adds to the premium", (of) => number(of.greeks.vega, 2)],
  change: ["Chg.", "Since the previous close", (of) => changed(of), (of) => tone(of.quote.change)],
  last: ["LTP", "Last price", (of) => price(of.quote.last_price)],
};
const SHOWN = {
  prices: ["oi", "moved", "volume", "iv", "bid", "ask", "change", "last"],
  greeks: ["oi", "iv", "vega", "theta", "gamma", "delta", "change", "last"],
};
const NARROW = new Set(["last", "iv"]); // on a phone

const since = ({ quote, before }) => (before === null || quote.oi === undefined || quote.oi === null ? null : quote.oi - before);
function shifted(of) {
  const moved = since(of);
  return moved === null ? "–" : `${moved > 0 ? "+" : ""}${compact(moved)}`;
}
const changed = ({ quote }) => (quote.change === null || quote.change === undefined ? "–" : `${arrow(quote.change)} ${signed(quote.change)}`.trim());

// `deal(key, side)` is asked for by the buttons that a pointer finds on a price, `choose(key)` by a press on a side.
export function ladder({ choose, deal, writes }) {
  const cells = new Map(); // by contract: {tds, right, strike, expiry, before, shown}
  const head = h("thead");
  const body = h("tbody");
  const node = h("table", { class: "ladder", role: "grid", "aria-label": "Strikes" }, head, body);
  let spot = null;

  function titles(names) {
    const one = (name) => h("th", { scope: "col", class: `num${NARROW.has(name) ? "" : " wide"}`, title: COLUMNS[name][1] }, COLUMNS[name][0]);
    const sides = (word) => h("th", { class: "over", scope: "colgroup", colspan: String(names.length) }, word);
    head.replaceChildren(
      h("tr", { class: "sides" }, sides("Calls"), h("th", { class: "strike" }), sides("Puts")),
      h("tr", null, names.map(one), h("th", { scope: "col", class: "strike" }, "Strike"), [...names].reverse().map(one)),
    );
  }

  function side(contract, right, strike, expiry, names) {
    const order = right === "CE" ? names : [...names].reverse();
    if (!contract) return order.map((name) => h("td", { class: `side none${NARROW.has(name) ? "" : " wide"}` }, name === "last" ? "–" : ""));
    const { key } = contract;
    const tds = {};
    const quick = (letter, word) =>
      h("button", { type: "button", tabIndex: -1, class: letter.toLowerCase(), title: `${word} (${letter})`, "aria-label": `${word} ${contract.symbol}`,
        onclick: (event) => { event.stopPropagation(); deal(key, letter === "B" ? "BUY" : "SELL"); } }, letter);
    const made = order.map((name) => {
      const text = h("span", null, "–");
      const bar = name === "oi" ? h("i", { class: "bar" }) : null;
      const td = h("td", { class: `side num ${right} ${name}${NARROW.has(name) ? "" : " wide"}`, onclick: () => choose(key) }, bar, text,
        name === "last" && writes() ? h("span", { class: "acts" }, quick("B", "Buy"), quick("S", "Sell")) : null);
      if (name === "last") Object.assign(td, { role: "gridcell", ariaLabel: contract.symbol, ariaSelected: "false" });
      tds[name] = { td, text, bar };
      return td;
    });
    cells.set(key, { tds, right, strike, expiry, before: contract.oi_before ?? null, shown: null });
    return made;
  }

  function draw(rungs, { money, expiry, view }) {
    const names = SHOWN[view];
    cells.clear();
    titles(names);
    body.replaceChildren(
      ...rungs.map((rung) =>
        h("tr", { class: rung.strike === money ? "money" : "", dataset: { strike: String(rung.strike) } },
          side(rung.CE, "CE", rung.strike, expiry, names),
          h("th", { class: "strike", scope: "row" }, strikeText(rung.strike)),
          side(rung.PE, "PE", rung.strike, expiry, names))),
    );
  }

  function mark(key) {
    for (const [each, { tds }] of cells)
      for (const { td } of Object.values(tds)) {
        td.classList.toggle("picked", each === key);
        if (td.getAttribute("role") === "gridcell") td.ariaSelected = String(each === key);
      }
  }

  function paint(key, now = exchangeNow()) {
    const cell = cells.get(key);
    const quote = state.quotes.get(key);
    if (!cell || !quote || quote.last_price === null) return;
    const of = { quote, before: cell.before, greeks: measured(cell.right === "CE", quote.last_price, spot, cell.strike, yearsTo(cell.expiry, now)) };
    for (const [name, { td, text }] of Object.entries(cell.tds)) {
      const [, , told, mood] = COLUMNS[name];
      put(text, told(of));
      if (mood) toneOf(td, mood(of));
    }
    if (cell.shown !== null && cell.shown !== quote.last_price && quote.moved) flash(cell.tds.last.td, quote.moved);
    cell.shown = quote.last_price;
  }

  // What is in the money is shaded, and each bar of open interest drawn against the largest.
  function shade() {
    let most = 0;
    for (const key of cells.keys()) most = Math.max(most, state.quotes.get(key)?.oi || 0);
    for (const [key, { tds, right, strike }] of cells) {
      const inside = spot !== null && (right === "CE" ? strike < spot : strike > spot);
      for (const { td } of Object.values(tds)) td.classList.toggle("inside", inside);
      const share = most ? ((state.quotes.get(key)?.oi || 0) / most) * 100 : 0;
      tds.oi.bar.style.width = `${share.toFixed(1)}%`;
    }
  }

  return {
    node,
    draw,
    mark,
    paint,
    // What the day before left open, as the server knows it by now.
    renew(known) {
      for (const [key, cell] of cells) cell.before = known.get(key)?.oi_before ?? cell.before;
    },
    keys: () => [...cells.keys()],
    paintAll(price) {
      spot = price;
      const now = exchangeNow();
      for (const key of cells.keys()) paint(key, now);
      shade();
    },
    // The contract that a step of the arrows leads to; null at an edge.
    beside(key, arrow) {
      const cell = cells.get(key);
      const row = cell?.tds.last.td.parentNode;
      const by = { ArrowUp: -1, ArrowDown: 1 }[arrow];
      const at = (tr, right) => [...cells].find(([, each]) => each.right === right && each.tds.last.td.parentNode === tr)?.[0] || null;
      if (!row) return null;
      if (!by) return at(row, arrow === "ArrowLeft" ? "CE" : "PE");
      let next = row;
      do next = by > 0 ? next.nextElementSibling : next.previousElementSibling;
      while (next && !at(next, cell.right));
      return next && at(next, cell.right);
    },
    show: (key) => cells.get(key)?.tds.last.td.scrollIntoView({ block: "nearest" }),
    // The row at the money comes to the middle of what scrolls; the page itself stays.
    centre(scroller) {
      const row = body.querySelector(".money");
      if (row) scroller.scrollTop = row.offsetTop - (scroller.clientHeight - row.offsetHeight) / 2;
    },
  };
}
