// How this user's market watch and charts look: columns, what a change is measured from, a chart's bars and lines.
// Loaded once a tab, changed here at once and on the server right after; who may write nothing keeps a choice for as
// long as the tab lives.

import { ask, inTurn } from "./base.js";
import { emit } from "./bus.js";
import { arrow, compact, percent, price, signed } from "./money.js";

export const MOST = 4;
export const view = { columns: ["CHANGE", "PERCENT"], base: "CLOSE", interval: "1m", studies: [], recent: [], frequent: [] };
let loading = null;

// What a row's change is measured from; null while that is not known.
const from = (quote) => (view.base === "OPEN" ? quote.open : quote.prev_close) || null;
export const changeOf = (quote) => {
  const base = from(quote);
  if (base === null || quote.last_price === null) return view.base === "OPEN" ? null : (quote.change ?? null);
  return quote.last_price - base;
};
export const shareOf = (quote) => {
  const base = from(quote);
  const change = changeOf(quote);
  if (change === null) return null;
  return base === null ? (quote.change_percent ?? null) : (change / base) * 100;
};

const moved = (quote) => {
  const share = shareOf(quote);
  return share === null ? "–" : `${arrow(changeOf(quote))} ${percent(share)}`.trim();
};

// [words in the chooser, heading, text of a quote, width in pixels]
export const COLUMNS = {
  CHANGE: ["Change", "Chg", (quote) => signed(changeOf(quote)), 52],
  PERCENT: ["Change %", "Chg %", moved, 66],
  BID: ["Best bid", "Bid", (quote) => price(quote.bid), 66],
  ASK: ["Best offer", "Offer", (quote) => price(quote.ask), 66],
  VOLUME: ["Volume", "Vol.", (quote) => compact(quote.volume), 60],
  OI: ["Open interest", "OI", (quote) => compact(quote.oi), 60],
  OPEN: ["Open", "Open", (quote) => price(quote.open), 66],
  HIGH: ["High", "High", (quote) => price(quote.high), 66],
  LOW: ["Low", "Low", (quote) => price(quote.low), 66],
  PREV_CLOSE: ["Previous close", "Prev.", (quote) => price(quote.prev_close), 66],
  RANGE: ["Where in the day's range", "Day", () => "", 52],
  YEAR: ["Where in the year's range", "52 w", () => "", 52],
};

export function load() {
  loading ||= ask("/watch-view").then(
    (told) => void Object.assign(view, told),
    () => {
      loading = null; // the usual columns until it can be asked again
    },
  );
  return loading;
}

const queue = inTurn();
const send = (body) => queue(() => ask("/watch-view", { method: "PATCH", body }));

// A choice of columns, base, interval or studies. When the server refuses, what was before comes back and the refusal is thrown.
export async function choose(change, write) {
  const before = Object.fromEntries(Object.keys(change).map((name) => [name, view[name]]));
  Object.assign(view, change);
  emit("view", change);
  if (!write) return;
  try {
    await send(change);
  } catch (refused) {
    Object.assign(view, before);
    emit("view", before);
    throw refused;
  }
}

export const RECENT = 10;

// What was picked in a search goes first among those of before; to lose that is no reason to disturb anybody. Who may write
// nothing keeps it for as long as the tab lives.
export function picked(item, write) {
  view.recent = [item, ...view.recent.filter((each) => each.key !== item.key)].slice(0, RECENT);
  if (write) send({ recent: item.key }).catch(() => {});
}
