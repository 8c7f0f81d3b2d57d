// What stands in the order book where no order does: why, and what to do next.

import { emit } from "./bus.js";
import { fingers, h } from "./dom.js";
import { state } from "./store.js";

const WORDS = { open: "No open orders", executed: "Nothing executed today", all: "No orders today" };

// Whether the book has no money at all, so that to press B would lead to a refusal; not while its wallet is not known.
export const penniless = () => state.wallet !== null && !(state.wallet.balance > 0);

const fund = () => [
  "This book has no money yet. ",
  h("button", { type: "button", class: "plain", onclick: () => emit("go", "wallet") }, "Add virtual funds"),
];

export function nothing({ loaded, needle, name, any, write }) {
  if (!loaded) return ["Loading …"];
  if (needle) return [h("strong", null, "No order fits the filter"), "Clear it to see all."];
  const next = !write
    ? [any ? "See the other tabs." : "Orders of this book appear here by themselves."]
    : penniless()
      ? fund()
      : fingers()
        ? ["Touch a row of the market watch to place one."]
        : ["Press ", h("kbd", null, "B"), " or ", h("kbd", null, "S"), " on a row of the market watch to place one."];
  return [h("strong", null, WORDS[name]), ...next];
}
