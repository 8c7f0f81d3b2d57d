// Find an instrument as people say it: "rel", "nifty 25000 ce", "bank nifty dec fut".

import { ask } from "./base.js";
import { h, typing, unique } from "./dom.js";
import { chips, kindOf } from "./search_kinds.js";
import * as views from "./watch_view.js";

const PAUSE = 90;

// Its name, which for a contract carries expiry and strike, and its lot where that is more than one.
export const describe = (item) => (item.lot > 1 ? `${item.name} · lot ${item.lot}` : item.name);

// `choose(item, event)` is called with what was picked; `has(key)` says what is in the list already. `add` names what
// picking does; `summoned` is whether / and Ctrl+K bring one here; `kinds` offers one kind of instrument alone.
export function searchBox({ choose, has, add = "+ add", hint = "Search  eg. infy, nifty 25000 ce", summoned = true, kinds = false }) {
  const listId = unique("found");
  const input = h("input", {
    type: "search",
    placeholder: hint,
    autocomplete: "off",
    spellcheck: "false",
    role: "combobox",
    "aria-expanded": "false",
    "aria-controls": listId,
    "aria-label": "Search instruments",
  });
  const list = h("ul", { id: listId, role: "listbox", "aria-label": "Search results", hidden: true });
  const status = h("div", { class: "visually-hidden", role: "status" });
  const node = h("div", { class: "search" }, input, h("kbd", { "aria-hidden": "true" }, "/"), list, status);
  let items = [];
  let at = 0;
  let kind = 0;
  let timer = 0;
  let asked = null;

  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  };
  const options = () => [...list.querySelectorAll("[role=option]")];
  const only = (number) => {
    kind = number;
    look();
  };
  const mark = () =>
    options().forEach((li, index) => li.setAttribute("aria-selected", String(index === at)));
  const pick = (index, event) => {
    const item = items[index];
    if (!item) return;
    views.picked(item);
    choose(item, event);
    input.select();
    close();
  };
  function draw(text) {
    list.replaceChildren(
      ...(text === null ? [h("li", { class: "told muted", role: "presentation" }, "Chosen last")] : kinds ? [chips(kind, only)] : []),
      ...items.map((item, index) =>
        h(
          "li",
          {
            role: "option",
            id: `${listId}-${index}`,
            onmousedown: (event) => {
              event.preventDefault();
              pick(index, event);
            },
          },
          h(
            "span",
            { class: "grow cut" },
            h("b", null, item.symbol),
            " ",
            h("span", { class: "chip" }, item.exchange),
            h("small", { class: "cut" }, describe(item)),
          ),
          has(item.key) ? h("span", { class: "muted" }, "✓ in list") : h("span", { class: "add" }, add),
        ),
      ),
    );
    if (!items.length) list.append(h("li", { class: "muted" }, kind ? `No such ${kindOf(kind).called}: “${text}”.` : `Nothing is listed under “${text}”.`));
    at = text === null ? -1 : 0; // Enter on an empty field chooses nothing
    mark();
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    status.textContent = items.length ? `${items.length} found` : "nothing found";
  }
  // What was chosen last, before anything is typed.
  async function remind() {
    await views.load();
    if (input.value.trim() || input.getRootNode().activeElement !== input) return;
    items = views.view.recent;
    if (items.length) draw(null);
    else close();
  }
  async function look() {
    const text = input.value.trim();
    asked?.abort();
    if (!text) {
      remind();
      return;
    }
    asked = new AbortController();
    try {
      const { query, keep } = kindOf(kind);
      const answer = await ask(`/search?q=${encodeURIComponent(text)}&${query}`, { signal: asked.signal });
      items = keep(answer.items).map(
        (item) => ({ ...item, key: item.key || `${item.exchange}:${item.symbol}` }),
      );
      draw(text);
    } catch (error) {
      if (error.name === "AbortError") return;
      items = [];
      list.replaceChildren(h("li", { class: "muted" }, error.message));
      list.hidden = false;
    }
  }
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
  input.addEventListener("focus", () => {
    if (!input.value.trim()) remind();
    else if (items.length) list.hidden = false;
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (items.length) at = event.key === "ArrowDown" ? (at + 1) % items.length : (Math.max(at, 0) + items.length - 1) % items.length;
      mark();
      options()[at]?.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", `${listId}-${at}`);
    } else if (event.key === "Enter") pick(at, event);
    else if (event.key === "Escape") {
      if (list.hidden) input.blur();
      else close();
    }
    event.stopPropagation();
  });
  const summon = (event) => {
    const wanted =
      (event.key === "/" && !typing(event)) || (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey));
    if (!wanted || !node.offsetParent) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    input.focus();
    input.select();
  };
  if (summoned) addEventListener("keydown", summon, true);
  return { node, destroy: () => removeEventListener("keydown", summon, true) };
}
