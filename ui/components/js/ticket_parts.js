// What the ticket's paper is put together from: a row of choices, a field with its note, a handle to move it by.

import { h, unique } from "./dom.js";
import { number } from "./money.js";
import { put } from "./paint.js";

export function choice(name, label, options, choose) {
  const node = h("fieldset", { class: "choice" }, h("legend", { class: "visually-hidden" }, label));
  const buttons = new Map();
  let listed = "";
  const fill = (list) => {
    const said = JSON.stringify(list);
    if (said === listed) return; // the focus stays where it is
    listed = said;
    buttons.clear();
    node.replaceChildren(
      node.firstChild,
      ...list.map(([value, text, hint]) => {
        const button = h(
          "button",
          { type: "button", "aria-pressed": "false", title: hint || null, onclick: () => choose(name, value) },
          text,
        );
        buttons.set(value, button);
        return button;
      }),
    );
  };
  fill(options);
  return {
    node,
    fill,
    set: (value, fixed) =>
      buttons.forEach((button, each) => {
        button.setAttribute("aria-pressed", String(each === value));
        button.disabled = fixed && each !== value;
      }),
  };
}

// `name` is what the API calls it, `key` what the form does. Whole numbers get the keyboard for them.
export function field(name, label, { change, step, pick }, key = name, whole = name === "quantity") {
  const id = unique(name);
  const input = h("input", {
    id,
    inputmode: whole ? "numeric" : "decimal",
    autocomplete: "off",
    "aria-describedby": `${id}-note`,
  });
  const note = h("div", { id: `${id}-note`, class: "note" });
  input.addEventListener("input", () => change(key, input.value));
  input.addEventListener("keydown", (event) => {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (by) {
      event.preventDefault();
      step(key, by * (event.shiftKey ? 10 : 1));
    }
  });
  input.addEventListener("focus", () => input.select());
  const caption = h("label", { for: id }, label);
  // A phone has no arrow keys: a step is a button there.
  const nudge = (by, sign) =>
    h(
      "button",
      { type: "button", class: "nudge", tabIndex: -1, "aria-label": `${label}: ${by > 0 ? "more" : "less"}`, onclick: () => step(key, by) },
      sign,
    );
  const node = h("div", { class: "field" }, caption, h("div", { class: "nudged" }, nudge(-1, "−"), input, nudge(1, "+")), note);
  return {
    node,
    input,
    caption,
    paint(value, error, hint) {
      if (input.value !== value) input.value = value;
      input.setAttribute("aria-invalid", String(Boolean(error)));
      note.classList.toggle("bad", Boolean(error));
      if (error?.near)
        note.replaceChildren(
          "Off the tick. Try ",
          ...error.near.flatMap((paise, at) => [
            at ? " or " : "",
            h("button", { type: "button", class: "quiet", onclick: () => pick(name, paise) }, number(paise / 100)),
          ]),
        );
      else put(note, error ? error.detail : hint || "");
    },
  };
}

// A dialog that is dragged by its header; on a phone it stays at the foot.
export function movable(node, handle) {
  let from = null;
  handle.addEventListener("pointerdown", (event) => {
    if (event.target.closest("button") || innerWidth < 640) return;
    const box = node.getBoundingClientRect();
    from = { x: event.clientX - box.left, y: event.clientY - box.top };
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointermove", (event) => {
    if (!from) return;
    const left = Math.min(innerWidth - 80, Math.max(0, event.clientX - from.x));
    const top = Math.min(innerHeight - 60, Math.max(0, event.clientY - from.y));
    Object.assign(node.style, { left: `${left}px`, top: `${top}px`, right: "auto", bottom: "auto" });
  });
  handle.addEventListener("pointerup", () => {
    from = null;
  });
}
