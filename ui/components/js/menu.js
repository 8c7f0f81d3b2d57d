// A button that opens a short list of things to do.

import { h } from "./dom.js";

// `items` are [label, run]; `head` is a line of text above them.
export function menu(label, name, head, items) {
  const list = h(
    "div",
    { class: "menu", popover: "auto" },
    head ? h("div", { class: "muted" }, head) : null,
    items.map(([text, run]) =>
      h(
        "button",
        {
          type: "button",
          onclick: () => {
            list.hidePopover();
            run();
          },
        },
        text,
      ),
    ),
  );
  const open = () => {
    list.showPopover();
    const box = button.getBoundingClientRect();
    const right = Math.max(8, innerWidth - Math.max(box.right, list.offsetWidth + 8));
    Object.assign(list.style, { top: `${box.bottom + 4}px`, right: `${right}px` });
  };
  const button = h(
    "button",
    { type: "button", class: "quiet", "aria-haspopup": "menu", "aria-label": name, onclick: open },
    label,
  );
  return h("span", null, button, list);
}
