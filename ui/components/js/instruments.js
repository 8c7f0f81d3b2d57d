// The terms of an instrument (lot, tick, freeze quantity), asked once and remembered.

import { ask } from "./base.js";

const kept = new Map();

export function instrument(symbol) {
  if (!kept.has(symbol)) {
    const asked = ask(`/instruments?symbols=${encodeURIComponent(symbol)}`).then((answer) => {
      if (!answer.items.length) throw new Error(`${symbol} is not listed.`);
      return answer.items[0];
    });
    asked.catch(() => kept.delete(symbol));
    kept.set(symbol, asked);
  }
  return kept.get(symbol);
}

export const isOption = (item) => item.kind === "CE" || item.kind === "PE";
export const isDerivative = (item) => item.kind === "FUT" || isOption(item);
export const products = (item) => (isDerivative(item) ? ["NRML", "MIS"] : ["CNC", "MIS"]);
export const PRODUCT_WORDS = { CNC: "Delivery", MIS: "Intraday", NRML: "Carry forward" };
