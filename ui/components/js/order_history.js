// The whole history of one order: each step with who took it and why, each fill with what the market showed.

import { keyOf } from "./base.js";
import { emit } from "./bus.js";
import { h } from "./dom.js";
import { gttStatus, kindOf, legState, legWords, waits } from "./gtt_words.js";
import { price, quantity, rupees } from "./money.js";
import { by, evidence, step } from "./order_words.js";
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

// The row below an opened order: `detail` once it has come, or why it has not.
export function history({ detail, refused }, columns) {
  const cell = h("td", { colspan: String(columns) });
  if (refused) cell.append(refused.message);
  else if (!detail) cell.append("Loading …");
  else {
    cell.append(
      h(
        "div",
        { class: "muted" },
        `Order ${detail.order_id} · ${detail.order_type} ${detail.validity} · worst price ${price(detail.worst_price)}${detail.tag ? ` · tag ${detail.tag}` : ""}`,
      ),
      h(
        "ol",
        { class: "steps" },
        detail.history.map((each) =>
          h(
            "li",
            null,
            h("time", null, moment(each.at)),
            h(
              "span",
              null,
              h("b", null, step(each)),
              " ",
              h("span", { class: "muted" }, `by ${by(each)}`),
              each.reason
                ? h(
                    "div",
                    { class: "why" },
                    `${each.reason}${each.reason_code ? ` (rule ${each.reason_code})` : ""}`,
                  )
                : null,
            ),
          ),
        ),
      ),
    );
    if (detail.attached) cell.append(attached(detail.attached));
    if (detail.trades.length)
      cell.append(
        h(
          "ul",
          { class: "fills" },
          detail.trades.map((trade) =>
            h(
              "li",
              null,
              `${clock(trade.traded_at)} · ${quantity(trade.quantity)} at ${price(trade.price)} · charges ${rupees(trade.charges.total)}`,
              h("div", { class: "muted" }, `Frame ${trade.evidence.frame}: ${evidence(trade)}.`),
            ),
          ),
        ),
      );
  }
  return h("tr", { class: "history" }, cell);
}
