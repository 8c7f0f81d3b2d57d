// Another contract in an open ticket: what kind, which expiry, which strike, of the same underlying.
//
// It asks for one chain at a time, that of the expiry shown, and only once somebody's ticket is of something that has
// contracts. What was picked becomes the ticket's instrument; everything else that was typed stays.

import { ask, withAccount } from "./base.js";
import { account } from "./bus.js";
import { h, unique } from "./dom.js";
import { isDerivative } from "./instruments.js";
import { choice } from "./ticket_parts.js";

const KINDS = { FUT: "Future", CE: "Call", PE: "Put" };
const day = new Intl.DateTimeFormat("en-IN", { day: "2-digit", month: "short", year: "2-digit", timeZone: "UTC" });
const strikeText = (strike) => strike.toLocaleString("en-IN", { maximumFractionDigits: 2 });

// The strike next to a price, the lower of two; the middle one while there is no price.
export function near(strikes, wanted) {
  if (!wanted) return strikes[strikes.length >> 1] ?? null;
  return strikes.reduce((best, each) => (best === null || Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best), null);
}

// The other days of a list in the order in which they are tried instead of `day`: those after it, then those before it, each
// the next to it first.
export const nextTo = (days, day) => [...days.filter((each) => each > day), ...days.filter((each) => each < day).reverse()];

// The contract of a chain that is meant by a kind and a strike, with its quote; null where there is none of the kind.
export function meant(chain, kind, strike) {
  if (kind === "FUT") return chain.future;
  const side = kind === "CE" ? "call" : "put";
  const rows = chain.rows.filter((row) => row[side]);
  const wanted = near(rows.map((row) => row.strike), strike || chain.quote?.last_price);
  return rows.find((row) => row.strike === wanted)?.[side] || null;
}

const holds = (chain, key) => [chain.future, ...chain.rows.flatMap((row) => [row.call, row.put])].some((each) => each?.key === key);

// A block of the ticket (ticket_blocks.js) that adds nothing to an order: it says of what the order is.
export function contractBlock(does) {
  let chain = null; // of the expiry that is shown
  let round = 0;
  let terms = null;
  const kind = choice("kind", "Contract", Object.entries(KINDS), (_, value) => settle(chain?.expiry, value, terms.strike));
  const list = (label, picked) => {
    const id = unique("contract");
    const select = h("select", { id, onchange: () => picked(select.value) });
    return { select, node: h("div", { class: "field" }, h("label", { for: id }, label), select) };
  };
  const expiry = list("Expiry", (value) => settle(value, terms.kind, terms.strike));
  const strike = list("Strike", (value) => settle(chain.expiry, terms.kind, Number(value)));
  const said = h("small", { class: "muted", role: "status" });
  const node = h("div", { class: "contract" }, kind.node, expiry.node, strike.node, said);

  const load = (key, day) => ask(withAccount(`/option-chain?underlying=${encodeURIComponent(key)}${day ? `&expiry=${day}` : ""}`, account()));

  // The chain of that day; for a future that of the first day from then on which has one, and where none has, of the last
  // before it.
  async function found(day, wanted) {
    const under = chain?.underlying || terms.key;
    let here = day === chain?.expiry ? chain : await load(under, day);
    for (const other of wanted === "FUT" ? nextTo(here.expiries, day) : []) {
      if (here.future) break;
      here = await load(under, other);
    }
    return here;
  }

  // Lands on a contract of that day, kind and strike, or the next to it, and has the ticket show it.
  async function settle(day, wanted, at) {
    const mine = (round += 1);
    said.textContent = "";
    try {
      const here = await found(day, wanted);
      if (mine !== round) return;
      const one = meant(here, wanted, at);
      chain = one ? here : chain;
      if (one && one.key !== terms.key) return does.instead(one.key, one.quote?.last_price);
      said.textContent = one ? "" : `There is no ${KINDS[wanted].toLowerCase()} on it.`;
    } catch (refused) {
      if (mine === round) said.textContent = refused.message;
    }
    if (mine === round) draw();
  }

  function options(select, items, chosen, words) {
    const listed = JSON.stringify(items);
    if (select.dataset.listed !== listed) {
      select.dataset.listed = listed;
      select.replaceChildren(...items.map((each) => h("option", { value: String(each) }, words(each))));
    }
    select.value = String(chosen ?? "");
  }

  function draw() {
    kind.set(terms.kind);
    const ends = chain ? chain.expiries : [terms.expiry];
    const days = ends.includes(terms.expiry) ? ends : [...ends, terms.expiry].sort();
    options(expiry.select, days, terms.expiry, (each) => day.format(new Date(`${each}T00:00:00Z`)));
    const side = terms.kind === "CE" ? "call" : "put";
    const strikes = chain ? chain.rows.filter((row) => row[side]).map((row) => row.strike) : [terms.strike].filter(Boolean);
    const money = near(strikes, chain?.quote?.last_price);
    strike.node.hidden = terms.kind === "FUT";
    options(strike.select, strikes, terms.strike, (each) => strikeText(each) + (each === money ? " ATM" : ""));
  }

  return {
    node,
    weightless: true,
    leads: true,
    fresh: () => ({}),
    fits: (_, about, order) => isDerivative(about) && !order,
    faults: () => [],
    body: () => ({}),
    paint(ticket) {
      if (terms?.key === ticket.terms.key) return;
      terms = ticket.terms;
      said.textContent = "";
      if (chain && chain.expiry === terms.expiry && holds(chain, terms.key)) return draw();
      chain = null;
      draw();
      const mine = (round += 1);
      load(terms.key, terms.expiry).then(
        (found) => {
          if (mine !== round) return;
          chain = found;
          draw();
        },
        () => {}, // of an underlying that has no options: what stands in the fields is all there is
      );
    },
  };
}
