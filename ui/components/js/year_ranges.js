// A year's lowest and highest price of what a market watch lists: asked for once a tab and market, many at a time.

import { ask, withAccount } from "./base.js";
import { account, on } from "./bus.js";

const SOME = 250; // asked for at once
const kept = new Map(); // by symbol: {low, high, days}; null where there is none, or while it is asked for
on("market", () => kept.clear());

// {low, high} with today's, null while it is not known.
export function yearOf(symbol, quote) {
  const year = kept.get(symbol);
  if (!year) return null;
  return { low: Math.min(year.low, quote.low || year.low), high: Math.max(year.high, quote.high || year.high), days: year.days };
}

// Asks for those that are not known yet, then calls `done`.
export async function wantYears(symbols, done) {
  const missing = symbols.filter((each) => !kept.has(each));
  if (!missing.length) return;
  for (const each of missing) kept.set(each, null);
  try {
    for (let at = 0; at < missing.length; at += SOME) {
      const some = encodeURIComponent(missing.slice(at, at + SOME).join(","));
      const told = await ask(withAccount(`/year-ranges?symbols=${some}`, account()));
      for (const [symbol, year] of Object.entries(told.items)) kept.set(symbol, year);
      done();
    }
  } catch {
    for (const each of missing) kept.delete(each); // the next look at the list asks again
  }
}
