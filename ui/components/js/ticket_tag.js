// The ticket's tag: a word of one's own on an order, such as a strategy's name, by which orders and profit are told apart.

import { h, unique } from "./dom.js";
import { put } from "./paint.js";
import { state } from "./store.js";

export const LONGEST = 20;
const FIT = /^[A-Za-z0-9][A-Za-z0-9 _.:-]*$/;
const HINT = "A word of your own. Orders are found by it, and P&L adds up by it.";

export function tagged(does) {
  const id = unique("tag");
  const known = h("datalist", { id: `${id}-known` });
  const input = h("input", {
    id,
    type: "text",
    maxlength: String(LONGEST),
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "optional, such as breakout",
    list: `${id}-known`,
    "aria-describedby": `${id}-note`,
    oninput: () => does.change("tag", input.value),
  });
  const note = h("div", { id: `${id}-note`, class: "note" });
  const node = h("div", { class: "field tagged" }, h("label", { for: id, title: HINT }, "Tag"), input, note, known);
  let offered = "";

  // Tags of today's orders: what is typed twice alike is added up together.
  function offer() {
    const tags = [...new Set([...state.orders.values()].map((row) => row.tag).filter(Boolean))].sort();
    if (String(tags) === offered) return;
    offered = String(tags);
    known.replaceChildren(...tags.map((value) => h("option", { value })));
  }

  return {
    node,
    inputs: { tag: input },
    weightless: true,
    // An order keeps the tag that it was placed with.
    fits: (form, terms, order) => !order,
    fresh: () => ({ tag: "" }),
    faults(form) {
      const text = (form.tag || "").trim();
      if (!text || FIT.test(text)) return [];
      return [{ field: "tag", detail: "Letters, digits, blanks and _ . : - alone; a letter or digit first." }];
    },
    body: (form) => ((form.tag || "").trim() ? { tag: form.tag.trim() } : {}),
    paint({ form }, { errors }) {
      offer();
      const fault = errors.find((error) => error.field === "tag");
      if (input.value !== (form.tag || "")) input.value = form.tag || "";
      input.setAttribute("aria-invalid", String(Boolean(fault)));
      note.classList.toggle("bad", Boolean(fault));
      put(note, fault ? fault.detail : "");
    },
  };
}
