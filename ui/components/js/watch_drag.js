// Rows of the market watch are moved by dragging: a line shows where the row goes, Escape leaves it where it was.

import { h } from "./dom.js";

const SLACK = 6; // pixels that a pointer may move before a press becomes a drag

// `body` holds the lines; where `may()`, `drop(symbol, before, near)` is called with the row that is moved, the one that it goes
// before (null: to the end), and the one that the pointer was on, whose section it joins. Fingers scroll instead: for them there is
// a dialog.
export function draggable(body, may, drop) {
  const marker = h("div", { class: "marker", hidden: true });
  body.append(marker);
  let from = null; // {line, y, id, begun}
  let before; // undefined: nowhere
  let near = null;

  const lines = () => [...body.querySelectorAll(".line")];

  function aim(event) {
    const hit = body.getRootNode().elementFromPoint(event.clientX, event.clientY)?.closest(".line, .section");
    if (!hit || !body.contains(hit)) return;
    const all = lines();
    const heading = hit.dataset.first; // to drop on a heading is to be the first below it
    const under = heading ? all.find((line) => line.dataset.k === heading) : hit;
    const box = under.getBoundingClientRect();
    const at = all.indexOf(under) + (!heading && event.clientY > box.top + box.height / 2 ? 1 : 0);
    before = all[at]?.dataset.k ?? null;
    near = under.dataset.k;
    // Where the next row stands below a heading, the row goes above that heading.
    const edge = under === all[at] ? box.top : box.bottom;
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
    if (done && before !== undefined && before !== line.dataset.k) drop(line.dataset.k, before, near);
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
