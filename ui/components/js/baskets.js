// Baskets: lists of orders placed together. Legs are edited in place, moved, copied; the margin follows.

import { Refused, ask, keyOf, newKey, sameKey } from "./base.js";
import { account, emit, on, unwant, want } from "./bus.js";
import { confirmed, h, missed, rule, toast, typedIn } from "./dom.js";
import { instrument, isDerivative, products } from "./instruments.js";
import { number, plain, price, rupees, toPaise, typed } from "./money.js";
import { nextFrame, put } from "./paint.js";
import { searchBox } from "./search.js";
import { state } from "./store.js";
import { snap } from "./ticket_rules.js";
import { widget } from "./widget.js";

const PAUSE = 400;
const TYPES = ["LIMIT", "MARKET", "SL", "SL-M"];
const HEADS = [["", ""], ["Side", ""], ["Instrument", ""], ["Product", ""], ["Type", ""], ["Qty", "num"], ["Price", "num"], ["Trigger", "num"], ["LTP", "num"], ["Needs", "num"], ["", ""]];
const priced = (leg) => leg.order_type === "LIMIT" || leg.order_type === "SL";
const stops = (leg) => leg.order_type === "SL" || leg.order_type === "SL-M";

export const mount = widget((root, data, tools) => {
  let all = null;
  let chosen = null; // the basket that is shown: {basket_id, name, legs}
  let figures = null;
  let outcome = null;
  let key = newKey();
  let fault = null;
  let timer = 0;
  let placing = false;
  const cells = new Map();
  const names = h("div", { class: "tabs grow", role: "tablist", "aria-label": "Baskets" });
  const acts = h("div", { class: "row" });
  const search = searchBox({ choose: add, has: () => false, kinds: true });
  const body = h("tbody");
  const table = h("table", { class: "grid legs", "aria-label": "Orders of the basket" },
    h("thead", null, h("tr", null, HEADS.map(([label, css]) => h("th", { class: css, scope: "col" }, label)))), body);
  const empty = h("div", { class: "empty" });
  const sums = h("dl", { class: "sums" });
  const results = h("div", { class: "results", role: "status" });
  const place = h("button", { type: "button", class: "primary", onclick: askPlace }, "Place");
  const stop = h("input", { type: "checkbox" });
  const foot = h("div", { class: "foot" }, sums,
    h("div", { class: "row end" }, h("label", { class: "tick muted" }, stop, " Stop at the first refusal"), place));
  const button = (label, run, css = "plain small", name = null) => h("button", { type: "button", class: css, "aria-label": name, onclick: run }, label);
  root.append(h("div", { class: "row head" }, names, acts), data.write ? h("div", { class: "finder" }, search.node) : "",
    h("div", { class: "scroll" }, table), empty, foot, results);

  async function load(keep = chosen?.basket_id) {
    try {
      all = (await ask("/baskets")).items;
      fault = null;
      choose(all.find((each) => each.basket_id === keep) || all[0] || null);
    } catch (refused) {
      fault = refused;
      draw();
    }
  }

  function choose(basket) {
    [chosen, figures, outcome, key] = [basket, null, null, newKey()];
    draw();
    weigh(0);
  }

  function draw() {
    names.replaceChildren(...(all || []).map((each) =>
      h("button", { type: "button", role: "tab", "aria-selected": String(each.basket_id === chosen?.basket_id), onclick: () => choose(each) },
        each.name, h("span", { class: "count" }, String(each.legs.length)))));
    acts.replaceChildren(...(data.write && (all?.length || chosen) ? [button("New basket", create), ...(chosen ? [button("Rename", rename), button("Copy", copy), button("Delete", remove)] : [])] : []));
    const legs = chosen?.legs || [];
    cells.clear();
    body.replaceChildren(...legs.map(line));
    table.hidden = !legs.length;
    empty.hidden = legs.length > 0;
    search.node.hidden = !chosen;
    foot.hidden = !legs.length;
    place.hidden = !data.write;
    put(place, placing ? "Placing …" : `Place ${legs.length} order${legs.length === 1 ? "" : "s"}`);
    place.disabled = placing;
    if (!legs.length) teach();
    want(tools.name, [...new Set(legs.map(keyOf))]);
    drawSums();
    drawOutcome();
    tick();
  }

  function teach() {
    if (fault) empty.replaceChildren(...missed("The baskets could not be loaded", fault, load));
    else if (!all) empty.replaceChildren("Loading …");
    else if (!chosen)
      empty.replaceChildren(h("strong", null, "No basket yet"),
        "A basket keeps up to 20 orders, shows what they need together, and places them with one click. ",
        data.write ? button("New basket", create, "plain") : "");
    else empty.replaceChildren(h("strong", null, "The basket is empty"), "Search above, or choose Add to basket in a ticket.");
  }

  function line(leg, at) {
    const last = h("td", { class: "num" }, "–");
    const needs = h("td", { class: "num" }, "–");
    cells.set(at, { leg, last, needs });
    const input = (name, shown) => {
      const node = h("input", { inputmode: "decimal", "aria-label": `${name.replace("_", " ")} of ${leg.symbol}`, value: shown, disabled: !data.write,
        onchange: () => edit(at, name, node.value, node) });
      return node;
    };
    const pick = (name, options) => h("select", { "aria-label": `${name.replace("_", " ")} of ${leg.symbol}`, disabled: !data.write, onchange: (event) => edit(at, name, event.target.value) },
      options.map((each) => h("option", { value: each, selected: each === leg[name] }, each)));
    const refusals = figures?.legs[at]?.refusals || [];
    const move = (by, label, word) => h("button", { type: "button", class: "quiet", "aria-label": `Move ${leg.symbol} ${word}`, dataset: { act: `move ${leg.symbol}` }, disabled: !chosen.legs[at + by], onclick: () => swap(at, by) }, label);
    return h("tr", { class: "order", draggable: data.write, dataset: { at: String(at) }, ondragstart: (event) => event.dataTransfer.setData("text/plain", String(at)),
      ondragover: (event) => event.preventDefault(), ondrop: (event) => dropped(event, at) },
      h("td", null, data.write ? [move(-1, "▲", "up"), move(1, "▼", "down")] : String(at + 1)),
      h("td", null, h("button", { type: "button", class: `chip ${leg.side.toLowerCase()}`, dataset: { act: `side ${at}` }, disabled: !data.write, title: "Turn buy and sell", "aria-label": `${leg.side} ${leg.symbol}, turn`, onclick: () => edit(at, "side", leg.side === "BUY" ? "SELL" : "BUY") }, leg.side)),
      h("td", null, h("b", null, leg.symbol), " ", h("small", { class: "muted" }, leg.exchange),
        ...refusals.map((each) => h("div", { class: "why" }, each.detail, rule(each.reason_code)))),
      h("td", null, pick("product", leg.exchange.endsWith("FO") ? ["NRML", "MIS"] : ["CNC", "MIS"])),
      h("td", null, pick("order_type", TYPES)),
      h("td", { class: "num" }, input("quantity", String(leg.quantity))),
      h("td", { class: "num" }, priced(leg) ? input("price", leg.price ? plain(toPaise(leg.price)) : "") : h("span", { class: "muted" }, "market")),
      h("td", { class: "num" }, stops(leg) ? input("trigger_price", leg.trigger_price ? plain(toPaise(leg.trigger_price)) : "") : "–"),
      last, needs,
      h("td", { class: "num acts" }, data.write ? [button("Copy", () => keep(insert(at + 1, leg)), "plain small", `Copy ${leg.symbol}`), " ",
        button("✕", () => keep(chosen.legs.filter((_, n) => n !== at)), "plain small", `Take ${leg.symbol} out`)] : null));
  }

  const insert = (at, leg) => [...chosen.legs.slice(0, at), { ...leg }, ...chosen.legs.slice(at)];
  function swap(at, by) {
    const legs = [...chosen.legs];
    [legs[at], legs[at + by]] = [legs[at + by], legs[at]];
    keep(legs);
  }
  function dropped(event, at) {
    event.preventDefault();
    const from = Number(event.dataTransfer.getData("text/plain"));
    if (!Number.isInteger(from) || from === at || !chosen.legs[from]) return;
    const legs = [...chosen.legs];
    legs.splice(at, 0, ...legs.splice(from, 1));
    keep(legs);
  }

  function edit(at, name, value, input) {
    const leg = { ...chosen.legs[at] };
    if (name === "quantity") {
      if (!/^[1-9][0-9]{0,8}$/.test(value.trim())) return wrong(input, "A whole number above zero.");
      leg.quantity = +value;
    } else if (name === "price" || name === "trigger_price") {
      const paise = typed(value);
      if (!paise) return wrong(input, "An amount such as 1,500.05.");
      leg[name] = paise / 100;
    } else leg[name] = value;
    const now = state.quotes.get(keyOf(leg))?.last_price || null;
    if (priced(leg)) leg.price ||= leg.trigger_price || now;
    else leg.price = null;
    if (stops(leg)) leg.trigger_price ||= now;
    else leg.trigger_price = null;
    keep(chosen.legs.map((each, n) => (n === at ? leg : each)));
  }

  function wrong(input, why) {
    input.setAttribute("aria-invalid", "true");
    toast(root, why, { tone: "bad" });
  }

  const sent = (leg) => {
    const made = { exchange: leg.exchange, symbol: leg.symbol, side: leg.side, order_type: leg.order_type, product: leg.product, validity: leg.validity || "DAY", quantity: leg.quantity };
    if (priced(leg) && leg.price) made.price = plain(toPaise(leg.price));
    if (stops(leg) && leg.trigger_price) made.trigger_price = plain(toPaise(leg.trigger_price));
    return made;
  };

  async function keep(legs) {
    const id = chosen.basket_id;
    chosen = { ...chosen, legs };
    [outcome, key, figures] = [null, newKey(), null];
    draw();
    await saved(() => ask(`/baskets/${id}`, { method: "PATCH", body: { legs: legs.map(sent) } }));
  }

  const keys = sameKey();
  async function posted(path, body) {
    const basket = await ask(path, { method: "POST", body, key: keys.of([path, body]) });
    keys.answered();
    return basket;
  }

  // The server's word is what is shown; a refusal brings back what is stored.
  async function saved(act) {
    try {
      const basket = await act();
      all = [...(all || []).filter((each) => each.basket_id !== basket.basket_id), basket].sort((a, b) => a.name.localeCompare(b.name));
      chosen = basket;
      draw();
      weigh(PAUSE);
      return basket;
    } catch (refused) {
      toast(root, refused.message, { tone: "bad", stays: true });
      await load();
      return null;
    }
  }

  async function add(item) {
    if (!chosen) return;
    let terms;
    try {
      terms = await instrument(item.key);
    } catch (refused) {
      toast(root, refused.message, { tone: "bad", stays: true });
      return;
    }
    const now = state.quotes.get(item.key)?.last_price;
    const leg = { exchange: terms.exchange, symbol: terms.symbol, side: "BUY", order_type: now ? "LIMIT" : "MARKET", product: products(terms)[0], validity: "DAY", quantity: terms.lot,
      price: now ? snap(toPaise(now), toPaise(terms.tick)) / 100 : null };
    if (isDerivative(terms) && !now) leg.order_type = "MARKET";
    await saved(() => posted(`/baskets/${chosen.basket_id}/legs`, sent(leg)));
  }

  async function create() {
    const name = await typedIn(root, "Name of the basket", `Basket ${(all?.length || 0) + 1}`);
    if (name) await saved(() => posted("/baskets", { name }));
  }
  async function rename() {
    const name = await typedIn(root, "Name of the basket", chosen.name);
    if (name && name !== chosen.name) await saved(() => ask(`/baskets/${chosen.basket_id}`, { method: "PATCH", body: { name } }));
  }
  async function copy() {
    const name = await typedIn(root, "Name of the copy", `${chosen.name} 2`.slice(0, 40));
    if (name) await saved(() => posted("/baskets", { name, copy_of: chosen.basket_id }));
  }
  async function remove() {
    if (!(await confirmed(root, `Delete the basket ${chosen.name}? Orders it placed stay.`, "Delete"))) return;
    try {
      await ask(`/baskets/${chosen.basket_id}`, { method: "DELETE" });
    } catch (refused) {
      toast(root, refused.message, { tone: "bad", stays: true });
    }
    load(null);
  }

  function weigh(wait) {
    clearTimeout(timer);
    if (!chosen?.legs.length || !account()) return;
    const id = chosen.basket_id;
    timer = setTimeout(async () => {
      try {
        const told = await ask(`/baskets/${id}/margin`, { method: "POST", body: { account: account() } });
        if (chosen?.basket_id !== id || told.legs.length !== chosen.legs.length) return;
        const before = JSON.stringify(figures?.legs.map((each) => each.refusals));
        figures = told;
        if (before !== JSON.stringify(told.legs.map((each) => each.refusals)) && !root.querySelector("input:focus, select:focus")) draw();
        else drawSums();
      } catch (refused) {
        figures = null;
        sums.replaceChildren(h("div", { class: "muted" }, refused.message));
      }
    }, wait);
  }

  function drawSums() {
    for (const [at, cell] of cells) {
      const found = figures?.legs[at];
      put(cell.needs, !found ? "…" : found.required === null ? "–" : number(found.required));
    }
    const one = (label, value, title, mark) => h("div", { title }, h("dt", null, label), h("dd", { class: "num", dataset: mark ? { tone: mark } : {} }, figures ? rupees(value) : "…"));
    sums.replaceChildren(
      one("Required", figures?.required, "The most that is tied up on the way, when the orders fill one after the other in this order", figures?.shortfall ? "loss" : ""),
      one("Final", figures?.final, "What stays tied up once all of them are filled, with what hedges each other"),
      one("Available", figures?.available, "What is free in this book now"),
      one("Charges", figures?.charges.total, "Brokerage, taxes and fees of all orders"),
      figures?.shortfall ? h("p", { class: "why" }, `Short of ${rupees(figures.shortfall)} on the way. Move a hedge up, make it smaller, or add funds.`) : "");
  }

  function drawOutcome() {
    results.replaceChildren(...(outcome
      ? [h("h3", null, `${outcome.placed} placed, ${outcome.refused} refused`),
        h("ol", { class: "steps" }, outcome.items.map((each) => h("li", null,
          h("span", null, each.symbol.slice(each.symbol.indexOf(":") + 1)),
          h("span", null, h("span", { class: `chip ${each.ok ? "gain" : "loss"}` }, each.ok ? `✓ order ${each.order_id}` : `✕ refused${each.order_id ? ` (order ${each.order_id})` : ""}`),
            each.detail ? h("div", { class: "why" }, each.detail, rule(each.reason_code)) : null)))) ]
      : []));
  }

  async function askPlace() {
    const legs = chosen.legs;
    const words = figures ? ` They need ${rupees(figures.required)} on the way and ${rupees(figures.final)} in the end.` : "";
    if (!(await confirmed(root, `Place ${legs.length} orders of ${chosen.name} in ${account()}?${words}`, `Place ${legs.length}`, { no: "Go back", kind: "primary" }))) return;
    placing = true;
    draw();
    try {
      outcome = await ask(`/baskets/${chosen.basket_id}/place`, { method: "POST", body: { account: account(), stop_at_refusal: stop.checked }, key, timeout: 60000 });
      key = newKey();
      emit("answered", null);
    } catch (error) {
      const refused = error instanceof Refused ? error : new Refused(0, null);
      toast(root, refused.status === 0 ? "No answer came. Press Place again: it carries the same key, and no order is doubled." : refused.message, { tone: "bad", stays: true });
    }
    placing = false;
    draw();
    weigh(0);
  }

  function tick() {
    for (const { leg, last } of cells.values()) put(last, price(state.quotes.get(keyOf(leg))?.last_price));
  }

  tools.own(on("quotes", () => nextFrame(tools.name, tick)));
  tools.own(on("baskets", (basket) => load(basket?.basket_id)));
  tools.own(on("orders", () => weigh(PAUSE)));
  tools.own(() => clearTimeout(timer));
  tools.own(() => unwant(tools.name));
  tools.own(search.destroy);
  load();
  return {
    update(next) {
      const moved = next.seat.account !== data.seat.account;
      data = next;
      if (moved) weigh(0);
    },
  };
});
