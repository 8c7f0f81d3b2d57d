// What stands in the order book where no order does: why, and what to do next.

import { fingers, h } from "./dom.js";

const WORDS = { open: "No open orders", executed: "Nothing executed today", all: "No orders today" };

export function nothing({ loaded, needle, name, any, write }) {
  if (!loaded) return ["Loading …"];
  if (needle) return [h("strong", null, "No order fits the filter"), "Clear it to see all."];
  const next = !write
    ? [any ? "See the other tabs." : "Orders of this book appear here by themselves."]
    : fingers()
      ? ["Touch a row of the market watch to place one."]
      : ["Press ", h("kbd", null, "B"), " or ", h("kbd", null, "S"), " on a row of the market watch to place one."];
  return [h("strong", null, WORDS[name]), ...next];
}
