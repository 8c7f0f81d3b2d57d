// The tabs above the market watch: one a list, and what can be done with lists.

import { confirmed, h, toast, typedIn } from "./dom.js";
import * as lists from "./lists.js";
import { menu } from "./menu.js";
import { state } from "./store.js";
import { COLOURS } from "./watch_chooser.js";
import { shareOf } from "./watch_view.js";

const byName = (one, other) => one.split(":")[1].localeCompare(other.split(":")[1], "en", { numeric: true });
const change = (symbol) => shareOf(state.quotes.get(symbol) || { last_price: null }) ?? Number.NEGATIVE_INFINITY;
const lastPrice = (symbol) => state.quotes.get(symbol)?.last_price ?? Number.NEGATIVE_INFINITY;
const byPrice = (one, other) => lastPrice(other) - lastPrice(one) || 0;
const byChange = (one, other) => change(other) - change(one) || 0;
const rank = (symbol) => COLOURS.indexOf(lists.active()?.colours?.[symbol]) + 1 || COLOURS.length + 1;
const byColour = (one, other) => rank(one) - rank(other);

export function listTabs(root, write, chain, columns) {
  const tabs = h("div", { class: "tabs grow", role: "tablist", "aria-label": "Watchlists" });
  const attempt = (work) => work.catch((refused) => toast(root, refused.message, { tone: "bad", stays: true }));

  async function add() {
    const name = await typedIn(root, "Name of the new list", `List ${lists.all.items.length + 1}`);
    if (name) attempt(lists.add(name));
  }
  async function rename() {
    const list = lists.active();
    const name = list && (await typedIn(root, "Name of this list", list.name));
    if (name) attempt(lists.rename(list, name));
  }
  async function remove() {
    const list = lists.active();
    if (list && (await confirmed(root, `Delete the list “${list.name}”?`, "Delete"))) attempt(lists.remove(list));
  }

  // Once, not for good: rows that changed places by themselves would slip away under the pointer. Each section for itself.
  async function sort(compare) {
    const list = lists.active();
    if (!list) return;
    const before = list.symbols;
    await attempt(lists.keep(list, lists.runs(list).flatMap((run) => [...run.symbols].sort(compare))));
    toast(root, `${list.name} sorted`, { action: { label: "Undo", run: () => attempt(lists.keep(list, before)) } });
  }

  const more = write
    ? menu("⋯", "Lists", null, [
        ["Columns …", columns],
        ["New list", add],
        ["Rename this list", rename],
        ["Sort by name", () => sort(byName)],
        ["Sort by today's change", () => sort(byChange)],
        ["Sort by last price", () => sort(byPrice)],
        ["Sort by colour", () => sort(byColour)],
        ["Delete this list", remove],
      ])
    : menu("⋯", "Lists", null, [["Columns …", columns]]);

  function draw() {
    const active = lists.active();
    tabs.replaceChildren(
      ...lists.all.items.map((item) =>
        h(
          "button",
          {
            type: "button",
            role: "tab",
            "aria-selected": String(item === active),
            title: `${item.symbols.length} instruments`,
            onclick: () => lists.choose(item.watchlist_id),
          },
          item.name,
        ),
      ),
    );
  }
  const options = h(
    "button",
    { type: "button", class: "quiet", title: "Option chain of the selected instrument (O)", onclick: chain },
    "Chain",
  );
  return { node: h("div", { class: "row lists" }, tabs, options, more), draw };
}
