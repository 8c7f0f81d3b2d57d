// What can be wrong with a ticket before it is sent, in words. The desk checks all of it again.

import { isOption } from "./instruments.js";
import { number, percent, plain, rupees, toPaise, typed } from "./money.js";

const MOST_SLICES = 10;
const NEAR_CIRCUIT = 0.01;
const WIDE = 0.02;

// What the API calls a field of the form, where it calls it something else.
export const NAMES = {
  trigger: "trigger_price",
  ttl: "validity_ttl",
  disclosed: "disclosed_quantity",
  legs: "iceberg_legs",
  protection: "market_protection",
};

export const needsPrice = (type) => type === "LIMIT" || type === "SL";
export const needsTrigger = (type) => type === "SL" || type === "SL-M";

// The two prices on the tick round what was typed, in paise.
export function neighbours(paise, tick) {
  const low = Math.floor(paise / tick) * tick;
  return [low, low + tick].filter((each) => each > 0);
}

// The price on the tick nearest to `paise`.
export const snap = (paise, tick) => Math.max(tick, Math.round(paise / tick) * tick);

function priceFault(field, label, text, terms) {
  if (!text.trim()) return { field, detail: `${label} is missing.` };
  const paise = typed(text);
  if (paise === null || paise <= 0) return { field, detail: `${label} must be an amount such as 1,500.05.` };
  const tick = toPaise(terms.tick);
  if (paise % tick) {
    const near = neighbours(paise, tick);
    return {
      field,
      near,
      detail: `${label} must be a multiple of ${rupees(terms.tick)}. Try ${near.map((each) => number(each / 100)).join(" or ")}.`,
    };
  }
  return null;
}

function bandFault(field, label, text, quote) {
  const paise = typed(text);
  if (paise === null || !quote?.lower_band || !quote?.upper_band) return null;
  if (paise >= toPaise(quote.lower_band) && paise <= toPaise(quote.upper_band)) return null;
  return {
    field,
    detail: `${label} must be between ${rupees(quote.lower_band)} and ${rupees(quote.upper_band)} today.`,
  };
}

function quantityFault(form, terms) {
  const text = form.quantity.trim().replaceAll(",", "");
  const unit = terms.lot > 1 && form.inLots ? "lots" : "shares";
  if (/^[0-9]{10,}$/.test(text)) return { field: "quantity", detail: "That is more than any order may carry. Ask for less." };
  if (!/^[0-9]{1,9}$/.test(text) || +text === 0)
    return { field: "quantity", detail: `Say how many ${unit}: a whole number above zero.` };
  const units = unitsOf(form, terms);
  if (units % terms.lot)
    return { field: "quantity", detail: `The quantity must be a multiple of the lot, ${number(terms.lot, 0)}.` };
  if (terms.freeze_quantity && units > terms.freeze_quantity && !form.autoslice && !form.legs) {
    return {
      field: "quantity",
      detail: `One order may carry ${number(terms.freeze_quantity, 0)} at most. Tick the slices below, or ask for less.`,
    };
  }
  return null;
}

// The whole orders that the quantity makes, each as large as the exchange takes it.
export function sliced(form, terms) {
  const units = unitsOf(form, terms);
  const most = Math.floor((terms.freeze_quantity || 0) / terms.lot) * terms.lot;
  if (!most || units <= most || units > most * MOST_SLICES) return [units];
  const sizes = Array(Math.floor(units / most)).fill(most);
  return units % most ? [...sizes, units % most] : sizes;
}

// What may be chosen in this instrument: no SL-M on options, no MARKET on those of a share.
export const types = (terms) =>
  ["LIMIT", "MARKET", "SL", "SL-M"].filter(
    (type) => !(isOption(terms) && (type === "SL-M" || (type === "MARKET" && terms.on_stock))),
  );

// A stop waits for its trigger, and a market order for nothing.
export const validities = (type) =>
  needsTrigger(type) ? ["DAY", "TTL"] : type === "MARKET" ? ["DAY", "IOC"] : ["DAY", "IOC", "TTL"];

// Shares or units that the form asks for; lots are multiplied out. Zero when it does not read as a number.
export function unitsOf(form, terms) {
  const text = String(form.quantity).trim().replaceAll(",", "");
  if (!/^[0-9]{1,9}$/.test(text)) return 0;
  return form.inLots ? +text * terms.lot : +text;
}

function stopFault(form, quote) {
  const trigger = typed(form.trigger);
  const limit = typed(form.price);
  const buys = form.side === "BUY";
  if (form.type === "SL" && trigger !== null && limit !== null && (buys ? limit < trigger : limit > trigger)) {
    return {
      field: "price",
      detail: buys
        ? "A stop buy needs a limit at or above its trigger."
        : "A stop sell needs a limit at or below its trigger.",
    };
  }
  const last = quote?.last_price ? toPaise(quote.last_price) : null;
  if (trigger !== null && last !== null && (buys ? trigger <= last : trigger >= last)) {
    return {
      field: "trigger_price",
      detail: buys
        ? `A stop buy waits above the market: the last price is ${rupees(last / 100)}.`
        : `A stop sell waits below the market: the last price is ${rupees(last / 100)}.`,
    };
  }
  return null;
}

export function faults(form, terms, quote) {
  const found = [quantityFault(form, terms)];
  if (needsPrice(form.type))
    found.push(priceFault("price", "Price", form.price, terms) || bandFault("price", "Price", form.price, quote));
  if (needsTrigger(form.type)) {
    found.push(
      priceFault("trigger_price", "Trigger price", form.trigger, terms) ||
        bandFault("trigger_price", "Trigger price", form.trigger, quote) ||
        stopFault(form, quote),
    );
  }
  return found.filter(Boolean);
}

// Not wrong, but worth a second look before it is sent.
export function nudges(form, terms, quote) {
  const notes = [];
  if (terms.expiry && quote?.exchange_time?.startsWith(terms.expiry)) notes.push("This contract expires today.");
  const last = quote?.last_price;
  if (last && quote.upper_band && last >= quote.upper_band * (1 - NEAR_CIRCUIT))
    notes.push(`Near its upper circuit limit of ${rupees(quote.upper_band)}: sellers may be missing.`);
  if (last && quote.lower_band && last <= quote.lower_band * (1 + NEAR_CIRCUIT))
    notes.push(`Near its lower circuit limit of ${rupees(quote.lower_band)}: buyers may be missing.`);
  if (last && quote.bid && quote.ask && quote.ask - quote.bid > last * WIDE)
    notes.push(`Few orders stand here: bid and ask are ${percent(((quote.ask - quote.bid) / last) * 100).slice(1)} apart.`);
  return notes;
}

// The body of POST /orders (and /margins).
export function wish(form, terms, account) {
  const [exchange, ...rest] = form.symbol.split(":");
  const amount = (text) => {
    const paise = typed(text);
    return paise === null ? null : plain(paise);
  };
  const body = {
    account,
    symbol: rest.join(":"),
    exchange,
    side: form.side,
    order_type: form.type,
    product: form.product,
    validity: form.validity,
    quantity: unitsOf(form, terms),
  };
  if (needsPrice(form.type)) body.price = amount(form.price);
  if (needsTrigger(form.type)) body.trigger_price = amount(form.trigger);
  return body;
}
