// Holdings: shares bought before today, settled or not yet, with today's move and the whole of it.

import { keyOf } from "./base.js";
import { emit } from "./bus.js";
import { h } from "./dom.js";
import { explained } from "./explained.js";
import { arrow, average, percent, price, quantity, signed, toPaise, tone } from "./money.js";
import { put, toneOf } from "./paint.js";
import { heat } from "./holdings_map.js";
import { closeOf, lastOf } from "./store.js";

const PLACE = "kagaz.holdings";
const WHY = {
  T1: "Bought, and not yet in the demat account.",
  Invested: "What was paid, before charges.",
  "Day's P&L": "Since the previous close.",
  "P&L": "Current value less what was invested, before charges.",
};
const HEADS = ["Qty", "T1", "Avg.", "LTP", "Invested", "Current", "Day's P&L", "P&L"];

const num = () => h("td", { class: "num" });

function money(cell, paise, base) {
  const share = base ? ` (${percent((paise / base) * 100)})` : "";
  put(cell, `${arrow(paise)} ${signed(paise / 100)}${share}`.trim());
  toneOf(cell, tone(paise));
}

// `writes()` says whether the book may be traded in now.
export function holdingsTable(writes) {
  let list = [];
  const cells = new Map();
  const sums = { invested: num(), value: num(), today: num(), gain: num() };
  const node = h("section", { class: "holdings" });
  const map = heat();
  let shape = sessionStorage.getItem(PLACE) === "map" ? "map" : "table";

  function choose(next) {
    shape = next;
    sessionStorage.setItem(PLACE, next);
    draw();
    tick();
    node.querySelector(".segments [aria-pressed=true]")?.focus(); // the button that was pressed has been made anew
  }
  const shapes = () =>
    h("div", { class: "segments", role: "group", "aria-label": "Holdings as" },
      [["table", "Table"], ["map", "Map"]].map(([name, label]) =>
        h("button", { type: "button", "aria-pressed": String(name === shape), onclick: () => choose(name) }, label)));

  function line(row) {
    const parts = { last: num(), value: num(), today: num(), gain: num() };
    cells.set(keyOf(row), { row, ...parts });
    return h(
      "tr",
      { class: "position" },
      h("td", null, h("b", { class: "sym" }, row.symbol), " ", h("small", { class: "muted" }, row.exchange)),
      h("td", { class: "num" }, quantity(row.quantity)),
      h("td", { class: "num" }, row.t1_quantity ? h("span", { class: "chip warn", title: WHY.T1 }, `T1 ${quantity(row.t1_quantity)}`) : "–"),
      h("td", { class: "num" }, average(row.average_price)),
      parts.last,
      h("td", { class: "num" }, price(row.invested)),
      parts.value,
      parts.today,
      parts.gain,
      h(
        "td",
        { class: "num acts" },
        writes()
          ? [
              row.sellable_quantity ? deal(row, "SELL", "Sell") : null,
              " ",
              deal(row, "BUY", "Add"),
              " ",
              h(
                "button",
                {
                  type: "button",
                  class: "plain small",
                  title: "Sell at a target or at a stop, for up to a year",
                  onclick: () => emit("gtt", { symbol: keyOf(row), side: "SELL", quantity: row.quantity, kind: "OCO" }),
                },
                "GTT",
              ),
            ]
          : null,
      ),
    );
  }

  const deal = (row, side, label) =>
    h(
      "button",
      {
        type: "button",
        class: `plain small${side === "BUY" ? " wide" : ""}`,
        onclick: () =>
          emit("ticket", {
            symbol: keyOf(row),
            side,
            product: "CNC",
            ...(side === "SELL" ? { quantity: row.sellable_quantity } : {}),
          }),
      },
      label,
    );

  let drawn = "";
  function draw() {
    const now = JSON.stringify([list, shape, writes()]);
    if (now === drawn) return; // what has the focus, or is open, stays
    drawn = now;
    map.draw(list);
    map.node.hidden = shape !== "map";
    cells.clear();
    if (!list.length) {
      node.replaceChildren();
      return;
    }
    node.replaceChildren(
      h("div", { class: "row gap" }, h("h3", { class: "grow" }, `Holdings (${list.length})`), shapes()),
      map.node,
      h(
        "div",
        { class: "scroll", hidden: shape === "map" },
        h(
          "table",
          { class: "grid", "aria-label": "Holdings" },
          h(
            "thead",
            null,
            h(
              "tr",
              null,
              h("th", { scope: "col" }, "Instrument"),
              HEADS.map((label) => h("th", { class: "num", scope: "col" }, explained(label, WHY[label]))),
              h("th"),
            ),
          ),
          h("tbody", null, list.map(line)),
          h(
            "tfoot",
            null,
            h("tr", null, h("td", { colspan: "5" }, "Total"), ...Object.values(sums), h("td")),
          ),
        ),
      ),
    );
  }

  function tick() {
    const sum = { invested: 0, value: 0, today: 0 };
    for (const { row, last, value, today, gain } of cells.values()) {
      const units = row.quantity + row.t1_quantity;
      const now = toPaise(lastOf(row) ?? 0) * units;
      const before = toPaise(closeOf(row) ?? lastOf(row) ?? 0) * units;
      const invested = toPaise(row.invested);
      put(last, price(lastOf(row)));
      put(value, price(now / 100));
      if (shape === "map") map.paint(row, now, before ? ((now - before) / before) * 100 : 0);
      money(today, now - before, before);
      money(gain, now - invested, invested);
      sum.invested += invested;
      sum.value += now;
      sum.today += now - before;
    }
    if (shape === "map") map.settle();
    put(sums.invested, price(sum.invested / 100));
    put(sums.value, price(sum.value / 100));
    money(sums.today, sum.today, sum.value - sum.today);
    money(sums.gain, sum.value - sum.invested, sum.invested);
  }

  return {
    node,
    draw,
    tick,
    take: (rows) => (list = rows),
    count: () => list.length,
    symbols: () => list.map(keyOf),
  };
}
