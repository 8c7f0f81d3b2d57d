// A margin call in words, as every page's head and the page Funds tell it.

import { rupees } from "./money.js";
import { clock } from "./time.js";

// [what it is and since when, what that means and what to do].
export function callWords(call) {
  const owed = call.shortfall ? `You are short of ${rupees(call.shortfall)}. ` : "";
  const next = call.closing_since
    ? `Since ${clock(call.closing_since)} IST your open orders are cancelled and your positions closed, because their loss has reached the limit.`
    : `Add funds or close positions. At a loss of ${call.closes_at_percent}% of your funds your positions are closed for you.`;
  const delivery = call.delivery_margin
    ? ` ${rupees(call.delivery_margin)} is blocked for the delivery of stock options in the money that end soon: selling them sets it free.`
    : "";
  return [`Margin call since ${clock(call.since)} IST`, ` ${owed}${next}${delivery}`];
}
