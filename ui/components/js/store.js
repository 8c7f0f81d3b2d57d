// What this tab knows: quotes, open orders, positions, the wallet, the feed. Fed by the bus, read by widgets.
//
// A row replaces another only if its version is higher: versions rise in the order of commits, so an
// event that arrives late, or twice, changes nothing.

import { keyOf } from "./base.js";
import { toPaise } from "./money.js";
import * as pace from "./pace.js";

export const state = {
  quotes: new Map(),
  depth: new Map(),
  orders: new Map(),
  positions: new Map(),
  wallet: null,
  feed: null,
  market: null,
  complete: false,
};

// The exchange's clock as the last prices told it, and when they came; before them this browser's own.
const told = { at: null, heard: 0 };
export const exchangeNow = () => (told.at === null ? Date.now() : told.at + performance.now() - told.heard);

export const positionKey = (row) => `${row.exchange}:${row.symbol}:${row.product}`;

export function clearAccount() {
  state.orders.clear();
  state.positions.clear();
  state.wallet = null;
  state.complete = false;
}

// Another market: prices of the one before are none here, and its charts and ladders are drawn anew.
export function clearMarket() {
  const symbols = new Set(state.quotes.keys());
  for (const [symbol, quote] of state.quotes) {
    for (const name of Object.keys(quote)) delete quote[name];
    Object.assign(quote, fresh(symbol));
  }
  state.depth.clear();
  state.feed = null;
  told.at = null;
  return symbols;
}

const fresh = (symbol) => ({ symbol, last_price: null, prev_close: null, seen: null, moved: 0, served: null });

export function quoteOf(symbol) {
  let quote = state.quotes.get(symbol);
  if (!quote) {
    quote = fresh(symbol);
    state.quotes.set(symbol, quote);
  }
  return quote;
}

function settleChange(quote) {
  if (quote.last_price === null) return;
  if (quote.prev_close) {
    quote.change = quote.last_price - quote.prev_close;
    quote.change_percent = (quote.change / quote.prev_close) * 100;
  } else if (quote.change_percent !== null && quote.change_percent !== undefined) {
    quote.change = quote.last_price - quote.last_price / (1 + quote.change_percent / 100);
  }
}

function move(quote, price) {
  const before = quote.last_price;
  quote.moved = before === null || price === null ? 0 : Math.sign(price - before);
  quote.last_price = price;
}

// Rows of a `quotes` or `snapshot` event; returns the symbols that changed. `closes` are previous closes that are new or
// were put right: the day's change counts from them.
export function takeTicks(event, now) {
  pace.note(event);
  const changed = new Set();
  const at = event.cols.indexOf("symbol");
  for (const [symbol, close] of Object.entries(event.closes ?? {})) quoteOf(symbol).prev_close = close;
  if (event.exchange_time) Object.assign(told, { at: Date.parse(event.exchange_time), heard: now });
  for (const row of event.rows) {
    const quote = quoteOf(row[at]);
    const before = quote.last_price;
    event.cols.forEach((name, index) => {
      if (index !== at && name !== "last_price") quote[name] = row[index];
    });
    const price = row[event.cols.indexOf("last_price")];
    move(quote, price ?? before);
    if (quote.high !== undefined && price > quote.high) quote.high = price;
    if (quote.low && price < quote.low) quote.low = price;
    quote.seen = now;
    quote.state = "LIVE";
    settleChange(quote);
    changed.add(quote.symbol);
  }
  return changed;
}

// Items of GET /quotes; an answer older than the last tick only fills what ticks do not carry.
export function takeQuotes(answer, now) {
  const changed = new Set();
  for (const [symbol, item] of Object.entries(answer.items)) {
    const quote = quoteOf(symbol);
    const newer = quote.seen !== null && now - quote.seen < (item.age_ms ?? Infinity);
    for (const [name, value] of Object.entries(item)) {
      if (newer && (name === "last_price" || name === "volume" || name === "oi" || name === "state")) continue;
      if (name === "last_price") move(quote, value);
      else quote[name] = value;
    }
    quote.bid = quote.bid ?? item.bids?.[0]?.[0] ?? null;
    quote.ask = quote.ask ?? item.asks?.[0]?.[0] ?? null;
    if (!newer && item.age_ms !== null && item.age_ms !== undefined) quote.seen = now - item.age_ms;
    if (item.bids) state.depth.set(symbol, { symbol, bids: item.bids, asks: item.asks, frame: answer.frame });
    settleChange(quote);
    changed.add(symbol);
  }
  return changed;
}

export function takeOrder(row) {
  const held = state.orders.get(row.order_id);
  if (held && held.version >= row.version) return false;
  state.orders.set(row.order_id, row);
  return true;
}

export function takePosition(row) {
  const held = state.positions.get(positionKey(row));
  if (held && held.version > row.version) return false;
  state.positions.set(positionKey(row), row);
  return true;
}

export function takeWallet(row) {
  if (state.wallet && state.wallet.version > row.version) return false;
  state.wallet = row;
  return true;
}

// Lists that are the whole truth as of their version: what they lack is gone, unless it is newer.
export function takePositions(rows, version) {
  const named = new Set(rows.map(positionKey));
  for (const [key, held] of state.positions)
    if (!named.has(key) && held.version <= (version ?? 0)) state.positions.delete(key);
  rows.forEach(takePosition);
}

// Whether its exchange is closed: then its last price is the last there is, and not old.
export const rests = (quote) => quote.state === "CLOSED" || quote.state === "HALTED" || state.feed?.state === "CLOSED";

// The price to show for a row that carries its own: the tick when there is one.
export const lastOf = (row) => state.quotes.get(keyOf(row))?.last_price ?? row.last_price;
export const closeOf = (row) => state.quotes.get(keyOf(row))?.prev_close ?? row.prev_close;

// Unrealised profit in paise at the last tick. The row's own figure already knows cost, mark and kind.
export function unrealisedOf(row) {
  const moved =
    row.last_price === null || row.last_price === undefined
      ? 0
      : (toPaise(lastOf(row)) - toPaise(row.last_price)) * row.quantity;
  return toPaise(row.unrealised ?? 0) + moved;
}
export const valueOf = (row) => toPaise(lastOf(row) ?? 0) * row.quantity;
