// Sections of a watchlist: a heading above rows that follow each other under one name, and what can be done with it.

import { confirmed, h, typedIn } from "./dom.js";
import * as lists from "./lists.js";
import { put } from "./paint.js";

const NONE = "Without a section";

// The rows from `symbol` to the end of its section, for a new section that begins there.
export function below(list, symbol) {
  const run = lists.runs(list).find((each) => each.symbols.includes(symbol));
  return run.symbols.slice(run.symbols.indexOf(symbol));
}

const named = (symbols, name) => Object.fromEntries(symbols.map((each) => [each, name]));

// A row's way up or down, over the edge of a section as well: {symbols, sections}, or null where there is none.
export function stepped(list, symbol, by) {
  const order = [...list.symbols];
  const at = order.indexOf(symbol);
  const other = order[at + by];
  if (!other) return null;
  const section = lists.sectionOf(list, other);
  if (section !== lists.sectionOf(list, symbol)) return { symbols: order, sections: { [symbol]: section } };
  [order[at], order[at + by]] = [other, symbol];
  return { symbols: order, sections: {} };
}

// A row put before another one (null: at the end), into the section of `near`.
export function placed(list, symbol, before, near) {
  const symbols = list.symbols.filter((each) => each !== symbol);
  symbols.splice(before === null ? symbols.length : symbols.indexOf(before), 0, symbol);
  const section = near && near !== symbol ? lists.sectionOf(list, near) : lists.sectionOf(list, symbol);
  return { symbols, sections: section === lists.sectionOf(list, symbol) ? {} : { [symbol]: section } };
}

export const names = (list) => [...new Set(lists.runs(list).map((run) => run.name).filter(Boolean))];

// At the end of the section of that name.
export function joined(list, symbol, name) {
  const others = list.symbols.filter((each) => each !== symbol);
  const at = others.findLastIndex((each) => lists.sectionOf(list, each) === name);
  const symbols = at < 0 ? [...others, symbol] : [...others.slice(0, at + 1), symbol, ...others.slice(at + 1)];
  return { symbols, sections: { [symbol]: name } };
}

// `save(list, symbols, sections)` keeps what comes of it.
export async function begin(root, list, symbol, save) {
  const name = await typedIn(root, "Name of the section that begins here", "");
  if (name) save(list, list.symbols, named(below(list, symbol), name));
}

// The headings of a list: {of(list)} is a map from a section's first row to its heading. `keeps`: they may be changed.
export function headings(root, keeps, save) {
  let made = new Map();

  async function rename(list, run) {
    const name = await typedIn(root, "Name of this section", run.name || "");
    if (name && name !== run.name) save(list, list.symbols, named(run.symbols, name));
  }

  // Its rows join the section above.
  async function dissolve(list, run) {
    const all = lists.runs(list);
    const above = all[all.findIndex((each) => each.symbols[0] === run.symbols[0]) - 1]?.name || null;
    const into = above ? `“${above}”` : "the rows above, without a section";
    if (await confirmed(root, `Take the heading “${run.name}” away? Its rows join ${into}.`, "Take it away", { kind: "primary" }))
      save(list, list.symbols, named(run.symbols, above));
  }

  function make() {
    const now = {};
    const name = h("b", { class: "cut" });
    const many = h("small", { class: "muted" });
    const act = (label, text, run) =>
      h("button", { type: "button", class: "quiet", title: label, "aria-label": label, onclick: () => run(now.list, now.run) }, text);
    const edit = act("Rename the section", "✎", rename);
    const drop = act("Take the heading away", "✕", dissolve);
    const node = h(
      "div",
      { class: "section", role: "row" },
      h("span", { class: "grow cut", role: "rowheader" }, name, " ", many),
      keeps && h("span", { class: "acts", role: "gridcell" }, edit, drop),
    );
    return {
      node,
      paint(list, run) {
        Object.assign(now, { list, run });
        node.dataset.first = run.symbols[0];
        put(name, run.name || NONE);
        put(many, String(run.symbols.length));
        drop.hidden = !run.name;
      },
    };
  }

  return {
    of(list) {
      const before = made;
      made = new Map();
      const found = new Map();
      lists.runs(list).forEach((run, at) => {
        if (!run.name && !at) return; // rows above the first heading need none
        const key = `${list.watchlist_id} ${at}`;
        const one = before.get(key) || make();
        one.paint(list, run);
        made.set(key, one);
        found.set(run.symbols[0], one.node);
      });
      return found;
    },
  };
}
