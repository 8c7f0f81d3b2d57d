// Lines over the candles: averages, the day's average by volume, bands. Which are shown is the user's, kept in this browser.

import { h } from "./dom.js";

const KEPT = "kagaz.studies";
const DAY = 86400;
const BAND = 2; // standard deviations

// Each answers points {time, value} of bars, oldest first; where a figure has too few bars it has none.
export function sma(bars, length) {
  let sum = 0;
  return bars.flatMap((bar, at) => {
    sum += bar.close - (at >= length ? bars[at - length].close : 0);
    return at + 1 < length ? [] : [{ time: bar.time, value: sum / length }];
  });
}

// Begins with the mean of its first bars.
export function ema(bars, length) {
  const share = 2 / (length + 1);
  let value = null;
  let sum = 0;
  return bars.flatMap((bar, at) => {
    sum += at < length ? bar.close : 0;
    if (at + 1 < length) return [];
    value = value === null ? sum / length : value + share * (bar.close - value);
    return [{ time: bar.time, value }];
  });
}

// Typical price weighed by volume, from each trading day's first bar on. Bars carry the Indian clock.
export function vwap(bars) {
  let day = null;
  let [worth, volume] = [0, 0];
  return bars.flatMap((bar) => {
    const now = Math.floor(bar.time / DAY);
    if (now !== day) [day, worth, volume] = [now, 0, 0];
    worth += ((bar.high + bar.low + bar.close) / 3) * bar.volume;
    volume += bar.volume;
    return volume ? [{ time: bar.time, value: worth / volume }] : [];
  });
}

// The edge of Bollinger's band, so many deviations above (or, negative, below) the mean of the last bars.
export function band(bars, length, deviations) {
  return sma(bars, length).map(({ time, value }, at) => {
    const window = bars.slice(at, at + length);
    const spread = Math.sqrt(window.reduce((sum, bar) => sum + (bar.close - value) ** 2, 0) / length);
    return { time, value: value + deviations * spread };
  });
}

// [name, colour of the theme, its lines]
const STUDIES = [
  ["EMA 9", "buy", [(bars) => ema(bars, 9)]],
  ["EMA 21", "sell", [(bars) => ema(bars, 21)]],
  ["SMA 50", "text", [(bars) => sma(bars, 50)]],
  ["VWAP", "warn", [vwap]],
  ["Bollinger", "accent", [(bars) => band(bars, 20, BAND), (bars) => band(bars, 20, -BAND)]],
];

function kept() {
  try {
    return new Set(JSON.parse(localStorage.getItem(KEPT) || "[]"));
  } catch {
    return new Set();
  }
}

// {node, attach(kit, chart), dress(colours), draw(bars), tick(bars)}
export function studies() {
  const chosen = kept();
  const drawn = new Map(); // by name: its series
  let [kit, chart, ink, bars] = [null, null, {}, []];
  const buttons = STUDIES.map(([name]) =>
    h(
      "button",
      { type: "button", "aria-pressed": String(chosen.has(name)), onclick: () => toggle(name) },
      name,
    ),
  );
  const node = h("div", { class: "spans", role: "group", "aria-label": "Lines over the chart" }, buttons);

  function toggle(name) {
    if (!chosen.delete(name)) chosen.add(name);
    localStorage.setItem(KEPT, JSON.stringify([...chosen]));
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(chosen.has(button.textContent))));
    draw();
  }

  const style = (colour) => ({
    color: ink[colour],
    lineWidth: 1,
    priceLineVisible: false,
    lastValueVisible: false,
    crosshairMarkerVisible: false,
  });

  function draw() {
    if (!chart) return;
    for (const [name, colour, makers] of STUDIES) {
      if (!chosen.has(name)) {
        (drawn.get(name) || []).forEach((series) => chart.removeSeries(series));
        drawn.delete(name);
        continue;
      }
      if (!drawn.has(name)) drawn.set(name, makers.map(() => chart.addSeries(kit.LineSeries, style(colour))));
      drawn.get(name).forEach((series, at) => series.setData(makers[at](bars)));
    }
  }

  return {
    node,
    attach(library, made) {
      [kit, chart] = [library, made];
    },
    dress(colours) {
      ink = colours;
      for (const [name, colour] of STUDIES) (drawn.get(name) || []).forEach((series) => series.applyOptions(style(colour)));
    },
    draw(all) {
      bars = all;
      draw();
    },
    // Only the last point moves with a tick.
    tick(all) {
      bars = all;
      for (const [name, , makers] of STUDIES)
        (drawn.get(name) || []).forEach((series, at) => {
          const last = makers[at](bars).at(-1);
          if (last) series.update(last);
        });
    },
  };
}
