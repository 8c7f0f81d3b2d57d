// Find an instrument as people say it: "rel", "nifty 25000 ce", "bank nifty dec fut".

import { ask } from "./base.js";
import { fingers, h, typing, unique } from "./dom.js";
import { chips, kindOf } from "./search_kinds.js";
import * as views from "./watch_view.js";

const PAUSE = 40; // ms without a key before it is asked
const FEW = 6; // of those chosen last, where some are chosen often

// Its name, which for a contract carries expiry and strike, and its lot where that is more than one.
export const describe = (item) => (item.lot > 1 ? `${item.name} · lot ${item.lot}` : item.name);

const keysTold = () =>
  h("li", { class: "told muted", role: "presentation" }, h("kbd", null, "Enter"), " chart  ", h("kbd", null, "Shift Enter"), " add");

// `choose(item)` is called with what was picked; `has(key)` says what is in the list already. `add` names what picking
// does. Where there is a `put(item)` as well, picking shows something and Shift+Enter, or the button of a line, puts it into
// the list. `summoned` is whether / and Ctrl+K bring one here; `kinds` offers one kind of instrument alone; `keeps` is
// whether what was chosen may be remembered.
export function searchBox({ choose, put = null, has, keeps = true, add = "+ add", hint = "Search  eg. infy, nifty 25000 ce", summoned = true, kinds = false }) {
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
  let heads = new Map(); // by place: what stands above an item that is offered before anything is typed
  let at = 0;
  let kind = 0;
  let timer = 0;
  let asked = null;
  let due = false; // whether what was typed has not been answered yet
  let chosen = null; // Enter was pressed before that: {adds}
  let drawing = false; // what has the focus may be made anew meanwhile

  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  };
  const options = () => [...list.querySelectorAll("[role=option]")];
  const kindChips = () => [...list.querySelectorAll(".kinds button")];
  const only = (number) => {
    kind = number;
    look();
  };
  const mark = () => {
    options().forEach((li, index) => li.setAttribute("aria-selected", String(index === at)));
    if (at >= 0 && items[at]) input.setAttribute("aria-activedescendant", `${listId}-${at}`);
    else input.removeAttribute("aria-activedescendant");
  };
  const pick = (index, adds) => {
    const item = items[index];
    chosen = null;
    if (!item) return;
    views.picked(item, keeps);
    close();
    // Whoever lists things goes on to the next; whoever looks at one has the keys for it.
    if (put && !adds) input.blur();
    else input.select();
    if (adds && put) put(item);
    else choose(item);
  };
  // What stands at the end of a line: that it is in the list, what picking does, or the button that puts it there.
  function end(item, index) {
    if (has(item.key)) return h("span", { class: "muted" }, "✓ in list");
    if (!put) return h("span", { class: "add" }, add);
    const press = (event) => {
      event.preventDefault();
      event.stopPropagation();
      pick(index, true);
    };
    return h("button", { type: "button", class: "add", tabIndex: -1, "aria-label": `Add ${item.symbol} to the list`, onmousedown: press }, add);
  }
  function draw(text) {
    drawing = true;
    // The chips are made anew, and an answer may come while one of them has the focus.
    const held = kindChips().indexOf(node.getRootNode().activeElement);
    list.replaceChildren(
      ...(text === null ? [] : kinds ? [chips(kind, only)] : []),
      ...items.flatMap((item, index) => [
        text === null && heads.get(index) ? h("li", { class: "told muted", role: "presentation" }, heads.get(index)) : "",
        h(
          "li",
          {
            role: "option",
            id: `${listId}-${index}`,
            onmousedown: (event) => {
              event.preventDefault();
              pick(index, event.shiftKey);
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
          end(item, index),
        ),
      ]).filter(Boolean),
    );
    if (!items.length) list.append(h("li", { class: "muted" }, kind ? `No such ${kindOf(kind).called}: “${text}”.` : `Nothing is listed under “${text}”.`));
    else if (put && !fingers()) list.append(keysTold());
    at = text === null ? -1 : 0; // Enter on an empty field chooses nothing
    mark();
    list.hidden = false;
    kindChips()[held]?.focus();
    drawing = false;
    input.setAttribute("aria-expanded", "true");
    status.textContent = items.length ? `${items.length} found` : "nothing found";
  }
  // What was chosen last, before anything is typed.
  async function remind() {
    await views.load();
    if (input.value.trim() || input.getRootNode().activeElement !== input) return;
    const { recent, frequent } = views.view;
    const last = frequent.length ? recent.slice(0, FEW) : recent;
    const often = frequent.filter((each) => !last.some((one) => one.key === each.key));
    items = [...last, ...often];
    heads = new Map([[0, "Chosen last"], ...(often.length ? [[last.length, "Chosen often"]] : [])]);
    if (items.length) draw(null);
    else close();
  }
  async function look() {
    const text = input.value.trim();
    asked?.abort();
    if (!text) {
      due = false;
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
      due = false;
      draw(text);
      if (chosen) pick(0, chosen.adds);
    } catch (error) {
      if (error.name === "AbortError") return;
      due = false;
      items = [];
      list.replaceChildren(h("li", { class: "muted" }, error.message));
      list.hidden = false;
    }
  }
  input.addEventListener("input", () => {
    clearTimeout(timer);
    due = true;
    chosen = null;
    timer = setTimeout(look, PAUSE);
  });
  input.addEventListener("focus", () => {
    if (!input.value.trim()) remind();
    else if (items.length) list.hidden = false;
  });
  // The focus may go on to the chips, and back.
  node.addEventListener("focusout", (event) => {
    if (!drawing && !node.contains(event.relatedTarget)) close();
  });
  list.addEventListener("keydown", (event) => {
    if (event.key === "Escape") input.focus();
    event.stopPropagation();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (items.length) at = event.key === "ArrowDown" ? (at + 1) % items.length : (Math.max(at, 0) + items.length - 1) % items.length;
      mark();
      options()[at]?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      if (due) chosen = { adds: event.shiftKey };
      else pick(at, event.shiftKey);
    } else if (event.key === "Escape") {
      chosen = null;
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
