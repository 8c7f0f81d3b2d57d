// The order before, kept in this browser so that the ticket can offer its terms again: a book's own, never another's.

import { account } from "./bus.js";

const KEPT = "kagaz.last order";
const place = () => `${KEPT} ${account() || ""}`;

export const keep = (form) => localStorage.setItem(place(), JSON.stringify({ symbol: form.symbol, form }));

// {symbol, form}, or null where there is none.
export function kept() {
  try {
    return JSON.parse(localStorage.getItem(place()) || "null");
  } catch {
    return null;
  }
}

// "BUY 10 INFY", or nothing.
export function keptWords() {
  const last = kept();
  return last ? `${last.form.side} ${last.form.quantity} ${last.symbol.split(":")[1]}` : "";
}
