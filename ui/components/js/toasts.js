// Alerts as they come: a note in the corner for a while, spoken by screen readers, told once in a tab, with a sound
// in one of them.

import { on } from "./bus.js";
import { h } from "./dom.js";
import { told } from "./once.js";
import { chimeOnce } from "./sound.js";
import { clock } from "./time.js";
import { widget } from "./widget.js";

const SEEN = "kagaz alerts told";
const MOST = 4;
const FOR_MS = 12000;
const MOOD = { INFO: "", WARNING: "warn", CRITICAL: "loss" };

export const mount = widget((root, data, tools) => {
  const list = h("div", { class: "toasts", role: "status", "aria-live": "polite" });
  root.append(list);

  function say(alert) {
    if (told(sessionStorage, SEEN, alert.alert_id)) return;
    const close = h("button", { type: "button", class: "quiet", "aria-label": "Close" }, "✕");
    const open = h("button", { type: "button", class: "quiet" }, "All alerts");
    const note = h(
      "div",
      { class: `heard ${MOOD[alert.level] || ""}` },
      h("div", { class: "row" }, h("strong", { class: "grow" }, alert.title), close),
      h("div", null, alert.detail || alert.instrument || ""),
      h("div", { class: "row" }, h("span", { class: "grow muted" }, `${clock(Date.parse(alert.at))} IST`), open),
    );
    close.onclick = () => note.remove();
    open.onclick = () => tools.trigger("go", "alerts");
    list.append(note);
    chimeOnce(alert.alert_id, alert.level === "CRITICAL");
    while (list.children.length > MOST) list.firstChild.remove();
    // What is critical stays until it is read.
    if (alert.level !== "CRITICAL") {
      const timer = setTimeout(() => note.remove(), FOR_MS);
      tools.own(() => clearTimeout(timer));
    }
  }

  tools.own(on("alert", say));
  return {};
});
