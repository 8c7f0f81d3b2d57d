// What the ticks do not carry of an instrument and bars tell: the day's average price by volume, the year's low and high.

import { ask, withAccount } from "./base.js";
import { account } from "./bus.js";
import { h } from "./dom.js";
import { price } from "./money.js";
import { put } from "./paint.js";
import { state } from "./store.js";
import { rangeName } from "./year_ranges.js";

const DAY = 86400000;
const EVERY = 60000; // bars come once a minute

const bars = (symbol, more) => ask(withAccount(`/candles?symbol=${encodeURIComponent(symbol)}&${more}`, account()));

// Each bar's typical price weighed by what was traded in it: of the newest bars that make up the day's `volume`, because
// a trading date need not begin with the calendar's. Null where nothing was traded (an index).
export function vwapOf(items, volume) {
  let [worth, left] = [0, volume || 0];
  for (const bar of [...items].reverse()) {
    const part = Math.min(bar.volume, left);
    worth += ((bar.high + bar.low + bar.close) / 3) * part;
    left -= part;
    if (left <= 0) break;
  }
  const counted = (volume || 0) - left;
  return counted > 0 ? worth / counted : null;
}

// {low, high, of} of daily bars; null without any.
export function rangeOf(items) {
  if (!items.length) return null;
  const of = rangeName(items.length);
  return { low: Math.min(...items.map((bar) => bar.low)), high: Math.max(...items.map((bar) => bar.high)), of };
}

async function measured(symbol) {
  const quote = state.quotes.get(symbol) || {};
  const since = new Date(Date.parse(quote.exchange_time || new Date().toISOString()) - DAY).toISOString();
  const [minutes, days] = await Promise.all([
    quote.volume ? bars(symbol, `interval=1m&start=${encodeURIComponent(since)}`) : { items: [] },
    bars(symbol, "interval=1d&limit=250"),
  ]);
  return [vwapOf(minutes.items, quote.volume), rangeOf(days.items)];
}

// {nodes, end}: lines for a list of facts, of one symbol, kept up to date. What cannot be had stays a dash.
export function dayFigures(symbol) {
  const line = (label, why) => {
    const [dt, dd] = [h("dt", null, label), h("dd", { class: "num" }, "–")];
    return { dt, dd, node: h("div", why ? { title: why } : null, dt, dd) };
  };
  const mean = line("VWAP", "The day's average price, weighed by volume");
  const [low, high] = [line("52-week low"), line("52-week high")];
  let ended = false;
  async function fill() {
    const [average, year] = await measured(symbol).catch(() => [null, null]);
    if (ended) return;
    put(mean.dd, price(average));
    for (const [each, name] of [[low, "low"], [high, "high"]]) {
      if (year) put(each.dt, `${year.of} ${name}`);
      put(each.dd, price(year?.[name]));
    }
  }
  const timer = setInterval(() => document.hidden || fill(), EVERY);
  const first = setTimeout(fill, 300); // the quote that tells of the day comes first
  return {
    nodes: [mean.node, low.node, high.node],
    end() {
      ended = true;
      clearInterval(timer);
      clearTimeout(first);
    },
  };
}
