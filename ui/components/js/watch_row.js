// A row of the market watch: what it is made of, and what a price changes in it.

import { h } from "./dom.js";
import { price, tone } from "./money.js";
import { flash, put, toneOf } from "./paint.js";
import { rests, state } from "./store.js";
import { age } from "./time.js";
import { COLUMNS, changeOf, view } from "./watch_view.js";
import { rangeName, yearOf } from "./year_ranges.js";

const LATE = 10000; // ms without a tick, after which a row says how old it is
const COLOURED = new Set(["CHANGE", "PERCENT"]);
const BARS = {
  RANGE: (_, quote) => [quote.low, quote.high, "Day's range"],
  YEAR(symbol, quote) {
    const year = yearOf(symbol, quote);
    return year ? [year.low, year.high, `${rangeName(year.days)} range`] : [];
  },
};

const cell = (kind) => h("span", { class: `c ${kind}`, role: "gridcell" }, "–");
const ranged = () => h("span", { class: "c day", role: "gridcell" }, h("span", { class: "range" }, h("i")));

// `act(letter, symbol)` is what a button, or the key of that letter, does; lists are their owner's to change (`keeps`)
// where the book that is shown is somebody else's to trade in.
export function rowOf(symbol, act, canTrade, keeps) {
  const [exchange, name] = [symbol.slice(0, symbol.indexOf(":")), symbol.slice(symbol.indexOf(":") + 1)];
  const cells = Object.fromEntries(view.columns.map((each) => [each, BARS[each] ? ranged() : cell(each.toLowerCase())]));
  const last = cell("last");
  const held = h("span", { class: "held", hidden: true });
  const late = h("span", { class: "late", hidden: true });
  const button = (letter, label, kind, key = letter, hint = `${label} (${letter})`) => {
    const press = (event) => {
      event.stopPropagation();
      act(key, symbol);
    };
    return h("button", { type: "button", tabIndex: -1, class: kind || "", title: hint, "aria-label": `${label} ${name}`, onclick: press }, letter);
  };
  const title = h("b", { class: "cut", title: symbol }, name);
  const node = h(
    "div",
    { class: "line", role: "row", tabIndex: -1, dataset: { k: symbol } },
    h("span", { class: "c name", role: "gridcell" }, title, h("small", null, exchange), held, late),
    Object.values(cells),
    last,
    h(
      "span",
      { class: "acts", role: "gridcell" },
      canTrade && button("B", "Buy", "b"),
      canTrade && button("S", "Sell", "s"),
      canTrade && button("G", "GTT: wait for a price"),
      button("D", "Depth"),
      button("C", "Chart"),
      keeps && button("⋮", "Colour and place of", "", "M", "Colour and place (M)"),
      keeps && button("✕", "Remove", "", "Delete", "Remove (Delete)"),
    ),
    button("⋮", "More for", "more", "M", "What can be done with it"),
  );
  return { node, cells, last, held, late, title, shown: null, depth: null };
}

// Marks a row with its owner's colour, in a word as well.
export function markRow(row, symbol, colour) {
  if ((row.node.dataset.colour || null) === (colour || null)) return;
  if (colour) row.node.dataset.colour = colour;
  else delete row.node.dataset.colour;
  row.title.title = colour ? `${symbol}, marked ${colour.toLowerCase()}` : symbol;
}

export function paintRow(row, symbol, now) {
  const quote = state.quotes.get(symbol);
  if (!quote) return;
  const text = price(quote.last_price);
  if (row.shown !== null && row.shown !== text && quote.moved) flash(row.last, quote.moved);
  row.shown = text;
  put(row.last, text);
  const mood = tone(changeOf(quote));
  toneOf(row.last, mood);
  for (const [name, node] of Object.entries(row.cells)) {
    if (BARS[name]) paintRange(node, quote.last_price, BARS[name](symbol, quote));
    else put(node, COLUMNS[name][2](quote));
    if (COLOURED.has(name)) toneOf(node, mood);
  }
  paintAge(row, quote, now);
}

function paintRange(node, last, [low, high, words]) {
  const span = high - low;
  const bar = node.firstChild;
  bar.hidden = !(span >= 0);
  if (bar.hidden) return;
  const at = span > 0 ? Math.round(Math.min(100, Math.max(0, ((last - low) / span) * 100))) : 50;
  if (bar.dataset.at === String(at)) return;
  bar.dataset.at = String(at);
  bar.style.setProperty("--at", `${at}%`);
  bar.title = `${words} ${price(low)} to ${price(high)}`;
}

export function paintAge(row, quote, now) {
  const ms = quote.seen === null ? null : now - quote.seen;
  const old = quote.last_price !== null && (ms === null || ms > LATE) && !rests(quote);
  row.node.classList.toggle("old", old);
  row.late.hidden = !old;
  if (old) put(row.late, ms === null ? "no tick yet" : `${age(ms)} old`);
}

// The line of headings above the rows.
export function headings() {
  const against = view.base === "OPEN" ? "against the day's open" : "against the previous close";
  const head = (label, why) => h("span", { class: "c", role: "columnheader", title: why || null }, label);
  return h(
    "div",
    { class: "heads", role: "row" },
    h("span", { class: "c name", role: "columnheader" }, "Instrument"),
    view.columns.map((each) => head(COLUMNS[each][1], COLOURED.has(each) ? `${COLUMNS[each][0]} ${against}` : COLUMNS[each][0])),
    head("LTP", "Last traded price"),
  );
}

const ROOM = 134; // pixels of the rail that columns may take from the name; more of them stand on a line of their own

// Dresses the lines for the columns that are chosen.
export function dressLines(body) {
  const widths = view.columns.map((each) => COLUMNS[each][3]);
  const many = widths.reduce((sum, each) => sum + each, 0) > ROOM;
  body.classList.toggle("tall", many);
  body.style.setProperty("--many", String(view.columns.length));
  body.style.setProperty("--columns", ["minmax(0, 1fr)", ...widths.map((each) => `${each}px`), "72px"].join(" "));
}
