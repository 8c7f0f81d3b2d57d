// Scales of the charts of profit: round ticks, and where a value or a day lies.

import { compact, number } from "./money.js";

// Round ticks over the values; with `zero` it is one of them. `room` is the share left free at both ends.
export function ticksOver(values, { zero = false, wanted = 4, room = 0.08 } = {}) {
  let low = Math.min(...values);
  let high = Math.max(...values);
  if (zero) [low, high] = [Math.min(low, 0), Math.max(high, 0)];
  const free = (high - low) * room || Math.max(Math.abs(high) * 0.001, 1);
  if (!(zero && low === 0)) low -= free;
  if (!(zero && high === 0)) high += free;
  const rough = (high - low || 1) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.9999);
  const ticks = [];
  for (let at = Math.ceil(low / step); at <= Math.floor(high / step); at += 1) ticks.push(at * step);
  return { low, high, step, ticks };
}

// A tick in rupees: lakhs and crores where they still tell neighbours apart.
export function tickText(value, step) {
  const size = Math.abs(value);
  if (size >= 1e7 ? step >= 1e5 : size >= 1e5 && step >= 1000) return compact(value);
  return number(value, step < 1 ? 2 : 0);
}

export const scale = (low, high, from, to) => (value) => from + ((value - low) / (high - low || 1)) * (to - from);

// At most `most` of the indices of `count` days, evenly, the last day among them.
export function somePlaces(count, most) {
  const step = Math.max(1, Math.ceil(count / Math.max(1, most)));
  const places = [];
  for (let place = count - 1; place >= 0; place -= step) places.push(place);
  return places.reverse();
}
