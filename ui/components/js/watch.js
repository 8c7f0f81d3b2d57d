// The market watch: a rail of live rows. A price that comes changes text; nothing reruns.
//
// Keys on the selected row: B buy, S sell, G a GTT, D depth, C chart, O option chain, M colour and place, arrows move,
// Alt+arrows reorder, Delete removes. The letters act from anywhere on a page where nothing has the focus, on what the page
// shows or else on the selected row. A row that is dragged goes where it is dropped.

import { emit, link, on, unwant, want } from "./bus.js";
import { openChain } from "./chain.js";
import { depthView } from "./depth.js";
import { arrange, fingers, h, missed, toast, typing } from "./dom.js";
import { followed, picked, subject } from "./linked.js";
import * as lists from "./lists.js";
import { quantity } from "./money.js";
import { gathered, nextFrame, put } from "./paint.js";
import { searchBox } from "./search.js";
import { state } from "./store.js";
import { chooseColumns, chooseRow } from "./watch_chooser.js";
import { draggable } from "./watch_drag.js";
import { listTabs } from "./watch_lists.js";
import { dressLines, headings, markRow, paintAge, paintRow, rowOf } from "./watch_row.js";
import * as sections from "./watch_sections.js";
import * as views from "./watch_view.js";
import { widget } from "./widget.js";
import { wantYears } from "./year_ranges.js";

const FIRST = "NSE:NIFTY 50"; // whose chain opens where nothing is selected
// Lines are kept in blocks, which the browser skips as a whole while they are out of sight: to ask it of each of
// five hundred lines cost a third of every frame.
const BLOCK = 10;

