// Options priced in the browser, for what moves with every tick and every slider: Black-76 as core/options.py has it.
//
// Prices are in rupees, volatility is a fraction a year, time in years of 365 days to 15:30 IST of the expiry. A model
// of a price, never money.

export const RATE = 0.0625;
const DAYS = 365;
const YEAR_MS = DAYS * 86400000;
const SHORTEST = 1 / (DAYS * 24 * 60);
const [LOWEST, HIGHEST] = [1e-4, 10];
const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);
// The normal tail as a ratio of two polynomials, coefficients from the highest power down.
const ABOVE = [0.0352624965998911, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931, 220.206867912376];
const BELOW = [0.0883883476483184, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831, 793.826512519948, 440.413735824752];
const FAR = 7.07106781186547;

const polynomial = (coefficients, x) => coefficients.reduce((sum, each) => sum * x + each, 0);
const density = (x) => Math.exp((-x * x) / 2) / ROOT_TWO_PI;

export function normal(x) {
  const size = Math.min(Math.abs(x), 37);
  const peak = Math.exp((-size * size) / 2);
  let deep = size + 0.65;
  for (const step of [4, 3, 2, 1]) deep = size + step / deep;
  const tail = size < FAR ? (peak * polynomial(ABOVE, size)) / polynomial(BELOW, size) : peak / (deep * ROOT_TWO_PI);
  return x > 0 ? 1 - tail : tail;
}

export const expiryOf = (day) => Date.parse(`${day}T15:30:00+05:30`);
export const yearsTo = (day, at) => Math.max(0, (expiryOf(day) - at) / YEAR_MS);
export const forwardOf = (spot, years) => spot * Math.exp(RATE * years);
export const discount = (years) => Math.exp(-RATE * years);

const deviationOf = (volatility, years) => Math.max(volatility * Math.sqrt(years), 1e-9);
const d1Of = (forward, strike, deviation) => Math.log(forward / strike) / deviation + deviation / 2;

// The premium; at expiry what it is worth if it is used.
export function premium(call, forward, strike, years, volatility) {
  const sign = call ? 1 : -1;
  const deviation = deviationOf(volatility, years);
  const d1 = d1Of(forward, strike, deviation);
  const value = sign * (forward * normal(sign * d1) - strike * normal(sign * (d1 - deviation)));
  return Math.max(value, 0) * discount(years);
}

// Of one unit: delta and gamma to the forward, theta a calendar day, vega a point of volatility.
export function greeks(call, forward, strike, years, volatility) {
  const t = Math.max(years, SHORTEST);
  const sign = call ? 1 : -1;
  const deviation = deviationOf(volatility, t);
  const d1 = d1Of(forward, strike, deviation);
  const slope = discount(t) * density(d1);
  const decay = (-forward * slope * deviation) / (2 * t) + RATE * premium(call, forward, strike, t, volatility);
  return {
    delta: sign * discount(t) * normal(sign * d1),
    gamma: slope / (forward * deviation),
    theta: decay / DAYS,
    vega: (forward * slope * Math.sqrt(t)) / 100,
  };
}

// The volatility at which the model gives this premium; null where none does (below what it is worth if used, say).
export function impliedVolatility(call, paid, forward, strike, years) {
  const worth = discount(years);
  const floor = worth * Math.max(call ? forward - strike : strike - forward, 0);
  if (!(years > 0 && paid > floor && paid < worth * (call ? forward : strike))) return null;
  let [low, high, guess] = [LOWEST, HIGHEST, 0.25];
  for (let round = 0; round < 64; round += 1) {
    const error = premium(call, forward, strike, years, guess) - paid;
    if (error < 0) low = guess;
    else high = guess;
    const deviation = deviationOf(guess, years);
    const slope = Math.max(forward * worth * density(d1Of(forward, strike, deviation)) * Math.sqrt(years), 1e-300);
    const step = guess - Math.min(HIGHEST, Math.max(-HIGHEST, error / slope));
    const following = step > low && step < high ? step : (low + high) / 2;
    if (Math.abs(following - guess) < 1e-12) break;
    guess = following;
  }
  return guess;
}

// {iv, delta, gamma, theta, vega} of an option at its last price; nulls where no volatility explains it.
const NOTHING = { iv: null, delta: null, gamma: null, theta: null, vega: null };
export function measured(call, last, spot, strike, years) {
  if (!last || !spot) return NOTHING;
  const forward = forwardOf(spot, years);
  const iv = impliedVolatility(call, last, forward, strike, years);
  return iv === null ? NOTHING : { iv, ...greeks(call, forward, strike, years, iv) };
}

// Of a chain's open interest: puts for each call, and the strike at which options written lose least. Rows are
// {strike, call, put} with units open; null without any.
export function openInterest(rows) {
  const calls = rows.reduce((sum, row) => sum + row.call, 0);
  const puts = rows.reduce((sum, row) => sum + row.put, 0);
  if (!calls && !puts) return { calls, puts, ratio: null, pain: null };
  const cost = (at) =>
    rows.reduce((sum, row) => sum + row.call * Math.max(0, at - row.strike) + row.put * Math.max(0, row.strike - at), 0);
  const pain = rows.reduce((best, row) => (cost(row.strike) < cost(best) ? row.strike : best), rows[0].strike);
  return { calls, puts, ratio: calls ? puts / calls : null, pain };
}

// How many of the values are below the last of them, in per cent; null of fewer than twenty.
export function percentile(values) {
  if (values.length < 20) return null;
  const last = values[values.length - 1];
  return (values.filter((value) => value < last).length / values.length) * 100;
}
