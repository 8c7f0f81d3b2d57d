// What the keys do, under "?".

import { h } from "./dom.js";

const KEYS = [
  ["/ or Ctrl K", "search; Enter shows its chart, Shift Enter adds it to the list"],
  ["↑ ↓", "move in the market watch, or a price by one tick (Shift: ten)"],
  ["B  S", "buy, sell: the selected row, or what the page shows"],
  ["G", "leave an order that waits for a price (GTT)"],
  ["D  C", "its depth, its page"],
  ["O", "its option chain: expiries and strikes; on the page Option chain arrows move, B and S trade"],
  ["Alt ↑ ↓", "move the row in its list; or drag it"],
  ["M", "its colour, and its place in the list"],
  ["Delete", "take it off the list (with undo)"],
  ["Enter", "send the ticket"],
  ["Esc", "close the ticket"],
];

export function keyboard(host) {
  const box = h("dialog", { class: "confirm", "aria-label": "Keyboard" });
  const close = () => {
    box.close();
    box.remove();
  };
  box.append(
    h("h3", null, "Keyboard"),
    h(
      "dl",
      { class: "keys" },
      KEYS.map(([keys, what]) => h("div", null, h("dt", null, keys), h("dd", null, what))),
    ),
    h("div", { class: "row end" }, h("button", { type: "button", class: "plain", onclick: close }, "Close")),
  );
  box.addEventListener("cancel", close);
  host.append(box);
  box.showModal();
}