export const mount = widget((root, data, tools) => {
  const rows = new Map();
  let selected = null;
  const body = h("div", { class: "lines", role: "grid", "aria-label": "Market watch" });
  let shown = null;
  const chain = (symbol) => {
    shown?.close();
    shown = openChain(root, symbol || FIRST, { write: data.write, open: (key) => tools.trigger("open", key) });
  };
  const failed = (refused) => toast(root, refused.message, { tone: "bad", stays: true });
  const tabs = listTabs(root, data.keeps, () => chain(selected), () => chooseColumns(root, data.keeps, failed));
  const blocks = [];
  const inSight = new Set();
  const eye = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        inSight.delete(target);
        if (!isIntersecting) continue;
        inSight.add(target);
        for (const node of target.children)
          if (rows.has(node.dataset.k)) paintRow(rows.get(node.dataset.k), node.dataset.k, performance.now());
      }
    },
    { rootMargin: "100px" },
  );
  const visible = (row) => inSight.has(row.node.parentNode);
  const search = searchBox({
    choose: look,
    put: data.keeps ? add : null,
    has: (key) => lists.active()?.symbols.includes(key),
    keeps: data.keeps,
    kinds: true,
  });
  let top = null; // the line of headings
  const save = (list, symbols, moved) => lists.keep(list, symbols, moved).catch(failed);
  const grouped = sections.headings(root, data.keeps, save);
  const drag = draggable(body, () => data.keeps, place);
  body.append(h("div", { class: "empty" }, "Loading …"));
  root.append(search.node, tabs.node, body);

  // Another choice of columns: every row is made anew, and keeps its place.
  function dress() {
    for (const [symbol, row] of rows) forget(symbol, row);
    top?.remove();
    top = headings();
    dressLines(body);
    body.prepend(top);
    body.append(drag.node);
    draw();
  }

  function draw() {
    const list = lists.active();
    tabs.draw();
    const symbols = list?.symbols || [];
    for (const [symbol, row] of rows) if (!symbols.includes(symbol)) forget(symbol, row);
    body.querySelector(".empty")?.remove();
    for (const symbol of symbols) {
      if (!rows.has(symbol)) rows.set(symbol, rowOf(symbol, act, data.write, data.keeps));
      markRow(rows.get(symbol), symbol, list.colours?.[symbol]);
    }
    fill(symbols, list ? grouped.of(list) : new Map());
    if (top) top.hidden = !symbols.length;
    if (!symbols.length && lists.all.loaded)
      body.append(
        h(
          "div",
          { class: "empty" },
          h("strong", null, "Nothing to watch yet"),
          "Press ",
          h("kbd", null, "/"),
          " and type a name. ",
          h("kbd", null, "Shift"),
          " ",
          h("kbd", null, "Enter"),
          " adds it.",
        ),
      );
    want(tools.name, symbols);
    years();
    paintHeld();
    paintSoon();
    const kept = selected || picked();
    select(symbols.includes(kept) ? kept : symbols[0] || null, false);
  }

  // Each line into its place; lines that are there already are not touched, so that they keep the focus.
  function fill(symbols, above) {
    const count = Math.ceil(symbols.length / BLOCK);
    while (blocks.length < count) {
      const block = h("div", { class: "block", role: "rowgroup" });
      blocks.push(block);
      body.append(block);
      eye.observe(block);
    }
    for (const block of blocks.splice(count)) {
      eye.unobserve(block);
      inSight.delete(block);
      block.remove();
    }
    blocks.forEach((block, number) => {
      const wanted = symbols.slice(number * BLOCK, (number + 1) * BLOCK).flatMap((symbol) => {
        const { node, depth } = rows.get(symbol);
        return [above.get(symbol), node, depth?.node].filter(Boolean);
      });
      arrange(block, wanted);
    });
  }

  function forget(symbol, row) {
    row.depth?.destroy();
    row.node.remove();
    rows.delete(symbol);
  }

  function paint(changed) {
    const now = performance.now();
    for (const [symbol, row] of rows)
      if ((!changed || changed.has(symbol)) && visible(row)) paintRow(row, symbol, now);
  }

  function years() {
    if (views.view.columns.includes("YEAR")) wantYears(lists.active()?.symbols || [], paintSoon);
  }

  // Under a name of its own, lest prices that come before the frame have only their rows painted.
  const paintSoon = () => nextFrame(`${tools.name} all`, () => paint(null));

  function paintHeld() {
    const sums = new Map();
    for (const row of state.positions.values()) {
      const key = `${row.exchange}:${row.symbol}`;
      sums.set(key, (sums.get(key) || 0) + row.quantity);
    }
    for (const [symbol, row] of rows) {
      const sum = sums.get(symbol) || 0;
      row.held.hidden = !sum;
      if (sum) {
        put(row.held, quantity(sum));
        row.held.title = `You hold ${quantity(sum)}`;
      }
    }
  }

  function select(symbol, focus = true) {
    selected = symbol;
    for (const [key, row] of rows) {
      row.node.tabIndex = key === symbol ? 0 : -1;
      row.node.setAttribute("aria-selected", String(key === symbol));
    }
    if (focus && symbol) {
      rows.get(symbol)?.node.focus();
      emit("linked", symbol);
    }
  }

  // What was found: its chart, on this page where it has one that follows, else on its own.
  function look(item) {
    if (!followed()) {
      tools.trigger("open", item.key);
      return;
    }
    if (rows.has(item.key)) select(item.key);
    else emit("linked", item.key);
  }

  async function add(item) {
    const list = lists.active();
    if (!list) return;
    await lists.append(list, item.key).catch(failed);
    select(item.key, false);
    emit("linked", item.key);
    rows.get(item.key)?.node.scrollIntoView({ block: "nearest" });
  }

  // Puts a row before another one, or at the end, into the section of the one that it is put beside.
  function place(symbol, before, near) {
    settle(symbol, sections.placed(lists.active(), symbol, before, near));
    select(symbol);
  }

  function settle(symbol, next) {
    const list = lists.active();
    if (next && (String(next.symbols) !== String(list.symbols) || Object.keys(next.sections).length))
      save(list, next.symbols, next.sections);
  }

  function mark(symbol) {
    const list = lists.active();
    const acts = fingers() ? deeds(symbol) : [];
    if (!list || !(data.keeps || acts.length)) return;
    const now = {
      colour: list.colours?.[symbol] || null,
      section: lists.sectionOf(list, symbol),
      sections: sections.names(list),
    };
    const others = list.symbols.filter((each) => each !== symbol);
    const does = {
      colour: (colour) => lists.mark(list, symbol, colour).catch(failed),
      move: (step) => reorder(symbol, step),
      last: (way) => place(symbol, way < 0 ? (others[0] ?? null) : null, others.at(way < 0 ? 0 : -1)),
      begin: () => sections.begin(root, list, symbol, save),
      join: (name) => settle(symbol, sections.joined(list, symbol, name)),
      remove: () => remove(symbol),
    };
    chooseRow(root, symbol, now, data.keeps ? does : null, acts);
  }

  // What keys and a pointer do on a row, for fingers.
  const deeds = (symbol) =>
    [
      data.write && ["Buy", "B"],
      data.write && ["Sell", "S"],
      ["Chart", "C"],
      ["Depth", "D"],
      ["Option chain", "O"],
      data.write && ["GTT", "G"],
    ]
      .filter(Boolean)
      .map(([label, letter]) => [label, () => act(letter, symbol)]);

  function remove(symbol) {
    const list = lists.active();
    const before = list.symbols;
    const next = before[before.indexOf(symbol) + 1] || before[before.indexOf(symbol) - 1] || null;
    save(
      list,
      before.filter((each) => each !== symbol),
    );
    select(next);
    toast(root, `${symbol.slice(symbol.indexOf(":") + 1)} removed`, {
      action: { label: "Undo", run: () => save(list, before) },
    });
  }

  function reorder(symbol, by) {
    settle(symbol, sections.stepped(lists.active(), symbol, by));
    rows.get(symbol).node.focus();
  }

  function toggleDepth(symbol) {
    const row = rows.get(symbol);
    if (!row) return;
    if (row.depth) {
      row.depth.destroy();
      row.depth = null;
      return;
    }
    row.depth = depthView(symbol, {
      pick: data.write ? (at) => emit("ticket", { symbol, side: "BUY", price: at }) : null,
    });
    row.node.after(row.depth.node);
  }

  function act(letter, symbol) {
    select(symbol);
    if ((letter === "B" || letter === "S") && data.write)
      emit("ticket", { symbol, side: letter === "B" ? "BUY" : "SELL" });
    else if (letter === "G" && data.write) emit("gtt", { symbol });
    else if (letter === "D") toggleDepth(symbol);
    else if (letter === "C") tools.trigger("open", symbol);
    else if (letter === "O") chain(symbol);
    else if (letter === "M") mark(symbol);
    else if (letter === "Delete") remove(symbol);
  }

  body.addEventListener("click", (event) => {
    const line = event.target.closest(".line");
    if (!line) return;
    select(line.dataset.k);
    if (!fingers()) return;
    if (data.write) emit("ticket", { symbol: line.dataset.k, side: "BUY" });
    else tools.trigger("open", line.dataset.k);
  });
  body.addEventListener("dblclick", (event) => {
    const line = event.target.closest(".line");
    if (line && data.write) emit("ticket", { symbol: line.dataset.k, side: "BUY" });
  });
  body.addEventListener("keydown", (event) => {
    if (typing(event) || event.ctrlKey || event.metaKey || !selected) return;
    if (event.key === "Enter" && event.target.closest("button")) return; // it presses the button
    const symbols = lists.active()?.symbols || [];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const letter = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    if (step && event.altKey) reorder(selected, step);
    else if (step) select(symbols[Math.min(symbols.length - 1, Math.max(0, symbols.indexOf(selected) + step))]);
    else if (event.key === "Home") select(symbols[0]);
    else if (event.key === "End") select(symbols.at(-1));
    else if (event.key === "Enter" && data.write) emit("ticket", { symbol: selected, side: "BUY" });
    else if (["B", "S", "G", "D", "C", "O", "M", "Delete"].includes(letter)) act(letter, selected);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const anywhere = (event) => {
    const letter = event.key.toUpperCase();
    const nothing = /^(BODY|MAIN|SECTION)$/.test(event.composedPath()[0].tagName); // what a click beside everything focuses
    const free = nothing && !event.ctrlKey && !event.metaKey && !event.altKey;
    const symbol = subject() || selected;
    if (!free || !symbol || !body.offsetParent || !["B", "S", "G", "D", "C", "O"].includes(letter)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    act(letter, symbol);
  };
  addEventListener("keydown", anywhere, true);
  tools.own(() => removeEventListener("keydown", anywhere, true));

  tools.own(on("lists", draw));
  tools.own(on("market", years));
  tools.own(on("view", (change) => ("columns" in change || "base" in change) && dress()));
  tools.own(drag.destroy);
  // What the page's address names is selected here too.
  tools.own(
    on("linked", (symbol) => {
      if (symbol !== selected && rows.has(symbol)) select(symbol, false);
    }),
  );
  tools.own(on("positions", () => nextFrame(`${tools.name} held`, paintHeld)));
  tools.own(on("quotes", gathered(tools.name, paint)));
  const clock = setInterval(() => {
    const now = performance.now();
    for (const [symbol, row] of rows)
      if (visible(row)) paintAge(row, state.quotes.get(symbol) || { seen: null, last_price: null }, now);
    root.classList.toggle("cutoff", link().status !== "live");
  }, 1000);
  const first = () =>
    Promise.all([lists.load(), views.load()]).then(dress, (refused) => {
      body.replaceChildren(h("div", { class: "empty" }, ...missed("The lists could not be loaded", refused, first)));
    });
  first();
  return {
    update: (next) => {
      data = next;
    },
    destroy() {
      clearInterval(clock);
      eye.disconnect();
      search.destroy();
      shown?.close();
      for (const row of rows.values()) row.depth?.destroy();
      unwant(tools.name);
    },
  };
});
