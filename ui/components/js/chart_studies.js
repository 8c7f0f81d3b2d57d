// Lines over the candles: averages, the day's average by volume, bands; and in panes of their own beneath them, RSI and MACD.
// Which are shown is the user's choice, kept with how their market watch looks.

import { h } from "./dom.js";
import { choose, view } from "./watch_view.js";

const PANE = 96; // pixels of a pane beneath the candles
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

// Wilder's index of relative strength: the share of rises in the average move, 0 to 100; 50 where nothing moved.
export function rsi(bars, length) {
  let [up, down] = [0, 0];
  return bars.flatMap((bar, at) => {
    if (!at) return [];
    const move = bar.close - bars[at - 1].close;
    const keep = at <= length ? 1 : (length - 1) / length; // the first average is a plain one
    up = up * keep + Math.max(move, 0) / length;
    down = down * keep + Math.max(-move, 0) / length;
    if (at < length) return [];
    return [{ time: bar.time, value: up + down ? (100 * up) / (up + down) : 50 }];
  });
}

// How far the quick average stands from the slow one.
export function macd(bars, quick, slow) {
  const far = new Map(ema(bars, slow).map((point) => [point.time, point.value]));
  return ema(bars, quick).flatMap(({ time, value }) => (far.has(time) ? [{ time, value: value - far.get(time) }] : []));
}

// The average of that, by which it is said to turn.
export const signal = (bars, quick, slow, length) =>
  ema(macd(bars, quick, slow).map(({ time, value }) => ({ time, close: value })), length);

// The edge of Bollinger's band, so many deviations above (or, negative, below) the mean of the last bars.
export function band(bars, length, deviations) {
  return sma(bars, length).map(({ time, value }, at) => {
    const window = bars.slice(at, at + length);
    const spread = Math.sqrt(window.reduce((sum, bar) => sum + (bar.close - value) ** 2, 0) / length);
    return { time, value: value + deviations * spread };
  });
}

// [its word in the API, name, why, its lines with the theme's colour for each, whether it has a pane of its own]
export const STUDIES = [
  ["EMA_9", "EMA 9", "Exponential average of 9 closes", [["buy", (bars) => ema(bars, 9)]]],
  ["EMA_21", "EMA 21", "Exponential average of 21 closes", [["sell", (bars) => ema(bars, 21)]]],
  ["SMA_50", "SMA 50", "Average of 50 closes", [["text", (bars) => sma(bars, 50)]]],
  ["VWAP", "VWAP", "The day's average price, weighed by volume", [["warn", vwap]]],
  ["BOLLINGER", "Bollinger", "Average of 20 closes, two deviations up and down", [["accent", (bars) => band(bars, 20, BAND)], ["accent", (bars) => band(bars, 20, -BAND)]]],
  ["RSI", "RSI", "Relative strength of 14 bars", [["buy", (bars) => rsi(bars, 14)]], true],
  ["MACD", "MACD", "Averages of 12 and 26 closes, signal of 9", [["buy", (bars) => macd(bars, 12, 26)], ["sell", (bars) => signal(bars, 12, 26, 9)]], true],
];

// {node, attach(kit, chart), dress(colours), draw(bars), tick(bars)}; `keeps` is whether a choice may be kept, and
// `failed(refused)` is told when it was not. `resized(pixels)` hears how much height the panes beneath take together.
export function studies(keeps, failed, resized) {
  const chosen = () => new Set(view.studies);
  const drawn = new Map(); // by name: its series
  let [kit, chart, ink, bars] = [null, null, {}, []];
  const buttons = new Map(
    STUDIES.map(([key, name, why]) => [key, h("button", { type: "button", title: why, onclick: () => toggle(key) }, name)]),
  );
  const node = h("div", { class: "spans", role: "group", "aria-label": "Lines over the chart" }, [...buttons.values()]);

  function toggle(key) {
    const now = chosen();
    if (!now.delete(key)) now.add(key);
    choose({ studies: STUDIES.map(([each]) => each).filter((each) => now.has(each)) }, keeps).catch(failed);
  }

  function press() {
    const now = chosen();
    buttons.forEach((button, key) => button.setAttribute("aria-pressed", String(now.has(key))));
  }

  const style = (colour) => ({
    color: ink[colour],
    lineWidth: 1,
    priceLineVisible: false,
    lastValueVisible: false,
    crosshairMarkerVisible: false,
  });

  function draw() {
    press();
    if (!chart) return;
    const now = chosen();
    for (const [key, , , makers, apart] of STUDIES) {
      if (!now.has(key)) {
        (drawn.get(key) || []).forEach((series) => chart.removeSeries(series));
        drawn.delete(key);
        continue;
      }
      if (!drawn.has(key)) {
        const pane = apart ? chart.panes().length : 0;
        drawn.set(key, makers.map(([colour]) => chart.addSeries(kit.LineSeries, { ...style(colour), lastValueVisible: Boolean(apart) }, pane)));
      }
      drawn.get(key).forEach((series, at) => series.setData(makers[at][1](bars)));
    }
    fit();
  }

  // The candles keep their height: what stands beneath them makes the chart taller.
  function fit() {
    const beneath = chart.panes().slice(1);
    resized(beneath.length * PANE);
    beneath.forEach((pane) => pane.setHeight(PANE));
  }

  return {
    node,
    attach(library, made) {
      [kit, chart] = [library, made];
    },
    dress(colours) {
      ink = colours;
      for (const [key, , , makers] of STUDIES)
        (drawn.get(key) || []).forEach((series, at) => series.applyOptions({ color: ink[makers[at][0]] }));
    },
    draw(all) {
      bars = all;
      draw();
    },
    // Only the last point moves with a tick.
    tick(all) {
      bars = all;
      for (const [key, , , makers] of STUDIES)
        (drawn.get(key) || []).forEach((series, at) => {
          const last = makers[at][1](bars).at(-1);
          if (last) series.update(last);
        });
    },
  };
}
