// The option chain as a page: an underlying, its expiries, the ladder of strikes, and a strategy built of them.

import { ask, withAccount } from "./base.js";
import { account, emit, on, unwant, want } from "./bus.js";
import { PLACE, around, expiryTab, nameOf, nearest } from "./chain_words.js";
import { h, missed } from "./dom.js";
import { arrow, compact, number, percent, price, tone } from "./money.js";
import { ladder } from "./options_ladder.js";
import { RATE, measured, openInterest, percentile, yearsTo } from "./options_model.js";
import { builder } from "./options_build.js";
import { gathered, put, toneOf } from "./paint.js";
import { searchBox } from "./search.js";
import { exchangeNow, state } from "./store.js";
import { toWatch } from "./to_watch.js";
import { widget } from "./widget.js";

const VIEW = "kagaz.options.view";
const FIRST = "NSE:NIFTY 50";
const VIX = { "NSE:NIFTY 50": "NSE:INDIA VIX" };
const AGAIN = 20000; // ms after which the whole chain's open interest is asked anew
const MODEL =
  `Black-76 on the forward, which is the spot with interest of ${number(RATE * 100)}% a year to 15:30 IST of the expiry, counted in calendar days of 365. ` +
  "IV is what the last price implies; Greeks are of one unit. A model: margin and charges are by the exchange's rules, not by it.";

// What the server says of a chain, as the page wants it: contracts by key, and the strike nearest to the price.
function read(answer) {
  const known = new Map();
  const one = (contract, kind, strike) => {
    if (!contract) return null;
    const made = { ...contract, kind, strike, expiry: answer.expiry };
    known.set(contract.key, made);
    return made;
  };
  const items = answer.rows.map((row) => ({ strike: row.strike, CE: one(row.call, "CE", row.strike), PE: one(row.put, "PE", row.strike) }));
  const future = one(answer.future, "FUT", null);
  const lot = [...known.values()][0]?.lot || 1;
  return { ...answer, items, known, lot, future, spot: answer.quote?.last_price ?? null };
}

