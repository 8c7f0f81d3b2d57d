// A position's line, by the view that is chosen; groups of them, and the four figures of each and of all together.

import { h } from "./dom.js";
import { explained } from "./explained.js";
import { menu } from "./menu.js";
import { arrow, average, percent, price, quantity, signed, toPaise, tone } from "./money.js";
import { put, toneOf } from "./paint.js";
import { exchangeNow, lastOf, unrealisedOf, valueOf } from "./store.js";
import { clock, day } from "./time.js";

const WHY = {
  Unrealised:
    "Value at the last price minus the value it is measured from: what was paid, or for futures the last settlement.",
  "Today's move": "How much the unrealised profit has changed since the last close.",
  Realised: "Profit of what was closed today, before charges.",
  Charges: "Brokerage and the statute's charges of today's orders. The day's contract note may still correct them.",
  Net: "Unrealised plus realised, less charges.",
  "Day's net": "Today's move plus realised, less charges.",
};
const COLUMNS = {
  net: ["Instrument", "Product", "Qty", "Avg.", "LTP", "Unrealised", "Realised", "Charges", "Net", ""],
  day: ["Instrument", "Product", "Bought", "Sold", "LTP", "Today's move", "Realised", "Charges", "Day's net", ""],
};
const WIDE = new Set(["Product", "Realised", "Charges"]);
const PLAIN = new Set(["Instrument", "Product", ""]);

export const heads = (view) =>
  COLUMNS[view].map((label) =>
    h(
      "th",
      { class: `${PLAIN.has(label) ? "" : "num"}${WIDE.has(label) ? " wide" : ""}`, scope: "col" },
      explained(label, WHY[label]),
    ),
  );

export const title = (row) => `${quantity(Math.abs(row.quantity))} ${row.symbol} ${row.product}`;

const figureCells = () => ({
  open: h("td", { class: "num" }),
  realised: h("td", { class: "num wide" }),
  charges: h("td", { class: "num wide" }),
  net: h("td", { class: "num" }),
});

export function sumCells() {
  const parts = figureCells();
  return { ...parts, cells: Object.values(parts) };
}

function money(cell, paise, extra = "") {
  put(cell, `${arrow(paise)} ${signed(paise / 100)}${extra}`.trim());
  toneOf(cell, tone(paise));
}

// Paise of some lines together.
export const figures = (list) =>
  list.reduce(
    (sum, each) => ({
      open: sum.open + each.open,
      realised: sum.realised + each.realised,
      charges: sum.charges + each.charges,
    }),
    { open: 0, realised: 0, charges: 0 },
  );

export function paintFigures(parts, { open, realised, charges }, extra = "") {
  money(parts.open, open, extra);
  money(parts.realised, realised);
  put(parts.charges, charges ? price(charges / 100) : "–");
  money(parts.net, open + realised - charges);
}

// What is left of an intraday position's day, by the exchange's clock.
function squareOff(row) {
  const end = row.quantity && row.square_off_at ? Date.parse(row.square_off_at) : null;
  if (!end) return "";
  const left = end - exchangeNow();
  const at = clock(row.square_off_at).slice(0, 5);
  if (left <= 0) return `auto square-off since ${at}`;
  const minutes = Math.floor(left / 60000);
  const words = minutes >= 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : minutes ? `${minutes} min` : "under a minute";
  return `auto square-off ${at}, ${words} left`;
}

const dealt = (units, at) => (units ? [quantity(units), h("small", { class: "muted" }, ` @ ${average(at)}`)] : "–");

function middle(row, view) {
  if (view === "day")
    return [
      h("td", { class: "num" }, dealt(row.day_buy_quantity, row.day_buy_price)),
      h("td", { class: "num" }, dealt(row.day_sell_quantity, row.day_sell_price)),
    ];
  return [
    h("td", { class: "num" }, quantity(row.quantity)),
    h("td", { class: "num" }, row.quantity ? average(row.average_price) : "–"),
  ];
}

