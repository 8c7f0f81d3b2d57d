// What the ticks do not carry of an instrument and bars tell: the day's average price by volume, the year's range.

import { ask, withAccount } from "./base.js";
import { account } from "./bus.js";

const A_YEAR = 240; // trading days, from which on a range is called that of 52 weeks

const bars = (symbol, more) => ask(withAccount(`/candles?symbol=${encodeURIComponent(symbol)}&${more}`, account()));

// Each bar's typical price weighed by what was traded in it; null where nothing was (an index).
export function vwapOf(items) {
  const volume = items.reduce((sum, bar) => sum + bar.volume, 0);
  return volume ? items.reduce((sum, bar) => sum + ((bar.high + bar.low + bar.close) / 3) * bar.volume, 0) / volume : null;
}

// {low, high, label} of daily bars; null without any.
export function rangeOf(items) {
  if (!items.length) return null;
  const label = items.length >= A_YEAR ? "52-week range" : `Range of ${items.length} ${items.length === 1 ? "day" : "days"}`;
  return { low: Math.min(...items.map((bar) => bar.low)), high: Math.max(...items.map((bar) => bar.high)), label };
}

// The average of the trading day that the exchange's clock `now` (ISO) is in.
export const vwap = async (symbol, now) => vwapOf((await bars(symbol, `interval=1m&start=${encodeURIComponent(`${now.slice(0, 10)}T00:00:00+05:30`)}`)).items);

export const range = async (symbol) => rangeOf((await bars(symbol, "interval=1d&limit=250")).items);
