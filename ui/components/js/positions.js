// Open positions and holdings with profit that moves with every tick, totals, and the way out of each.

import { ask, keyOf, withAccount } from "./base.js";
import { account, emit, on, unwant, want } from "./bus.js";
import { confirmed, h, toast } from "./dom.js";
import { arrow, average, percent, price, quantity, rupees, signed, toPaise, tone } from "./money.js";
import { nextFrame, put, toneOf } from "./paint.js";
import { lastOf, positionKey, state, takePositions, unrealisedOf, valueOf } from "./store.js";
import { widget } from "./widget.js";

const WHY = {
  Unrealised:
    "Value at the last price minus the value it is measured from: what was paid, or for futures the last settlement.",
  Realised: "Profit of what was closed today, before charges.",
  "P&L": "Unrealised plus realised, before charges.",
};

export const mount = widget((root, data, tools) => {
  let holdings = [];
  let loaded = false;
  let fault = null;
  const cells = new Map();
  const exitAll = h("button", { type: "button", class: "plain", onclick: askExitAll }, "Exit all");
  const title = h("h3", { class: "grow" }, "Positions");
  const body = h("tbody");
  const sums = {
    unrealised: h("td", { class: "num" }),
    realised: h("td", { class: "num wide" }),
    total: h("td", { class: "num" }),
  };
  const th = (label, kind = "num") => h("th", { class: kind, scope: "col", title: WHY[label] || null }, label);
  const table = h(
    "table",
    { class: "grid positions", "aria-label": "Positions" },
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        th("Instrument", ""),
        th("Product", "wide"),
        th("Qty"),
        th("Avg."),
        th("LTP"),
        th("Unrealised"),
        th("Realised", "num wide"),
        th("P&L"),
        th("", ""),
      ),
    ),
    body,
    h(
      "tfoot",
      null,
      h(
        "tr",
        null,
        h("td", null, "Total"),
        h("td", { class: "wide" }),
        h("td", { class: "lead", colspan: "3" }),
        sums.unrealised,
        sums.realised,
        sums.total,
        h("td"),
      ),
    ),
  );
  const empty = h("div", { class: "empty" });
  const shares = data.brief ? null : h("section", { class: "holdings" });
  root.append(
    h("div", { class: "row head" }, title, exitAll),
    h("div", { class: "scroll" }, table),
    empty,
    shares || "",
  );

  const rows = () =>
    [...state.positions.values()]
      .filter((row) => row.account === account() && (row.quantity || row.realised))
      .sort(
        (one, other) => Boolean(other.quantity) - Boolean(one.quantity) || one.symbol.localeCompare(other.symbol),
      );
  const open = () => rows().filter((row) => row.quantity);

  async function load() {
    try {
      const [positions, held] = await Promise.all([
        ask(withAccount("/positions", account())),
        ask(withAccount("/holdings", account())),
      ]);
      takePositions(positions.items, positions.version);
      holdings = held.items;
      loaded = true;
      fault = null;
    } catch (refused) {
      fault = refused;
    }
    emit("positions", null); // this widget draws with the others
    draw();
  }

  function draw() {
    const list = rows();
    cells.clear();
    body.replaceChildren(...list.map(line));
    table.hidden = !list.length;
    empty.hidden = list.length > 0 || (Boolean(data.brief) && holdings.length > 0 && loaded);
    exitAll.hidden = !data.write || !exitable().length;
    put(title, list.length ? `Positions (${open().length})` : "Positions");
    if (!list.length) {
      if (fault)
        empty.replaceChildren(
          h("strong", null, "Positions could not be loaded"),
          fault.message,
          " ",
          h("button", { type: "button", class: "plain", onclick: load }, "Try again"),
        );
      else if (!loaded) empty.replaceChildren("Loading …");
      else
        empty.replaceChildren(
          h("strong", null, "No positions today"),
          ...(data.write
            ? [
                "What you buy or sell shows here and moves with the market. Press ",
                h("kbd", null, "B"),
                " on a watch row.",
              ]
            : ["This book is flat."]),
        );
    }
    if (shares) shares.replaceChildren(...holdingsTable());
    want(tools.name, [...new Set([...list, ...holdings].map(keyOf))]);
    tick();
  }

  function line(row) {
    const parts = {
      last: h("td", { class: "num" }),
      unrealised: h("td", { class: "num" }),
      total: h("td", { class: "num" }),
    };
    cells.set(positionKey(row), { row, ...parts });
    const closed = !row.quantity;
    return h(
      "tr",
      { class: `position${closed ? " closed" : ""}` },
      h(
        "td",
        null,
        h("b", { class: "sym" }, row.symbol),
        " ",
        h("small", { class: "muted" }, row.exchange),
        row.quantity < 0 ? [" ", h("span", { class: "chip sell" }, "SHORT")] : null,
      ),
      h("td", { class: "wide muted" }, row.product),
      h("td", { class: "num" }, quantity(row.quantity)),
      h("td", { class: "num" }, closed ? "–" : average(row.average_price)),
      parts.last,
      parts.unrealised,
      h("td", { class: "num wide", dataset: { tone: tone(row.realised) } }, signed(row.realised)),
      parts.total,
      h(
        "td",
        { class: "num acts" },
        data.write && !closed
          ? [
              h("button", { type: "button", class: "plain small", onclick: () => exit(row) }, "Exit"),
              " ",
              h(
                "button",
                {
                  type: "button",
                  class: "plain small wide",
                  onclick: () =>
                    emit("ticket", {
                      symbol: keyOf(row),
                      side: row.quantity > 0 ? "BUY" : "SELL",
                      product: row.product,
                    }),
                },
                "Add",
              ),
              " ",
              row.product === "MIS"
                ? null
                : h(
                    "button",
                    {
                      type: "button",
                      class: "plain small wide",
                      title: "Leave it at a target or at a stop, for up to a year",
                      onclick: () =>
                        emit("gtt", {
                          symbol: keyOf(row),
                          side: row.quantity > 0 ? "SELL" : "BUY",
                          quantity: Math.abs(row.quantity),
                          kind: "OCO",
                        }),
                    },
                    "GTT",
                  ),
            ]
          : null,
      ),
    );
  }

  function paint(cell, paise, extra = "") {
    put(cell, `${arrow(paise)} ${signed(paise / 100)}${extra}`.trim());
    toneOf(cell, tone(paise));
  }

  function tick() {
    let unrealised = 0;
    let realised = 0;
    for (const { row, last, unrealised: cell, total } of cells.values()) {
      const now = row.quantity ? unrealisedOf(row) : 0;
      unrealised += now;
      realised += toPaise(row.realised);
      put(last, row.quantity ? price(lastOf(row)) : "–");
      const base = Math.abs(valueOf(row) - now);
      paint(cell, now, row.quantity && base ? ` (${percent((now / base) * 100)})` : "");
      paint(total, now + toPaise(row.realised));
    }
    paint(sums.unrealised, unrealised);
    paint(sums.realised, realised);
    paint(sums.total, unrealised + realised);
    if (shares) tickHoldings();
  }

  const held = new Map();
  let heldSum = null;
  function holdingsTable() {
    held.clear();
    if (!holdings.length) return [];
    heldSum = h("td", { class: "num" });
    const invested = holdings.reduce((sum, row) => sum + toPaise(row.value) - toPaise(row.unrealised), 0);
    return [
      h("h3", { class: "gap" }, `Holdings (${holdings.length})`),
      h(
        "div",
        { class: "scroll" },
        h(
          "table",
          { class: "grid", "aria-label": "Holdings" },
          h(
            "thead",
            null,
            h(
              "tr",
              null,
              h("th", null, "Instrument"),
              ...["Qty", "T1", "Avg.", "LTP", "Invested", "Current", "P&L"].map((label) =>
                h("th", { class: "num" }, label),
              ),
              h("th"),
            ),
          ),
          h(
            "tbody",
            null,
            holdings.map((row) => {
              const parts = {
                last: h("td", { class: "num" }),
                value: h("td", { class: "num" }),
                gain: h("td", { class: "num" }),
              };
              held.set(keyOf(row), { row, ...parts });
              return h(
                "tr",
                { class: "position" },
                h(
                  "td",
                  null,
                  h("b", { class: "sym" }, row.symbol),
                  " ",
                  h("small", { class: "muted" }, row.exchange),
                ),
                h("td", { class: "num" }, quantity(row.quantity)),
                h(
                  "td",
                  { class: "num", title: "Bought, and not yet in the demat account" },
                  row.t1_quantity ? quantity(row.t1_quantity) : "–",
                ),
                h("td", { class: "num" }, average(row.average_price)),
                parts.last,
                h("td", { class: "num" }, price((toPaise(row.value) - toPaise(row.unrealised)) / 100)),
                parts.value,
                parts.gain,
                h(
                  "td",
                  { class: "num acts" },
                  data.write && row.sellable_quantity
                    ? h(
                        "button",
                        {
                          type: "button",
                          class: "plain small",
                          onclick: () =>
                            emit("ticket", {
                              symbol: keyOf(row),
                              side: "SELL",
                              product: "CNC",
                              quantity: row.sellable_quantity,
                            }),
                        },
                        "Sell",
                      )
                    : null,
                  data.write
                    ? h(
                        "button",
                        {
                          type: "button",
                          class: "plain small",
                          title: "Sell at a target or at a stop, for up to a year",
                          onclick: () =>
                            emit("gtt", { symbol: keyOf(row), side: "SELL", quantity: row.quantity, kind: "OCO" }),
                        },
                        "GTT",
                      )
                    : null,
                ),
              );
            }),
          ),
          h(
            "tfoot",
            null,
            h(
              "tr",
              null,
              h("td", { colspan: "5" }, "Total"),
              h("td", { class: "num" }, price(invested / 100)),
              h("td"),
              heldSum,
              h("td"),
            ),
          ),
        ),
      ),
    ];
  }
  function tickHoldings() {
    let sum = 0;
    for (const { row, last, value, gain } of held.values()) {
      const units = row.quantity + row.t1_quantity;
      const now = toPaise(row.unrealised) + (toPaise(lastOf(row)) - toPaise(row.last_price)) * units;
      sum += now;
      put(last, price(lastOf(row)));
      put(value, price((toPaise(lastOf(row)) * units) / 100));
      paint(gain, now);
    }
    if (heldSum) paint(heldSum, sum);
  }

  const exit = (row) =>
    emit("ticket", {
      symbol: keyOf(row),
      side: row.quantity > 0 ? "SELL" : "BUY",
      product: row.product,
      quantity: Math.abs(row.quantity),
      type: "MARKET",
    });

  // Intraday and carried positions; shares bought for delivery are kept, as a broker keeps them.
  const exitable = () => open().filter((row) => row.product !== "CNC");

  async function askExitAll() {
    const list = exitable();
    const worth = list.reduce((sum, row) => sum + Math.abs(valueOf(row)), 0);
    const question = `Exit ${list.length} MIS and NRML positions at the market, ${rupees(worth / 100)} in all? Delivery shares stay.`;
    if (await confirmed(root, question, `Exit ${list.length}`)) tools.trigger("exitall", true);
  }

  tools.own(on("positions", () => nextFrame(tools.name, draw)));
  tools.own(on("quotes", () => nextFrame(`${tools.name} prices`, tick)));
  tools.own(on("trade", () => setTimeout(load, 400)));
  tools.own(on("gap", load));
  tools.own(() => unwant(tools.name));
  load();
  return {
    update(next) {
      const changed = next.seat.account !== data.seat.account;
      data = next;
      if (changed) load();
    },
  };
});
