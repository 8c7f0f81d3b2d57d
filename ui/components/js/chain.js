// The option chain: an underlying, its expiries, and the strikes around the money with call and put side by side.
//
// It picks a contract: to a list, into the ticket, or onto its own page. Prices are the stream's, as everywhere.

import { ask, withAccount } from "./base.js";
import { account, emit, fetchQuotes, on, unwant, want } from "./bus.js";
import { PLACE, around, expiryTab, nameOf, nearest, strikeText } from "./chain_words.js";
import { h, missed, openModal, unique } from "./dom.js";
import { price, signed, arrow, percent, tone } from "./money.js";
import { flash, gathered, put, toneOf } from "./paint.js";
import { searchBox } from "./search.js";
import { state } from "./store.js";
import { toWatch } from "./to_watch.js";

// Opens over the page; `open(key)` is called to show a contract's own page, where there is one to go to.
export function openChain(host, symbol, { write, open = null }) {
  const name = unique("chain");
  const cells = new Map();
  const off = [];
  let told = null;
  let every = false;
  let chosen = null;

  const title = h("b");
  const spot = h("span", { class: "spot" });
  const days = h("div", { class: "tabs days", role: "tablist", "aria-label": "Expiry" });
  const body = h("div", { class: "rungs", tabIndex: 0, role: "grid", "aria-label": "Strikes" });
  const foot = h("div", { class: "picked" });
  const search = searchBox({
    choose: (item) => {
      load(item.key);
      body.focus();
    },
    has: () => false,
    add: "chain",
    hint: "Underlying",
    summoned: false,
    keeps: write,
  });
  const box = h(
    "dialog",
    { class: "chain", "aria-label": "Option chain" },
    h(
      "div",
      { class: "row top" },
      h("div", { class: "what" }, title, " ", spot),
      search.node,
      h("button", { type: "button", class: "plain", title: "Open interest, Greeks and strategies, on a page of its own", onclick: whole }, "Full chain"),
      h("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: () => close() }, "✕"),
    ),
    days,
    body,
    foot,
  );

  function whole() {
    const key = told?.underlying;
    close();
    if (key) sessionStorage.setItem(PLACE, key);
    emit("go", "options");
  }

  function close() {
    off.forEach((each) => each());
    unwant(name);
    search.destroy();
    box.close();
    box.remove();
  }

  async function load(key, expiry = null) {
    const path = `/option-chain?underlying=${encodeURIComponent(key)}${expiry ? `&expiry=${expiry}` : ""}`;
    let answer;
    try {
      answer = await ask(withAccount(path, account()));
    } catch (refused) {
      if (box.isConnected) failed(key, expiry, refused);
      return;
    }
    if (!box.isConnected) return;
    told = read(answer);
    every = false;
    const listed = [told.future, ...told.items.flatMap((rung) => [rung.CE, rung.PE])];
    chosen = listed.includes(key) ? key : null;
    draw();
  }

  // What the server says of a chain, as the ladder wants it: keys, and the strike that is nearest to the price.
  function read(answer) {
    const items = answer.rows.map((row) => ({ strike: row.strike, CE: row.call?.key || null, PE: row.put?.key || null }));
    const first = answer.future || answer.rows.flatMap((row) => [row.call, row.put]).find(Boolean);
    const spot = answer.quote?.last_price ?? null;
    return { ...answer, items, spot, money: nearest(items, spot), lot: first?.lot || 1, future: answer.future?.key || null };
  }

  // A share without options is no fault: another underlying may be searched for.
  function failed(key, expiry, refused) {
    const none = refused.problem?.field === "underlying";
    told = null;
    unwant(name);
    cells.clear();
    put(title, nameOf(key));
    put(spot, "");
    days.replaceChildren();
    foot.replaceChildren();
    body.replaceChildren(
      h(
        "div",
        { class: "empty" },
        none
          ? [h("strong", null, `No options on ${nameOf(key)}`), "Search above for an index or a share that has some."]
          : missed("The chain could not be loaded", refused, () => load(key, expiry)),
      ),
    );
  }

  function draw() {
    put(title, nameOf(told.underlying));
    days.replaceChildren(...told.expiries.map((each) => expiryTab(each, told, () => load(told.underlying, each))));
    cells.clear();
    const rungs = around(told.items, told.money, (rung) => chosen && (rung.CE === chosen || rung.PE === chosen), every);
    body.replaceChildren(...table(rungs));
    const money = rungs.find((rung) => rung.strike === told.money);
    choose(chosen || money?.CE || money?.PE || told.future);
    want(name, [told.underlying, ...cells.keys()]);
    fetchQuotes([told.underlying, ...cells.keys()].slice(0, 500));
    paintAll();
    (body.querySelector("[aria-selected=true]") || body.querySelector(".money"))?.scrollIntoView({ block: "center" });
    days.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }

  function table(rungs) {
    const more = told.items.length - rungs.length;
    const future = told.future
      ? h("div", { class: "rung future" }, cell(told.future, "FUT"), h("span", { class: "strike" }, "Future"))
      : null;
    return [
      future,
      h("div", { class: "rung head" }, h("span", null, "Calls"), h("span", { class: "strike" }, "Strike"), h("span", null, "Puts")),
      ...rungs.map((rung) =>
        h(
          "div",
          { class: `rung${rung.strike === told.money ? " money" : ""}`, role: "row", dataset: { strike: rung.strike } },
          cell(rung.CE, "CE"),
          h("span", { class: "strike", role: "rowheader" }, strikeText(rung.strike)),
          cell(rung.PE, "PE"),
        ),
      ),
      more > 0
        ? h("button", { type: "button", class: "plain every", onclick: () => { every = true; draw(); } }, `Show all ${told.items.length} strikes`)
        : null,
    ].filter(Boolean);
  }

  function cell(key, right) {
    if (!key) return h("span", { class: `side ${right} none`, role: "gridcell" }, "–");
    const last = h("span", { class: "last" }, "–");
    const moved = h("small", { class: "moved" });
    const quick = (letter, label, kind) =>
      h("button", { type: "button", tabIndex: -1, class: kind, title: `${label} (${letter})`, "aria-label": `${label} ${nameOf(key)}`,
        onclick: (event) => { event.stopPropagation(); choose(key); act(letter); } }, letter);
    const node = h(
      "span",
      { class: `side ${right}`, role: "gridcell", "aria-label": nameOf(key), onclick: () => choose(key), ondblclick: () => act("B") },
      last,
      moved,
      write && h("span", { class: "acts" }, quick("B", "Buy", "b"), quick("S", "Sell", "s"), quick("+", "Add to the list", "a")),
    );
    cells.set(key, { node, last, moved, right, shown: null });
    return node;
  }

  function choose(key) {
    chosen = key;
    for (const [each, { node }] of cells) node.setAttribute("aria-selected", String(each === key));
    foot.replaceChildren();
    if (!key) return;
    const trade = (label, letter, kind) => h("button", { type: "button", class: kind, onclick: () => act(letter) }, label);
    foot.append(
      h("div", { class: "grow cut" }, h("b", null, nameOf(key)), h("small", null, told.lot > 1 ? ` lot ${told.lot}` : "")),
      ...[
        trade("+ List", "+", "plain"),
        open && trade("Details", "C", "plain"),
        write && trade("Buy", "B", "primary"),
        write && trade("Sell", "S", "danger"),
      ].filter(Boolean),
    );
  }

  async function act(letter) {
    const key = chosen;
    if (!key) return;
    if (letter === "+") return toWatch(box, key);
    if (letter === "C" && !open) return;
    close();
    if (letter === "C") open(key);
    else emit("ticket", { symbol: key, side: letter === "B" ? "BUY" : "SELL" });
  }

  function paintAll() {
    const quote = state.quotes.get(told.underlying);
    const at = quote?.last_price ?? told.spot;
    put(spot, at === null || at === undefined ? "" : price(at) + (quote?.change ? ` ${arrow(quote.change)} ${percent(quote.change_percent)}` : ""));
    toneOf(spot, tone(quote?.change));
    for (const [key, { node, right }] of cells) {
      const strike = +node.parentNode.dataset.strike;
      node.classList.toggle("inside", at !== null && (right === "CE" ? strike < at : right === "PE" ? strike > at : false));
      paint(key);
    }
  }

  function paint(key) {
    const row = cells.get(key);
    const quote = state.quotes.get(key);
    if (!row || !quote || quote.last_price === null) return;
    const text = price(quote.last_price);
    if (row.shown !== null && row.shown !== text && quote.moved) flash(row.last, quote.moved);
    row.shown = text;
    put(row.last, text);
    put(row.moved, quote.change === null || quote.change === undefined ? "" : `${arrow(quote.change)} ${signed(quote.change)}`.trim());
    toneOf(row.moved, tone(quote.change));
  }

  off.push(
    on(
      "quotes",
      gathered(name, (now) => {
        if (!told || !box.isConnected) return;
        if (now.has(told.underlying)) paintAll();
        else now.forEach(paint);
      }),
    ),
  );

  // Arrows walk the ladder: up and down by strikes, left and right between call and put.
  function walk(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const row = cells.get(chosen)?.node.parentNode;
    const right = cells.get(chosen)?.right;
    let next = null;
    if (step && row) {
      let sibling = row;
      do sibling = step > 0 ? sibling.nextElementSibling : sibling.previousElementSibling;
      while (sibling && !sibling.querySelector(".side:not(.none)"));
      next = sibling?.querySelector(`.side.${right}:not(.none)`) || sibling?.querySelector(".side:not(.none)");
    } else if (row && (event.key === "ArrowLeft" || event.key === "ArrowRight"))
      next = row.querySelector(event.key === "ArrowLeft" ? ".side.CE:not(.none)" : ".side.PE:not(.none)");
    if (!next) return false;
    choose([...cells].find(([, each]) => each.node === next)[0]);
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  box.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape" || event.ctrlKey || event.metaKey || event.composedPath()[0] instanceof HTMLInputElement) return;
    const letter = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    if (walk(event)) event.preventDefault();
    else if (letter === "Enter" && event.target === body && write) act("B");
    else if (["B", "S", "C", "+"].includes(letter) && (write || letter === "C" || letter === "+")) act(letter);
    else return;
    event.preventDefault();
  });
  // Before the search hears it: what it found closes first, then the dialog, whatever has the focus.
  box.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !search.node.querySelector("ul").hidden) return;
      event.preventDefault();
      event.stopPropagation();
      close();
    },
    true,
  );
  // Beside the dialog, and pressed there: a name that goes away under the pointer ends its click on the dialog too.
  let beside = false;
  box.addEventListener("pointerdown", (event) => {
    beside = event.target === box;
  });
  box.addEventListener("click", (event) => {
    if (beside && event.target === box) close();
  });
  body.replaceChildren(h("div", { class: "empty" }, "Loading …"));
  openModal(host, box, close);
  body.focus();
  load(symbol);
  return { close };
}
