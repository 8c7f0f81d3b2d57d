// What the quick chain and the page Option chain say alike: expiries, strikes, and which of them are shown at first.

import { h } from "./dom.js";
import { exchangeNow } from "./store.js";
import { IST_SHIFT } from "./time.js";

export const PLACE = "kagaz.options"; // the underlying that was looked at last in this tab
const AROUND = 12; // strikes each side of the money that are shown at first
const DAY = 86400000;
const format = new Intl.DateTimeFormat("en-IN", { day: "2-digit", month: "short", timeZone: "UTC" });
const indianDay = (ms) => new Date(ms + IST_SHIFT * 1000).toISOString().slice(0, 10);
const left = (days) => (days <= 0 ? "today" : days === 1 ? "1 day" : `${days} days`);

export const nameOf = (key) => key.slice(key.indexOf(":") + 1);
export const strikeText = (strike) => strike.toLocaleString("en-IN", { maximumFractionDigits: 2 });

// The strike that is nearest to the price; the middle one while there is none.
export function nearest(items, spot) {
  const gap = (rung) => Math.abs(rung.strike - spot);
  const near = spot === null ? items[items.length >> 1] : items.reduce((best, each) => (gap(each) < gap(best) ? each : best), items[0]);
  return near?.strike;
}

// The rungs near the money and near the one that `mine` is true of; all of them where that was asked for.
export function around(items, money, mine, every) {
  if (every || !items.length) return items;
  const at = items.findIndex((rung) => rung.strike === money);
  const own = items.findIndex(mine);
  const [low, high] = own < 0 ? [at, at] : [Math.min(at, own), Math.max(at, own)];
  return items.slice(Math.max(0, low - AROUND), high + AROUND + 1);
}

// A tab for an expiry of a chain: its date, its year where that is another, and the days that are left by the exchange's clock.
export function expiryTab(each, told, onclick) {
  const today = Date.parse(indianDay(exchangeNow()));
  return h(
    "button",
    { type: "button", role: "tab", dataset: { act: each }, "aria-selected": String(each === told.expiry), onclick },
    format.format(new Date(`${each}T00:00:00Z`)),
    each.slice(0, 4) === told.expiries[0].slice(0, 4) ? null : ` ’${each.slice(2, 4)}`,
    h("small", null, left(Math.round((Date.parse(each) - today) / DAY))),
  );
}