export const mount = widget((root, data, tools) => {
  let told = null;
  let chosen = null;
  let every = false;
  let fault = null;
  let wanted = null;
  let turn = 0;
  let rank = null; // of India VIX within its year
  let view = localStorage.getItem(VIEW) === "greeks" ? "greeks" : "prices";

  const title = h("h2", { class: "cut" });
  const spot = h("span", { class: "spot num" });
  const future = h("button", { type: "button", class: "quiet", onclick: () => told?.future && choose(told.future.key) });
  const search = searchBox({ choose: (item) => load(item.key), has: () => false, add: "chain", hint: "Underlying  eg. reliance", summoned: false });
  const days = h("div", { class: "tabs days", role: "tablist", "aria-label": "Expiry" });
  const views = h("div", { class: "segments", role: "group", "aria-label": "Columns" });
  const centre = h("button", { type: "button", class: "plain small", title: "Bring the strike at the money to the middle", onclick: () => rungs.centre(scroll) }, "At the money");
  const more = h("button", { type: "button", class: "plain small", onclick: () => { every = !every; draw(); } });
  const rungs = ladder({ choose, deal, writes: () => data.write });
  const scroll = h("div", { class: "rungs", tabIndex: 0, role: "group", "aria-label": "Strikes: arrows move, B buys, S sells", onkeydown: walk }, rungs.node);
  const empty = h("div", { class: "empty" }, "Loading …");
  const foot = h("dl", { class: "chainfoot" });
  const picked = h("div", { class: "picked", hidden: true });
  const build = builder(root, data, { writes: () => data.write, go: (page) => tools.trigger("go", page), changed: wish });
  const full = h("div", { hidden: true }, days, h("div", { class: "row wrap tools" }, views, centre, more, h("span", { class: "grow" }), future), scroll, foot, picked, build.node,
    h("details", { class: "model" }, h("summary", null, "How IV, Greeks and the payoff are reckoned"), h("p", { class: "muted" }, MODEL)));
  root.append(h("div", { class: "row wrap top" }, title, spot, h("span", { class: "grow" }), search.node), empty, full);

  // A quiet one only renews what is shown: whoever has asked for something else meanwhile is not overtaken by it.
  async function load(key, expiry = null, quiet = false) {
    const mine = quiet ? turn : (turn += 1);
    try {
      const answer = await ask(withAccount(`/option-chain?underlying=${encodeURIComponent(key)}${expiry ? `&expiry=${expiry}` : ""}`, account()));
      const unlike = answer.underlying !== told?.underlying;
      const other = unlike || answer.expiry !== told.expiry;
      if (mine !== turn || (quiet && other)) return;
      fault = null;
      told = read(answer);
      if (other) {
        [every, chosen] = [false, told.known.has(key) ? key : null];
        remember();
        if (unlike) rankOfVolatility(told.underlying);
      }
      if (other || !quiet) draw(other);
      else rungs.renew(told.known);
    } catch (refused) {
      if (mine !== turn || quiet) return;
      fault = refused;
      failed(key, expiry);
    }
  }

  // A share without options is no fault: another underlying may be searched for.
  function failed(key, expiry) {
    const none = fault.problem?.field === "underlying";
    told = null;
    unwant(tools.name);
    put(title, nameOf(key));
    put(spot, "");
    full.hidden = true;
    empty.hidden = false;
    empty.replaceChildren(
      ...(none ? [h("strong", null, `No options on ${nameOf(key)}`), "Search above for an index or a share that has some."] : missed("The chain could not be loaded", fault, () => load(key, expiry))),
    );
  }

  // The address names what is shown, so that a link of it shows the same.
  function remember() {
    sessionStorage.setItem(PLACE, told.underlying);
    const place = new URL(location.href);
    place.searchParams.set("underlying", told.underlying);
    place.searchParams.set("expiry", told.expiry);
    if (place.href !== location.href) history.replaceState(history.state, "", place);
  }

  const spotNow = () => state.quotes.get(told.underlying)?.last_price ?? told.spot;

  function draw(fresh = false) {
    empty.hidden = true;
    full.hidden = false;
    put(title, `${nameOf(told.underlying)} option chain`);
    days.replaceChildren(...told.expiries.map((each) => expiryTab(each, told, () => load(told.underlying, each))));
    views.replaceChildren(...[["prices", "Prices"], ["greeks", "Greeks"]].map(([name, label]) =>
      h("button", { type: "button", "aria-pressed": String(name === view), onclick: () => { view = name; localStorage.setItem(VIEW, view); draw(); } }, label)));
    const money = nearest(told.items, spotNow());
    const shown = around(told.items, money, (rung) => chosen && (rung.CE?.key === chosen || rung.PE?.key === chosen), every);
    more.hidden = !every && shown.length === told.items.length;
    put(more, every ? "Fewer strikes" : `All ${told.items.length} strikes`);
    rungs.draw(shown, { money, expiry: told.expiry, view });
    future.hidden = !told.future;
    build.show(told);
    wish();
    paintAll();
    choose(chosen);
    if (fresh) {
      rungs.centre(scroll);
      days.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "center" });
    }
  }

  // What shall tick: the underlying, what the ladder shows, what the strategy holds.
  function wish() {
    if (!told) return;
    const keys = [...new Set([told.underlying, ...(told.future ? [told.future.key] : []), ...rungs.keys(), ...build.keys()])];
    if (JSON.stringify(keys) === wanted) return;
    wanted = JSON.stringify(keys);
    want(tools.name, keys);
  }

  function paintAll() {
    const quote = state.quotes.get(told.underlying);
    const at = spotNow();
    put(spot, at === null || at === undefined ? "" : `${price(at)} ${quote?.change ? `${arrow(quote.change)} ${percent(quote.change_percent)}` : ""}`.trim());
    toneOf(spot, tone(quote?.change));
    if (told.future) put(future, `Future ${price(state.quotes.get(told.future.key)?.last_price)}`);
    rungs.paintAll(at ?? null);
    figures();
    build.tick();
  }

  const openOf = (contract) => (contract ? state.quotes.get(contract.key)?.oi ?? contract.quote?.oi ?? 0 : 0);
  const ivOf = (contract, at) => {
    const last = contract ? state.quotes.get(contract.key)?.last_price ?? contract.quote?.last_price : null;
    return contract ? measured(contract.kind === "CE", last, at, contract.strike, yearsTo(told.expiry, exchangeNow())).iv : null;
  };

  // The chain in a line: of all strikes, those not shown too.
  function figures() {
    const open = openInterest(told.items.map((rung) => ({ strike: rung.strike, call: openOf(rung.CE), put: openOf(rung.PE) })));
    const at = spotNow();
    const rung = told.items.find((each) => each.strike === nearest(told.items, at));
    const ivs = [rung?.CE, rung?.PE].map((each) => ivOf(each, at)).filter((each) => each !== null);
    const iv = ivs.length ? ivs.reduce((sum, each) => sum + each, 0) / ivs.length : null;
    const facts = [
      ["IV at the money", "Mean of call and put at the strike nearest to the price", iv === null ? "–" : `${number(iv * 100, 1)}%`],
      ["IV percentile", "On how many of the days of a year India VIX was lower than now: known of NIFTY 50 alone", rank === null ? "–" : `${number(rank.share, 0)}% of ${rank.days} days`],
      ["PCR", "Put-call ratio: open interest of all puts by that of all calls of this expiry", open.ratio === null ? "–" : number(open.ratio, 2)],
      ["Max pain", "The price at expiry at which options that are open would be worth least together", open.pain === null ? "–" : number(open.pain, 0)],
      ["Calls open", "Units of all calls of this expiry", compact(open.calls)],
      ["Puts open", "Units of all puts of this expiry", compact(open.puts)],
      ["Lot", "Units of one contract", number(told.lot, 0)],
    ];
    if (foot.children.length !== facts.length)
      foot.replaceChildren(...facts.map(([label, why]) => h("div", { title: why }, h("dt", null, label), h("dd", { class: "num" }))));
    facts.forEach(([, , text], n) => put(foot.children[n].lastChild, text));
  }

  async function rankOfVolatility(of) {
    rank = null;
    const index = VIX[of];
    if (!index) return;
    try {
      const { items } = await ask(withAccount(`/candles?symbol=${encodeURIComponent(index)}&interval=1d&limit=252`, account()));
      const share = percentile(items.map((bar) => bar.close));
      if (told?.underlying !== of) return;
      rank = share === null ? null : { share, days: items.length };
      figures();
    } catch {
      /* a figure that cannot be had stays a dash */
    }
  }

  function choose(key) {
    chosen = key;
    rungs.mark(key);
    const contract = key && told.known.get(key);
    picked.hidden = !contract;
    if (!contract) return;
    const button = (label, kind, run, why) => h("button", { type: "button", class: kind, title: why || null, onclick: run }, label);
    picked.replaceChildren(
      ...[
        h("div", { class: "grow cut" }, h("b", null, contract.symbol), h("small", { class: "muted" }, ` lot ${contract.lot}`)),
        button("+ List", "plain", () => toWatch(root, key), "Add to the market watch"),
        button("Chart", "plain", () => tools.trigger("open", key), "Its own page"),
        button("+ Buy", "plain", () => build.add(key, "BUY"), "A bought lot into the strategy below"),
        button("+ Sell", "plain", () => build.add(key, "SELL"), "A written lot into the strategy below"),
        data.write && button("Buy", "primary", () => deal(key, "BUY")),
        data.write && button("Sell", "danger", () => deal(key, "SELL")),
      ].filter(Boolean),
    );
  }

  function deal(key, side) {
    choose(key);
    emit("ticket", { symbol: key, side });
  }

  // Arrows walk the ladder: up and down by strikes, left and right between call and put.
  function walk(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !told || event.composedPath()[0] !== scroll) return;
    const letter = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    if (letter.startsWith("Arrow")) {
      const money = told.items.find((rung) => rung.strike === nearest(told.items, spotNow()));
      const next = rungs.keys().includes(chosen) ? rungs.beside(chosen, letter) : money?.CE?.key || money?.PE?.key;
      if (next) {
        choose(next);
        rungs.show(next);
      }
    } else if (letter === "Escape" && chosen) choose(null);
    else if (chosen && data.write && (letter === "B" || letter === "Enter")) deal(chosen, "BUY");
    else if (chosen && data.write && letter === "S") deal(chosen, "SELL");
    else if (chosen && letter === "C") tools.trigger("open", chosen);
    else if (chosen && letter === "+") toWatch(root, chosen);
    else return;
    event.preventDefault();
    event.stopPropagation(); // the watch beside it hears of the same keys
  }

  tools.own(on("quotes", gathered(tools.name, (now) => told && now.forEach((key) => rungs.paint(key)))));
  // What follows from the spot (what is in the money, volatilities, the strategy) is reckoned once a second.
  const beat = setInterval(() => told && !document.hidden && paintAll(), 1000);
  tools.own(() => clearInterval(beat));
  const again = setInterval(() => told && !document.hidden && load(told.underlying, told.expiry, true), AGAIN);
  tools.own(() => clearInterval(again));
  tools.own(on("positions", () => told && build.held()));
  tools.own(on("wallet", () => build.weigh()));
  tools.own(on("go", (page) => page === "options" && load(sessionStorage.getItem(PLACE) || FIRST)));
  tools.own(on("market", () => load(told?.underlying || FIRST)));
  tools.own(() => {
    turn += 1;
    unwant(tools.name);
    search.destroy();
    build.end();
  });
  load(data.underlying || sessionStorage.getItem(PLACE) || FIRST, data.expiry || null);
  return {
    update(next) {
      const other = next.seat.account !== data.seat.account;
      data = next;
      build.dress();
      if (other) load(told?.underlying || FIRST, told?.expiry);
    },
  };
});
