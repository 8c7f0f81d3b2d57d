// Holdings as a map: a block each, the largest first, as wide as its share of what is held, in the colour of its day.

import { keyOf } from "./base.js";
import { h } from "./dom.js";
import { arrow, percent, rupees } from "./money.js";
import { put } from "./paint.js";

const FULL = 3; // per cent on the day from which on a colour is as strong as it gets
const STRONGEST = 34; // per cent of it in the block, so that the words stay easy to read

// {node, draw(rows), paint(row, worth, share), settle()}: paise of a holding, and its day's change in per cent; `settle`
// when all are painted. A row that is not full stays so: a block that filled it would look worth more than it is.
export function heat() {
  const blocks = new Map();
  const node = h("div", { class: "heat", role: "list", "aria-label": "Holdings by value, coloured by the day's change", hidden: true });
  return {
    node,
    draw(rows) {
      blocks.clear();
      node.replaceChildren(
        ...rows.map((row) => {
          const told = h("span", { class: "num" });
          const worth = h("small", { class: "num" });
          const block = h("div", { role: "listitem" }, h("b", null, row.symbol), told, worth);
          blocks.set(keyOf(row), { block, told, worth, value: 0 });
          return block;
        }),
      );
    },
    paint(row, worth, share) {
      const made = blocks.get(keyOf(row));
      if (!made) return;
      put(made.told, `${arrow(Math.round(share * 100))} ${percent(share)}`.trim());
      put(made.worth, rupees(worth / 100, 0));
      const strength = Math.round(Math.min(1, Math.abs(share) / FULL) * STRONGEST);
      made.value = worth;
      made.block.style.background = `color-mix(in srgb, var(--${share < 0 ? "loss" : "gain"}) ${strength}%, var(--panel))`;
    },
    settle() {
      const all = [...blocks.values()].sort((one, two) => two.value - one.value);
      const total = all.reduce((sum, each) => sum + each.value, 0);
      all.forEach((each, at) => {
        each.block.style.order = String(at);
        each.block.style.flexBasis = `${total > 0 ? Math.round((each.value / total) * 1000) / 10 : 0}%`;
      });
    },
  };
}
