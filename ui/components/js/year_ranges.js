// A year's lowest and highest price of what a market watch lists: asked for once a tab and market, many at a time.

import { ask, withAccount } from "./base.js";
import { account, on } from "./bus.js";

const SOME = 250; // asked for at once
const A_YEAR = 240; // trading days, from which on a range is called that of 52 weeks
let kept = new Map(); // by symbol: {low, high, days}; null where there is none, or while it is asked for
on("market", () => (kept = new Map())); // an answer for the market that was left goes into the map that was left

export const rangeName = (days) => (days >= A_YEAR ? "52-week" : `${days}-day`);

// {low, high} with today's, null while it is not known.
export function yearOf(symbol, quote) {
  const year = kept.get(symbol);
  if (!year) return null;
  return { low: Math.min(year.low, quote.low || year.low), high: Math.max(year.high, quote.high || year.high), days: year.days };
}

// Asks for those that are not known yet, then calls `done`.
export async function wantYears(symbols, done) {
  const mine = kept;
  const missing = symbols.filter((each) => !mine.has(each));
  for (const each of missing) mine.set(each, null);
  let at = 0;
  try {
    for (; at < missing.length && mine === kept; at += SOME) {
      const some = encodeURIComponent(missing.slice(at, at + SOME).join(","));
      const told = await ask(withAccount(`/year-ranges?symbols=${some}`, account()));
      for (const [symbol, year] of Object.entries(told.items)) mine.set(symbol, year);
      if (mine === kept) done();
    }
  } catch {
    for (const each of missing.slice(at)) mine.delete(each); // the next look at the list asks again
  }
}
