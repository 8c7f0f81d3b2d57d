// The word that an order was marked with, beside its name; with `choose(tag)` a button that lists those alone.

import { h } from "./dom.js";

export function mark(row, choose) {
  if (!row.tag) return null;
  if (!choose) return [" ", h("span", { class: "chip tag" }, row.tag)];
  const press = (event) => {
    event.stopPropagation();
    choose(row.tag);
  };
  const told = { class: "chip tag", title: "Only orders of this tag", "aria-label": `Only orders of the tag ${row.tag}` };
  return [" ", h("button", { type: "button", ...told, dataset: { act: `tag-${row.order_id}` }, onclick: press }, row.tag)];
}
