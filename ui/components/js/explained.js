// A word with what it means behind it: told by the pointer that rests on it, and by a press, for fingers and keys.

import { h } from "./dom.js";

export function explained(label, why) {
  if (!why) return label;
  const tip = h("span", { class: "tip", popover: "auto", role: "note" }, why);
  const word = h("button", { type: "button", class: "what", title: why, "aria-label": `${label}. ${why}` }, label);
  word.addEventListener("click", () => {
    tip.showPopover();
    const box = word.getBoundingClientRect();
    const left = Math.max(8, Math.min(box.left, innerWidth - tip.offsetWidth - 8));
    const below = box.bottom + 4 + tip.offsetHeight <= innerHeight;
    Object.assign(tip.style, { left: `${left}px`, top: `${below ? box.bottom + 4 : Math.max(8, box.top - tip.offsetHeight - 4)}px` });
  });
  return h("span", null, word, tip);
}
