// Bars from the server, carried on by ticks. Times are those of the chart: Indian clock, in seconds.

import { IST_SHIFT, chartTime } from "./time.js";

const DAY = 86400;
const OPENING = 9 * 3600 + 15 * 60;

export class CandleMaker {
  constructor(items, span) {
    this.span = span;
    this.bars = items.map((item) => ({
      time: this.slot(chartTime(item.start)),
      open: item.open,
      high: item.high,
      low: item.low,
      close: item.close,
      volume: item.volume,
    }));
    this.seen = null; // the day's volume at the last tick, to tell what this tick added
  }

  all() {
    return this.bars;
  }
  last() {
    return this.bars.at(-1) || null;
  }
  // Bars of a day's hours begin at its opening, as those that the server makes do.
  slot(time) {
    const first = this.span < DAY ? OPENING : 0;
    return Math.floor((time - first) / this.span) * this.span + first;
  }

  // The bar that a tick at `now` (seconds since the epoch) belongs to; null when it comes too late.
  tick(quote, now) {
    const time = this.slot(now + IST_SHIFT);
    const added = this.seen === null || quote.volume < this.seen ? 0 : quote.volume - this.seen;
    this.seen = quote.volume ?? null;
    let bar = this.last();
    const value = quote.last_price;
    if (bar && time < bar.time) return null;
    if (!bar || time > bar.time) {
      bar = { time, open: value, high: value, low: value, close: value, volume: 0 };
      this.bars.push(bar);
    }
    bar.close = value;
    bar.high = Math.max(bar.high, value);
    bar.low = Math.min(bar.low, value);
    bar.volume += added;
    return bar;
  }

  settle(told) {
    const time = this.slot(chartTime(told.start));
    const last = this.last();
    const bar = { time, open: told.open, high: told.high, low: told.low, close: told.close, volume: told.volume };
    if (last && time < last.time) return null;
    if (last && time === last.time) this.bars[this.bars.length - 1] = bar;
    else this.bars.push(bar);
    return bar;
  }
}