// {node, paint}: `paint` writes what a tick changes and answers the line's figures in paise. `acts` {exit, items}.
export function line(row, view, acts) {
  const last = h("td", { class: "num" });
  const parts = figureCells();
  const ends = h("div", { class: "ends" });
  const closed = !row.quantity;
  const moved = row.converted_quantity && view === "day";
  const node = h(
    "tr",
    { class: `position${closed ? " closed" : ""}${view === "day" ? " dealt" : ""}` },
    h(
      "td",
      null,
      h("b", { class: "sym" }, row.symbol),
      " ",
      h("small", { class: "muted" }, row.exchange),
      h("small", { class: "narrow muted" }, ` ${row.product}`),
      row.quantity < 0 ? [" ", h("span", { class: "chip sell" }, "SHORT")] : null,
      moved ? h("div", { class: "ends" }, `${signed(row.converted_quantity, 0)} by conversion, ${quantity(row.quantity)} open`) : null,
      ends,
    ),
    h("td", { class: "wide muted" }, row.product),
    ...middle(row, view),
    last,
    ...Object.values(parts),
    h(
      "td",
      { class: "num acts" },
      acts && !closed
        ? [
            h("button", { type: "button", class: "plain small", dataset: { act: `exit ${row.symbol} ${row.product}` }, onclick: acts.exit }, "Exit"),
            menu("⋯", `More for ${row.symbol} ${row.product}`, title(row), acts.items),
          ]
        : null,
    ),
  );
  function paint() {
    const now = row.quantity ? unrealisedOf(row) : 0;
    const open = view === "day" ? now - toPaise(row.unrealised_before || 0) : now;
    const base = Math.abs(valueOf(row) - now);
    put(last, row.quantity ? price(lastOf(row)) : "–");
    const told = { open, realised: toPaise(row.realised), charges: toPaise(row.charges || 0) };
    paintFigures(parts, told, row.quantity && base ? ` (${percent((open / base) * 100)})` : "");
    const words = squareOff(row);
    ends.hidden = !words;
    if (words) put(ends, words);
    return told;
  }
  return { node, paint };
}

const GREEKS = [
  ["delta", "Δ", 1, "", "Delta: how many units of the underlying the group moves like."],
  ["gamma", "Γ", 3, "", "Gamma: how much the delta changes when the underlying moves by one rupee."],
  ["theta", "Θ", 0, " a day", "Theta: what a calendar day that passes adds or takes, prices standing still."],
  ["vega", "V", 0, " a point", "Vega: what one point more of volatility adds or takes."],
];
const OPTIONS = new Set(["CE", "PE"]);

// A group's net Greeks, where it has options that are open; shares and futures count in its delta. Null for any other.
export function netGreeks(rows) {
  const open = rows.filter((row) => row.quantity);
  if (!open.some((row) => OPTIONS.has(row.kind))) return null;
  if (!open.every((row) => row.greeks)) return h("div", { class: "greeks muted" }, "Greeks wait for a price of the underlying");
  const sum = (name) => open.reduce((total, row) => total + row.greeks[name], 0);
  return h(
    "div",
    { class: "greeks", "aria-label": "Net Greeks" },
    GREEKS.map(([name, letter, decimals, unit, why]) =>
      h("span", { title: why }, h("i", null, letter), ` ${signed(sum(name), decimals, Boolean(unit))}${unit}`),
    ),
  );
}

// [name, rows] by underlying, and within it by expiry where that is asked for; open ones first within each.
export function bundle(list, by) {
  const found = new Map();
  for (const row of list) {
    const name = (row.underlying || `${row.exchange}:${row.symbol}`).replace(/^[A-Z]+:/, "");
    const key = by === "expiry" && row.expiry ? `${name} · ${day(`${row.expiry}T12:00:00+05:30`)}` : name;
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(row);
  }
  return [...found].sort(([one], [other]) => one.localeCompare(other));
}
