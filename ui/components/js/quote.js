// The head of an instrument's page: its name, the live price, and what the day has been so far.

import { emit, fetchQuotes, on, unwant, want } from "./bus.js";
import { openChain } from "./chain.js";
import { h } from "./dom.js";
import { instrument } from "./instruments.js";
import { arrow, compact, percent, price, signed, tone } from "./money.js";
import { follow, linked, occupy } from "./linked.js";
import { nextFrame, put, toneOf } from "./paint.js";
import { describe } from "./search.js";
import { rests, state } from "./store.js";
import { age } from "./time.js";
import { widget } from "./widget.js";

const FACTS = [
  ["Open", "open"],
  ["High", "high"],
  ["Low", "low"],
  ["Prev. close", "prev_close"],
];

export const mount = widget((root, data, tools) => {
  let symbol = null;
  const name = h("b");
  const exchange = h("span", { class: "chip" });
  const about = h("div", { class: "muted cut" });
  const last = h("span", { class: "big" }, "–");
  const moved = h("span", { class: "moved" }, "");
  const late = h("span", { class: "chip warn", hidden: true });
  const facts = FACTS.map(([label, key]) => ({ key, dd: h("dd", { class: "num" }, "–"), label }));
  const volume = h("dd", { class: "num" }, "–");
  const range = h("div", { class: "range", role: "img" }, h("i"));
  const trade = (side) => emit("ticket", { symbol, side });
  let shown = null;
  const open = (key) => tools.trigger("open", key);
  const chain = h(
    "button",
    { type: "button", class: "plain", title: "Futures and options by expiry and strike",
      onclick: () => {
        shown?.close();
        shown = openChain(root, symbol, { write: data.write, open });
      } },
    "Option chain",
  );
  const bell = h(
    "button",
    { type: "button", class: "plain", title: "Be told when it reaches a price", onclick: () => tools.trigger("alert", symbol) },
    "Alert",
  );
  const buttons = h(
    "div",
    { class: "row" },
    data.write && h("button", { type: "button", class: "primary", onclick: () => trade("BUY") }, "Buy"),
    data.write && h("button", { type: "button", class: "danger", onclick: () => trade("SELL") }, "Sell"),
    data.follow &&
      h(
        "button",
        { type: "button", class: "plain", title: "Open its own page", onclick: () => open(symbol) },
        "Details",
      ),
  );
  root.append(
    h(
      "div",
      { class: "quote-head" },
      h("div", { class: "who" }, h("div", { class: "row" }, name, exchange, late), about),
      h("div", { class: "now" }, last, moved),
      h(
        "dl",
        { class: "day" },
        facts.map((fact) => h("div", null, h("dt", null, fact.label), fact.dd)),
        h("div", null, h("dt", null, "Volume"), volume),
      ),
      h("div", { class: "grow" }),
      h("div", { class: "row acts" }, chain, data.write && bell, buttons),
    ),
    range,
  );

  function paint() {
    const quote = state.quotes.get(symbol);
    if (!quote || quote.last_price === null) return;
    put(last, price(quote.last_price));
    put(moved, `${arrow(quote.change)} ${signed(quote.change)} (${percent(quote.change_percent)})`);
    toneOf(last, tone(quote.change));
    toneOf(moved, tone(quote.change));
    for (const fact of facts) put(fact.dd, price(quote[fact.key]));
    put(volume, compact(quote.volume));
    const span = quote.high - quote.low;
    range.style.setProperty(
      "--at",
      span > 0 ? `${Math.min(100, Math.max(0, ((quote.last_price - quote.low) / span) * 100))}%` : "50%",
    );
    range.title = `Day's range ${price(quote.low)} to ${price(quote.high)}`;
    range.setAttribute("aria-label", range.title);
    const ms = quote.seen === null ? null : performance.now() - quote.seen;
    late.hidden = !(ms === null || ms > 10000) || rests(quote);
    if (!late.hidden) put(late, ms === null ? "no tick yet" : `${age(ms)} old`);
  }
  function show(next) {
    if (!next || next === symbol) return;
    symbol = next;
    if (!data.follow) occupy(next);
    put(name, next.slice(next.indexOf(":") + 1));
    put(exchange, next.slice(0, next.indexOf(":")));
    put(about, "");
    put(last, "–");
    put(moved, "");
    want(tools.name, [next]);
    fetchQuotes([next]);
    instrument(next).then(
      (terms) => {
        if (symbol === next) {
          put(about, describe(terms));
          buttons.hidden = terms.kind === "INDEX";
        }
      },
      (refused) => put(about, refused.message),
    );
    paint();
  }
  show(linked(data));
  tools.own(
    on("quotes", (changed) => {
      if (changed.has(symbol)) nextFrame(tools.name, paint);
    }),
  );
  if (data.follow) tools.own(follow(show));
  const timer = setInterval(paint, 1000);
  tools.own(() => {
    clearInterval(timer);
    if (!data.follow) occupy(null);
    shown?.close();
    unwant(tools.name);
  });
  return { update: (next) => next.symbol && show(next.symbol) };
});
