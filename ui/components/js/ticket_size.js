// How much to order so that the stop loses no more than an amount, which this browser keeps: "risk ₹2,000" is 133 shares.

import { h } from "./dom.js";
import { number, plain, rupees, typed } from "./money.js";
import { put } from "./paint.js";

const KEPT = "kagaz.risk";

// Units, in whole lots, that lose `paise` at most where each loses `each`; 0 where even one lot loses more.
export const sized = (paise, each, lot) => (paise > 0 && each > 0 ? Math.floor(paise / (each * lot)) * lot : 0);

// {node, paint(ticket, each)}: `each` is what a unit loses at the stop, in paise; 0 while there is no stop.
export function sizer(does) {
  let seen = null;
  const input = h("input", {
    inputmode: "decimal",
    autocomplete: "off",
    placeholder: "2,000",
    "aria-label": "Lose at most, in rupees",
    oninput: () => {
      const paise = typed(input.value);
      if (paise) localStorage.setItem(KEPT, plain(paise));
      paint();
    },
  });
  const take = h("button", { type: "button", class: "quiet", onclick: () => seen && does.change("quantity", String(seen.count)) });
  const node = h("div", { class: "row size" }, h("span", { class: "muted" }, "Lose at most ₹"), input, take);
  const before = typed(localStorage.getItem(KEPT) || "");
  if (before) input.value = number(before / 100);

  function paint() {
    const paise = typed(input.value);
    node.hidden = !seen?.each;
    if (node.hidden) return;
    const { terms, form } = seen.ticket;
    const units = sized(paise || 0, seen.each, terms.lot);
    seen.count = form.inLots ? units / terms.lot : units;
    take.hidden = !units;
    put(take, `Order ${number(units, 0)}`);
    node.title = paise && !units ? `One lot loses ${rupees((seen.each * terms.lot) / 100)} at that stop.` : "";
  }

  return {
    node,
    paint(ticket, each) {
      seen = { ticket, each, count: 0 };
      paint();
    },
  };
}
