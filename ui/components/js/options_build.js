// The strategy beneath the chain: its legs, what it can bring and cost, and how it stands on a day, at a price.

import { Refused, ask, keyOf, sameKey } from "./base.js";
import { account } from "./bus.js";
import { nameOf } from "./chain_words.js";
import { h, sums, toast } from "./dom.js";
import { explained } from "./explained.js";
import { easel } from "./figures.js";
import { instrument } from "./instruments.js";
import { number, percent, plain, price, rupees, signed, toPaise, tone } from "./money.js";
import { measured, expiryOf, yearsTo } from "./options_model.js";
import { payoff, payoffTold } from "./options_payoff.js";
import { STRATEGIES, contractsOf, ends, firstExpiry, lines, netGreeks, netPremium, profit } from "./options_strategy.js";
import { put, toneOf } from "./paint.js";
import { exchangeNow, state } from "./store.js";
import { clock, day } from "./time.js";

const DAY = 86400000;
const PAUSE = 400;
const MOST = 20;
const WHY = {
  premium: "What the options bring (a plus) or cost (a minus) at these prices, before charges.",
  profit: "The most that it can gain by the first expiry.",
  loss: "The most that it can lose by the first expiry.",
  even: "Prices of the underlying at the first expiry at which it gains and loses nothing, before charges.",
  final: "The margin and premium that stay tied up once all legs are filled, beside what the book holds.",
  required: "The most that is tied up on the way, when the legs fill one after the other in this order.",
  charges: "Brokerage, taxes and fees of opening all legs.",
  delta: "How many units of the underlying it moves like now.",
  theta: "What a calendar day that passes adds or takes, prices standing still.",
  vega: "What one point more of volatility adds or takes.",
  gamma: "How much the delta changes when the underlying moves by a rupee.",
};

