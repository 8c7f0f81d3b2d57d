// One day of the report, picked in a chart or in the table: what it came to, and the trades that made it.

import { ask, withAccount } from "./base.js";
import { account } from "./bus.js";
import { h, missed } from "./dom.js";
import { price, quantity, rupees, signed, tone } from "./money.js";
import { clock, whole } from "./time.js";

const HEADS = [
  ["Time (IST)"],
  ["Side"],
  ["Instrument"],
  ["Product", "wide"],
  ["Qty", "num"],
  ["Price", "num"],
  ["Value", "num wide"],
  ["Charges", "num"],
  ["Order", "num wide"],
];

function line(trade) {
  return h(
    "tr",
    null,
    h("td", { class: "muted" }, clock(trade.traded_at)),
    h("td", null, h("span", { class: `chip ${trade.side.toLowerCase()}` }, trade.side)),
    h("td", null, h("b", null, trade.symbol), " ", h("small", { class: "muted" }, trade.exchange)),
    h("td", { class: "wide muted" }, trade.product),
    h("td", { class: "num" }, quantity(trade.quantity)),
    h("td", { class: "num" }, price(trade.price)),
    h("td", { class: "num wide" }, price(trade.value)),
    h("td", { class: "num" }, price(trade.charges?.total)),
    h("td", { class: "num wide muted" }, trade.order_id ?? trade.label ?? "–"),
  );
}

function worth(day) {
  const figure = (label, value, mood = "") => [`${label} `, h("b", { "data-tone": mood }, value)];
  const parts = [
    figure("Gross", signed(day.gross, 2, true), tone(day.gross)),
    figure("charges", rupees(day.charges)),
    figure("net", signed(day.net, 2, true), tone(day.net)),
    figure("equity at the close", rupees(day.equity)),
  ];
  return parts.flatMap((part, at) => (at ? [" · ", ...part] : part));
}

// {show(day, figure), hide()}: `day` is a day of the report, told right below the figure that it was picked in.
export function dayTrades() {
  const node = h("section", { class: "picked", hidden: true, "aria-live": "polite" });
  let turn = 0;

  async function show(day, figure) {
    const mine = (turn += 1);
    const place = h("div", { class: "scroll tall" }, h("p", { class: "muted" }, "Reading its trades…"));
    node.hidden = false;
    figure.after(node);
    node.replaceChildren(
      h(
        "div",
        { class: "row apart" },
        h("h3", null, `${whole(day.date)}${day.live ? ", so far" : ""}`),
        h("button", { type: "button", class: "quiet", "aria-label": "Close the day", onclick: hide }, "✕"),
      ),
      h("p", { class: "adds" }, worth(day)),
      place,
    );
    try {
      const { items } = await ask(withAccount(`/trades?limit=500&date=${day.date}`, account()));
      if (mine !== turn) return;
      place.replaceChildren(
        items.length
          ? h(
              "table",
              { class: "grid", "aria-label": `Trades of ${whole(day.date)}` },
              h("thead", null, h("tr", null, HEADS.map(([label, kind]) => h("th", { class: kind || "", scope: "col" }, label)))),
              h("tbody", null, items.map(line)),
            )
          : h("p", { class: "muted" }, "Nothing was traded: what changed is the worth of what was open."),
      );
    } catch (refused) {
      if (mine === turn) place.replaceChildren(h("div", { class: "empty" }, missed("Its trades could not be read", refused, () => show(day, figure))));
    }
  }

  function hide() {
    turn += 1;
    node.hidden = true;
  }

  return { show, hide };
}
