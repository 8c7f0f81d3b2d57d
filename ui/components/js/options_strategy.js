// Options, and a future, held together: what they gain or lose at a price and a time, and where that ends.
//
// A leg is {key, kind: CE, PE or FUT, strike, expiry, units (below zero when written), price, iv}. Money in rupees.

import { expiryOf, forwardOf, greeks, premium, yearsTo } from "./options_model.js";

const USUAL = 0.15; // volatility of a leg whose price explains none
const POINTS = 160;

// [name, legs as right, wings away from the money, lots]: what is bought stands first, so that it covers what follows.
export const STRATEGIES = [
  ["Long call", [["CE", 0, 1]]],
  ["Long put", [["PE", 0, 1]]],
  ["Bull call spread", [["CE", 0, 1], ["CE", 1, -1]]],
  ["Bear put spread", [["PE", 0, 1], ["PE", -1, -1]]],
  ["Bull put spread", [["PE", -1, 1], ["PE", 0, -1]]],
  ["Bear call spread", [["CE", 1, 1], ["CE", 0, -1]]],
  ["Long straddle", [["CE", 0, 1], ["PE", 0, 1]]],
  ["Short straddle", [["CE", 0, -1], ["PE", 0, -1]]],
  ["Long strangle", [["CE", 1, 1], ["PE", -1, 1]]],
  ["Short strangle", [["CE", 1, -1], ["PE", -1, -1]]],
  ["Iron butterfly", [["PE", -1, 1], ["CE", 1, 1], ["PE", 0, -1], ["CE", 0, -1]]],
  ["Iron condor", [["PE", -2, 1], ["CE", 2, 1], ["PE", -1, -1], ["CE", 1, -1]]],
];

// The contracts of a strategy on these rungs ({strike, CE, PE}): a wing is about one per cent of the price away. Null
// where one of them is not listed.
export function contractsOf(shape, rungs, spot) {
  if (!rungs.length || !spot) return null;
  const away = (rung) => Math.abs(rung.strike - spot);
  const at = rungs.reduce((best, rung, n) => (away(rung) < away(rungs[best]) ? n : best), 0);
  const step = rungs.length > 1 ? rungs[Math.min(at + 1, rungs.length - 1)].strike - rungs[Math.min(at, rungs.length - 2)].strike : spot;
  const wing = Math.max(1, Math.round((spot * 0.01) / step));
  const found = shape.map(([right, wings, lots]) => ({ key: rungs[at + wings * wing]?.[right] || null, lots }));
  return found.every((each) => each.key) ? found : null;
}

// A leg's worth a unit, with the price and the volatility moved.
function worth(leg, spot, at, points) {
  const years = yearsTo(leg.expiry, at);
  if (leg.kind === "FUT") return forwardOf(spot, years);
  return premium(leg.kind === "CE", forwardOf(Math.max(spot, 1e-6), years), leg.strike, years, Math.max(0.005, (leg.iv ?? USUAL) + points / 100));
}

// Profit of all legs at a price and an instant; `points` are added to each volatility.
export const profit = (legs, spot, at, points = 0) =>
  legs.reduce((sum, leg) => sum + leg.units * (worth(leg, spot, at, points) - leg.price), 0);

export const firstExpiry = (legs) => legs.reduce((day, leg) => (leg.expiry < day ? leg.expiry : day), legs[0].expiry);

// What is paid (below zero) or received at the start for its options.
export const netPremium = (legs) => legs.reduce((sum, leg) => sum - (leg.kind === "FUT" ? 0 : leg.units * leg.price), 0);

// At the first expiry: {profit, loss, breakevens, exact}. Infinity where nothing ends it. Where a leg lives on, its worth
// on that day is the model's, and so is what is told.
export function ends(legs) {
  const day = firstExpiry(legs);
  const at = expiryOf(day);
  const exact = legs.every((leg) => leg.expiry === day);
  const strikes = legs.filter((leg) => leg.kind !== "FUT").map((leg) => leg.strike);
  const middle = strikes.length ? strikes : legs.map((leg) => leg.price);
  const [low, high] = [Math.min(...middle), Math.max(...middle)];
  const dense = exact ? [] : Array.from({ length: 400 }, (_, n) => low * 0.5 + ((high * 1.5 - low * 0.5) * n) / 399);
  const prices = [...new Set([0, ...middle, high * 2, ...dense])].sort((one, two) => one - two);
  const values = prices.map((price) => profit(legs, price, at));
  const slope = legs.reduce((sum, leg) => sum + (leg.kind === "PE" ? 0 : leg.units), 0);
  const breakevens = [];
  for (let n = 0; n + 1 < prices.length; n += 1) {
    const [from, to] = [values[n], values[n + 1]];
    if ((from < 0 && to >= 0) || (from >= 0 && to < 0)) breakevens.push(prices[n] + ((prices[n + 1] - prices[n]) * from) / (from - to));
  }
  const last = values[values.length - 1];
  if (slope && last * slope < 0) breakevens.push(prices[prices.length - 1] - last / slope);
  return {
    profit: slope > 0 ? Infinity : Math.max(...values),
    loss: slope < 0 ? -Infinity : Math.min(...values),
    breakevens: breakevens.filter((price) => price > 0),
    exact,
  };
}

// Net Greeks of all legs at a price and an instant.
export function netGreeks(legs, spot, at) {
  const sum = { delta: 0, gamma: 0, theta: 0, vega: 0 };
  for (const leg of legs) {
    if (leg.kind === "FUT") {
      sum.delta += leg.units;
      continue;
    }
    const years = yearsTo(leg.expiry, at);
    const one = greeks(leg.kind === "CE", forwardOf(spot, years), leg.strike, years, leg.iv ?? USUAL);
    for (const name of Object.keys(sum)) sum[name] += leg.units * one[name];
  }
  return sum;
}

// Prices around the money and the strikes, and the two lines over them.
export function lines(legs, spot, at, points) {
  const strikes = legs.filter((leg) => leg.kind !== "FUT").map((leg) => leg.strike);
  const low = Math.min(spot * 0.94, ...strikes.map((each) => each * 0.98));
  const high = Math.max(spot * 1.06, ...strikes.map((each) => each * 1.02));
  const end = expiryOf(firstExpiry(legs));
  // A line bends at its strikes: they are among the points, so that its corners are sharp.
  const prices = [...Array.from({ length: POINTS }, (_, n) => low + ((high - low) * n) / (POINTS - 1)), ...strikes, spot]
    .filter((each) => each > 0)
    .sort((one, two) => one - two);
  return {
    prices,
    ended: prices.map((price) => profit(legs, price, end)),
    then: prices.map((price) => profit(legs, price, Math.min(at, end), points)),
  };
}