// `writes()` says whether the book may be traded in now, `go(page)` leaves for another page, `changed()` hears of other legs.
export function builder(root, data, { writes, go, changed }) {
  const stand = easel(root, data.plotly);
  const figure = stand.figure();
  let chain = null; // {underlying, expiry, items, spot}
  let legs = []; // {contract, side, lots, fixed}
  let named = "";
  let needs = null;
  let timer = 0;
  let placing = false;
  const moved = { step: 0, spot: 0, points: 0 };
  const lost = h("p", { class: "muted", hidden: true });

  const ready = h("select", { "aria-label": "Ready-made strategies", onchange: () => take(+ready.value) },
    h("option", { value: "" }, "Ready-made …"), STRATEGIES.map(([name], n) => h("option", { value: String(n) }, name)));
  const mine = h("button", { type: "button", class: "plain small", title: "Put what this book holds of it into the strategy", onclick: takePositions }, "My positions");
  const clear = h("button", { type: "button", class: "plain small", onclick: () => set([], "") }, "Clear");
  const basket = h("button", { type: "button", class: "primary", title: "A basket shows what the orders need and places them together", onclick: makeBasket }, "Make a basket");
  const body = h("tbody");
  const table = h("table", { class: "grid strategy", "aria-label": "Legs of the strategy" },
    h("thead", null, h("tr", null, ["Side", "Contract", "Lots", "Price", "IV", "Delta", ""].map((label, n) => h("th", { scope: "col", class: n > 1 && n < 6 ? "num" : "" }, label)))), body);
  const teach = h("div", { class: "empty" }, h("strong", null, "No strategy yet"),
    "Choose a ready-made one, or press + Buy and + Sell under the chain: its payoff, break-even prices, margin and Greeks show here.");
  const facts = h("div", { class: "facts" });
  const cells = new Map();
  const slider = (label, name, low, high, step) => {
    const told = h("output", { class: "num" });
    const input = h("input", { type: "range", min: String(low), max: String(high), step: String(step), value: "0", "aria-label": label,
      oninput: () => { moved[name] = +input.value; draw(); } });
    return { node: h("label", { class: "slide" }, h("span", { class: "muted" }, label), input, told), input, told };
  };
  const when = slider("Day", "step", 0, 1, 1);
  const where = slider("Price", "spot", -10, 10, 0.25);
  const vol = slider("Volatility", "points", -10, 10, 0.5);
  const back = h("button", { type: "button", class: "plain small", onclick: () => still() }, "As now");
  const told = h("p", { class: "told", role: "status" });
  const twin = h("details", { class: "twin" }, h("summary", null, "The payoff as a table"));
  const rows = h("div", { class: "scroll" });
  twin.append(rows);
  twin.addEventListener("toggle", draw);
  const full = h("div", { class: "build", hidden: true },
    h("div", null, h("div", { class: "scroll" }, table), facts,
      h("div", { class: "row" }, basket, clear)),
    h("div", null, lost, figure.node, h("div", { class: "slides" }, when.node, where.node, vol.node, back), told, twin));
  const node = h("section", { class: "strategies" },
    h("div", { class: "row head wrap" }, h("h3", { class: "grow" }, "Strategy"), ready, mine), teach, full);

  function set(next, name) {
    [legs, named, needs] = [next, name, null];
    ready.value = "";
    drawLegs();
    still();
    weigh();
    changed();
  }

  function still() {
    Object.assign(moved, { step: 0, spot: 0, points: 0 });
    for (const each of [when, where, vol]) each.input.value = "0";
    draw();
  }

  function take(number_) {
    const [name, shape] = STRATEGIES[number_] || [];
    const found = shape && contractsOf(shape, chain?.items.map((rung) => ({ strike: rung.strike, CE: rung.CE?.key, PE: rung.PE?.key })) || [], spotNow());
    if (found) set(found.map(({ key, lots }) => ({ contract: chain.known.get(key), side: Math.sign(lots), lots: Math.abs(lots), fixed: null })), name);
    else if (shape) toast(root, `The strikes that a ${name.toLowerCase()} needs are not listed for this expiry.`, { tone: "bad" });
  }

  const held = () => [...state.positions.values()].filter((row) => row.account === account() && row.quantity && row.underlying === chain?.underlying && row.expiry);
  async function takePositions() {
    const rows = held();
    let terms;
    try {
      terms = await Promise.all(rows.map((row) => instrument(keyOf(row))));
    } catch (refused) {
      toast(root, refused.message, { tone: "bad" });
      return;
    }
    const found = rows.map((row, n) => {
      const { key, symbol, lot, kind, strike, expiry } = terms[n];
      const contract = { key, symbol, lot, kind, strike, expiry };
      return { contract, side: Math.sign(row.quantity), lots: Math.abs(row.quantity) / lot, fixed: row.average_price };
    });
    if (found.length) set(found, "Positions");
  }

  function add(key, side) {
    const contract = chain.known.get(key);
    if (!contract) return;
    const same = legs.find((leg) => leg.contract.key === key && leg.fixed === null);
    const by = side === "BUY" ? 1 : -1;
    const lots = (same ? same.side * same.lots : 0) + by;
    const others = legs.filter((leg) => leg !== same);
    if (others.length >= MOST) return toast(root, `At most ${MOST} legs.`, { tone: "bad" });
    if (!lots) return set(others, "");
    const next = { contract, side: Math.sign(lots), lots: Math.abs(lots), fixed: null };
    return set(same ? legs.map((leg) => (leg === same ? next : leg)) : [...legs, next], "");
  }

  const change = (leg, what) => set(legs.map((each) => (each === leg ? { ...leg, ...what } : each)), named);

  function drawLegs() {
    cells.clear();
    body.replaceChildren(...legs.map((leg) => {
      const parts = { price: h("td", { class: "num" }, "–"), iv: h("td", { class: "num" }, "–"), delta: h("td", { class: "num" }, "–") };
      cells.set(leg, parts);
      const { symbol, lot, expiry } = leg.contract;
      const word = leg.side > 0 ? "BUY" : "SELL";
      const input = h("input", { type: "number", min: "1", step: "1", value: String(leg.lots), "aria-label": `Lots of ${symbol}`, disabled: leg.fixed !== null,
        onchange: () => { const lots = Math.floor(+input.value); if (lots >= 1 && lots < 10000) change(leg, { lots }); else input.value = String(leg.lots); } });
      return h("tr", null,
        h("td", null, h("button", { type: "button", class: `chip ${word.toLowerCase()}`, title: "Turn buy and sell", "aria-label": `${word} ${symbol}, turn`, dataset: { act: `side ${symbol}` }, disabled: leg.fixed !== null, onclick: () => change(leg, { side: -leg.side }) }, word)),
        h("td", null, h("b", null, symbol), h("small", { class: "muted" }, ` ${day(`${expiry}T12:00:00+05:30`)}, lot ${lot}${leg.fixed === null ? "" : ", held"}`)),
        h("td", { class: "num" }, input), parts.price, parts.iv, parts.delta,
        h("td", { class: "num" }, h("button", { type: "button", class: "quiet", "aria-label": `Take ${symbol} out`, onclick: () => set(legs.filter((each) => each !== leg), "") }, "✕")));
    }));
    teach.hidden = legs.length > 0;
    full.hidden = !legs.length;
    put(basket, placing ? "Making it …" : "Make a basket");
    basket.disabled = placing || legs.every((leg) => leg.fixed !== null);
  }

  const spotNow = () => state.quotes.get(chain?.underlying)?.last_price ?? chain?.spot ?? null;

  // The legs as the model wants them; null while one of them has no price.
  function shaped(spot, now) {
    const made = legs.map(({ contract, side, lots, fixed }) => {
      const last = state.quotes.get(contract.key)?.last_price ?? null;
      const { iv, delta } = contract.kind === "FUT" ? { iv: null, delta: 1 } : measured(contract.kind === "CE", last, spot, contract.strike, yearsTo(contract.expiry, now));
      return { ...contract, units: side * lots * contract.lot, price: fixed ?? last, last, iv, delta };
    });
    return made.every((leg) => leg.price !== null) ? made : null;
  }

  const open = (value) => (value === Infinity ? "Unlimited" : value === -Infinity ? "Unlimited" : signed(value, 0, true));

  function drawFacts(made, end, spot, now) {
    const greek = netGreeks(made, spot, now);
    const about = end.exact ? "" : "about ";
    const even = end.breakevens.map((each) => `${number(each, 2)} (${percent((each / spot - 1) * 100)})`).join(", ") || "none";
    const net = netPremium(made);
    const line = (label, why, text, mood = "") => h("tr", null, h("td", null, explained(label, why)), h("td", { class: "num", dataset: { tone: mood } }, text));
    facts.replaceChildren(
      sums("What it can bring", [
        line(net < 0 ? "Premium, paid" : "Premium, received", WHY.premium, signed(net, 2, true), tone(net)),
        line("Max profit", WHY.profit, about + open(end.profit), "gain"),
        line("Max loss", WHY.loss, about + open(end.loss), end.loss < 0 ? "loss" : ""),
        line("Breaks even at", WHY.even, even),
      ]),
      sums("What it needs", needs?.said
        ? [h("tr", null, h("td", { class: "muted" }, needs.said))]
        : [
          line("Margin, in the end", WHY.final, needs ? rupees(needs.final) : "…"),
          line("On the way", WHY.required, needs ? rupees(needs.required) : "…", needs?.shortfall ? "loss" : ""),
          line("Available", "What is free in this book now.", needs ? rupees(needs.available) : "…"),
          line("Charges", WHY.charges, needs ? rupees(needs.charges.total) : "…"),
        ]),
      sums("Greeks of all legs", [
        line("Delta", WHY.delta, signed(greek.delta, 1)),
        line("Gamma", WHY.gamma, signed(greek.gamma, 3)),
        line("Theta a day", WHY.theta, signed(greek.theta, 0, true), tone(greek.theta)),
        line("Vega a point", WHY.vega, signed(greek.vega, 0, true)),
      ]),
    );
  }

  let shown = ""; // the figures that are drawn: a tooltip that is open stays open while nothing has changed

  function draw() {
    basket.hidden = !writes();
    if (!legs.length || !chain) return;
    const [spot, now] = [spotNow(), exchangeNow()];
    const made = spot ? shaped(spot, now) : null;
    if (!made) {
      put(told, "Waiting for a price of each leg …");
      return;
    }
    for (const leg of made) {
      const parts = cells.get(legs.find((each) => each.contract.key === leg.key && (each.fixed ?? leg.last) === leg.price));
      if (!parts) continue;
      put(parts.price, price(leg.price));
      put(parts.iv, leg.iv === null ? "–" : number(leg.iv * 100, 1));
      put(parts.delta, leg.delta === null ? "–" : number(leg.delta, 2));
    }
    const end = expiryOf(firstExpiry(made));
    const total = Math.max(0, end - now);
    const step = total > 2 * DAY ? DAY : DAY / 48;
    when.input.max = String(Math.max(1, Math.ceil(total / step)));
    const at = Math.min(now + moved.step * step, end);
    const there = spot * (1 + moved.spot / 100);
    const value = profit(made, there, at, moved.points);
    put(when.told, moved.step === 0 ? "now" : at >= end ? "expiry" : `${day(new Date(at))} ${clock(new Date(at)).slice(0, 5)}`);
    put(where.told, `${number(there, 2)} (${percent(moved.spot)})`);
    put(vol.told, moved.points ? `${signed(moved.points, 1)} points` : "as now");
    const still_ = !moved.step && !moved.spot && !moved.points;
    put(told, `${still_ ? "Now" : "Then"} it stands at ${signed(value, 2, true)}${still_ ? ", before charges" : `, at ${number(there, 2)}${at >= end ? " on the day of expiry" : ""}`}.`);
    toneOf(told, tone(Math.round(value)));
    back.disabled = still_;
    const key = JSON.stringify([needs, spot, made.map((leg) => [leg.key, leg.units, leg.price]), moved]);
    if (key === shown || facts.querySelector(":popover-open")) return;
    shown = key;
    const ended = ends(made);
    drawFacts(made, ended, spot, now);
    const of = { ...lines(made, spot, at, moved.points), spot, at: there, breakevens: ended.breakevens, when: still_ ? "Now" : "Then" };
    figure.show(payoff(of), payoffTold(of));
    if (twin.open) drawTwin(made, spot, end, at);
    if (!stand.loaded()) library();
  }

  function drawTwin(made, spot, end, at) {
    const steps = [-6, -4, -2, -1, 0, 1, 2, 4, 6].map((each) => spot * (1 + each / 100));
    const cell = (value) => h("td", { class: "num", dataset: { tone: tone(Math.round(value)) } }, signed(value, 0, true));
    rows.replaceChildren(h("table", { class: "grid", "aria-label": "Payoff by price" },
      h("thead", null, h("tr", null, ["Price", "From now", "At expiry", "On the chosen day"].map((label) => h("th", { class: "num", scope: "col" }, label)))),
      h("tbody", null, steps.map((each) => h("tr", null, h("td", { class: "num" }, number(each, 2)), h("td", { class: "num" }, percent((each / spot - 1) * 100)), cell(profit(made, each, end)), cell(profit(made, each, at, moved.points)))))));
  }

  async function library() {
    try {
      await stand.ready();
      lost.hidden = true;
      stand.paint();
    } catch (refused) {
      lost.hidden = false;
      put(lost, `${refused.message} What it would show is in the table.`);
      twin.open = true;
    }
  }

  const orders = () => legs.filter((leg) => leg.fixed === null).map(({ contract, side, lots }) => ({
    exchange: contract.key.slice(0, contract.key.indexOf(":")), symbol: contract.symbol, side: side > 0 ? "BUY" : "SELL", order_type: "LIMIT",
    product: "NRML", validity: "DAY", quantity: lots * contract.lot, price: plain(toPaise(state.quotes.get(contract.key)?.last_price ?? 0)),
  }));

  function weigh() {
    clearTimeout(timer);
    if (!legs.length || !account()) return;
    timer = setTimeout(async () => {
      const of = legs;
      const asked = orders();
      if (!asked.length) needs = { said: "Held already: nothing more is needed." };
      else if (asked.some((each) => +each.price <= 0)) return weigh(); // no price yet
      else {
        const answer = await ask("/margins/basket", { method: "POST", body: { account: account(), legs: asked } }).catch((refused) => ({ said: refused.message }));
        if (of !== legs) return undefined; // they were changed meanwhile, and are asked about anew
        needs = answer;
      }
      draw();
      return undefined;
    }, PAUSE);
  }

  const keys = sameKey();
  async function makeBasket() {
    placing = true;
    drawLegs();
    const name = `${nameOf(chain.underlying)} ${named && named !== "Positions" ? named : "strategy"} ${clock(Date.now())}`.slice(0, 40);
    const asked = { name, legs: orders() };
    try {
      await ask("/baskets", { method: "POST", body: asked, key: keys.of(asked) });
      keys.answered();
      go("baskets");
    } catch (error) {
      const refused = error instanceof Refused ? error : new Refused(0, null);
      toast(root, refused.message, { tone: "bad", stays: true });
    }
    placing = false;
    drawLegs();
    draw();
  }

  return {
    node,
    add,
    dress: stand.dress,
    keys: () => legs.map((leg) => leg.contract.key),
    // Another chain: legs of another underlying are none of it.
    show(next) {
      const other = chain && chain.underlying !== next.underlying;
      chain = next;
      if (other && legs.length) set([], "");
      mine.hidden = !held().length;
      draw();
    },
    tick: draw,
    held: () => (mine.hidden = !held().length),
    weigh,
    end() {
      clearTimeout(timer);
      legs = [];
      stand.end();
    },
  };
}
