// Rows of the market watch are moved by dragging: a line shows where the row goes, Escape leaves it where it was.

import { h } from "./dom.js";

const SLACK = 6; // pixels that a pointer may move before a press becomes a drag

// `body` holds the lines; where `may()`, `drop(symbol, before)` is called with the row that is moved and the one that it goes before
// (null: to the end). Fingers scroll instead: for them there is a dialog.
export function draggable(body, may, drop) {
  const marker = h("div", { class: "marker", hidden: true });
  body.append(marker);
  let from = null; // {line, y, id, begun}
  let before; // undefined: nowhere

  const lines = () => [...body.querySelectorAll(".line")];

  function aim(event) {
    const under = body.getRootNode().elementFromPoint(event.clientX, event.clientY)?.closest(".line");
    if (!under || !body.contains(under)) return;
    const box = under.getBoundingClientRect();
    const all = lines();
    const at = all.indexOf(under) + (event.clientY > box.top + box.height / 2 ? 1 : 0);
    before = all[at]?.dataset.k ?? null;
    const edge = at < all.length ? all[at].getBoundingClientRect().top : all.at(-1).getBoundingClientRect().bottom;
    marker.style.top = `${edge - body.getBoundingClientRect().top - 1}px`;
    marker.hidden = false;
    (all[at] || under).scrollIntoView({ block: "nearest" });
  }

  function end(done) {
    if (!from) return;
    const { line, begun } = from;
    from = null;
    marker.hidden = true;
    line.classList.remove("moved");
    body.classList.remove("dragging");
    if (!begun) return;
    // The click that ends a drag chooses nothing.
    const swallow = (event) => event.stopPropagation();
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, true));
    if (done && before !== undefined && before !== line.dataset.k) drop(line.dataset.k, before);
  }

  body.addEventListener("pointerdown", (event) => {
    const line = event.target.closest(".line");
    if (!may() || event.pointerType === "touch" || event.button !== 0 || !line || event.target.closest("button")) return;
    from = { line, y: event.clientY, id: event.pointerId, begun: false };
    before = undefined;
  });
  body.addEventListener("pointermove", (event) => {
    if (!from) return;
    if (!from.begun) {
      if (Math.abs(event.clientY - from.y) < SLACK) return;
      from.begun = true;
      body.setPointerCapture(from.id);
      from.line.classList.add("moved");
      body.classList.add("dragging");
    }
    aim(event);
  });
  body.addEventListener("pointerup", () => end(true));
  body.addEventListener("pointercancel", () => end(false));
  const escape = (event) => {
    if (event.key !== "Escape" || !from?.begun) return;
    event.stopPropagation();
    end(false);
  };
  addEventListener("keydown", escape, true);
  return { node: marker, destroy: () => removeEventListener("keydown", escape, true) };
}
