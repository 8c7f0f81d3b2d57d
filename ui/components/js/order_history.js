// One order's history: a broker's steps, who took them and why, and what the market showed when it filled.

import { keyOf } from "./base.js";
import { emit } from "./bus.js";
import { h, rule } from "./dom.js";
import { gttStatus, kindOf, legState, legWords, waits } from "./gtt_words.js";
import { price, quantity, rupees } from "./money.js";
import { by, evidence, finer, slippage, step } from "./order_words.js";
import { clock, moment } from "./time.js";

// The target and the stop of an entry, and the way to move them.
function attached(row) {
  const [text, mood, icon] = gttStatus(row);
  return h(
    "div",
    { class: "row attached" },
    h("b", null, kindOf(row)),
    h("span", { class: `chip ${mood}` }, `${icon} ${text}`),
    h("span", { class: "grow" }, row.legs.map((leg) => `${legWords(leg)} (${legState(leg)})`).join(" · ")),
    waits(row)
      ? h(
          "button",
          { type: "button", class: "plain small", onclick: () => emit("gtt", { symbol: keyOf(row), gtt: row }) },
          "Change target or stop",
        )
      : null,
  );
}

// The row below an opened order: `detail` once it has come, or why it has not. `repeat(row)` is offered on a phone,
// where the lines themselves have no room for it.
export function history({ detail, refused }, columns, repeat) {
  const cell = h("td", { colspan: String(columns) });
  if (refused) cell.append(refused.message);
  else if (!detail) cell.append("Loading …");
  else
    cell.append(
      about(detail),
      h("ol", { class: "steps" }, detail.history.map(line)),
      ...(detail.attached ? [attached(detail.attached)] : []),
      ...whyFilled(detail.trades),
      repeat ? h("button", { type: "button", class: "plain narrow repeat", onclick: () => repeat(detail) }, "Repeat this order") : "",
    );
  return h("tr", { class: "history" }, cell);
}

function about(detail) {
  const bits = [
    `Order ${detail.order_id}`,
    `${detail.order_type} ${detail.validity}`,
    `worst price ${price(detail.worst_price)}`,
    finer(detail),
    detail.modifications ? `changed ${detail.modifications} of 25 times` : "",
    detail.tag ? `tag ${detail.tag}` : "",
  ];
  return h("div", { class: "muted" }, bits.filter(Boolean).join(" · "));
}

function line(each) {
  return h(
    "li",
    null,
    h("time", null, moment(each.at)),
    h(
      "span",
      null,
      h("b", null, step(each)),
      " ",
      h("span", { class: "muted" }, `by ${by(each)}`),
      each.steps?.length ? h("div", { class: "path" }, each.steps.join(" → ")) : null,
      each.fill
        ? h(
            "div",
            { class: "muted" },
            `${quantity(each.fill.quantity)} at ${price(each.fill.price)}, ${slippage(each.fill)} of ${price(each.fill.last_price)}`,
          )
        : null,
      each.reason
        ? h("div", { class: each.event === "PLACED" ? "muted" : "why" }, each.reason, rule(each.reason_code))
        : null,
    ),
  );
}

function whyFilled(trades) {
  if (!trades.length) return [];
  return [
    h("h4", null, "Why it filled"),
    h(
      "ul",
      { class: "fills" },
      trades.map((trade) =>
        h(
          "li",
          null,
          `${clock(trade.traded_at)} · ${quantity(trade.quantity)} at ${price(trade.price)} · charges ${rupees(trade.charges.total)}`,
          h("div", { class: "muted" }, `Frame ${trade.evidence.frame}: ${evidence(trade)}.`),
        ),
      ),
    ),
  ];
}
