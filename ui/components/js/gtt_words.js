// A GTT's state and terms in plain words.

import { number, percent, price, quantity, toPaise } from "./money.js";

export const waits = (row) => row.status === "ACTIVE" || row.status === "DISABLED";

// [text, tone of the chip, icon]: colour is never alone.
export function gttStatus(row) {
  const failed = row.legs.some((leg) => leg.result === "failed");
  if (row.status === "ACTIVE" && row.parent_order_id) return ["GUARDS", "buy", "◎"];
  if (row.status === "ACTIVE") return ["ACTIVE", "buy", "○"];
  if (row.status === "TRIGGERED") return failed ? ["TRIGGERED, ORDER REFUSED", "loss", "✕"] : ["TRIGGERED", "gain", "✓"];
  if (row.status === "REJECTED") return ["REJECTED", "loss", "✕"];
  if (row.status === "DISABLED") return ["DISABLED", "warn", "◐"];
  return [row.status, "", "–"];
}

export function kindOf(row) {
  if (row.cover) return "Cover";
  if (row.parent_order_id) return row.legs.length > 1 ? "Target and stop" : row.legs[0].role === "stop" ? "Stop" : "Target";
  return row.kind === "OCO" ? "Two legs" : "Single";
}

// How far a trigger is from a price, in per cent; null while there is none.
export const distance = (trigger, last) => (last ? ((toPaise(trigger) - toPaise(last)) / toPaise(last)) * 100 : null);

export const far = (trigger, last) => (last ? percent(distance(trigger, last)) : "");

// "≥ 1,600.00 → sell 10 at 1,600.00"
export function legWords(leg) {
  const sign = leg.condition === "at or above" ? "≥" : "≤";
  const what = leg.price ? `at ${price(leg.price)}` : "at market";
  return `${sign} ${price(leg.trigger_price)} → ${leg.side.toLowerCase()} ${quantity(leg.quantity)} ${what}`;
}

const STATES = { WAITING: "waits", FIRED: "placed", FAILED: "refused", DISABLED: "off" };
export const legState = (leg) =>
  leg.state === "FIRED" && leg.order_status
    ? `order ${leg.order_id} ${leg.order_status.toLowerCase().replaceAll("_", " ")}`
    : STATES[leg.state];

const EVENTS = {
  CREATED: "Made",
  REJECTED: "Refused",
  MODIFIED: "Changed",
  ADJUSTED: "Adjusted",
  FIRED: "Triggered",
  DONE: "Done",
  DISABLED: "Disabled",
  EXPIRED: "Expired",
  CANCELLED: "Cancelled",
  DELETED: "Deleted",
};
export function gttStep(line) {
  const bits = [EVENTS[line.event] || line.event];
  if (line.price) bits.push(`at ${price(line.price)}`);
  else if (line.event === "CREATED" || line.event === "MODIFIED" || line.event === "ADJUSTED")
    bits.push(line.terms.map((leg) => `${number(leg.quantity, 0)} at ${price(leg.trigger_price)}`).join(", "));
  return bits.join(" · ");
}
