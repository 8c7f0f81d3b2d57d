// An order's state and terms in plain words.

import { average, number, price, quantity } from "./money.js";
import { clock } from "./time.js";

export const WORKING = new Set(["AMO", "TRIGGER_PENDING", "OPEN"]);
export const works = (row) => WORKING.has(row.status);

// [text, tone of the chip, icon]: colour is never alone.
export function status(row) {
  if (row.status === "OPEN" && row.filled_quantity)
    return [`PARTIAL ${quantity(row.filled_quantity)}/${quantity(row.quantity)}`, "warn", "◐"];
  if (row.status === "OPEN") return ["OPEN", "buy", "○"];
  if (row.status === "TRIGGER_PENDING") return ["TRIGGER PENDING", "warn", "◔"];
  if (row.status === "AMO") return ["AFTER MARKET", "warn", "☾"];
  if (row.status === "COMPLETE") return ["COMPLETE", "gain", "✓"];
  if (row.status === "REJECTED") return ["REJECTED", "loss", "✕"];
  return [
    row.filled_quantity ? `CANCELLED ${quantity(row.filled_quantity)}/${quantity(row.quantity)} filled` : "CANCELLED",
    "",
    "–",
  ];
}

// "1,500.05", "Market", "1,280.00 trg 1,285.00".
export function terms(row) {
  const limit = row.order_type === "MARKET" || row.order_type === "SL-M" ? "Market" : price(row.price);
  return row.trigger_price ? `${limit} trg ${price(row.trigger_price)}` : limit;
}

// What an order shows of itself and how long it waits: "leg 1 of 4, 25 showing", "until 12:05:10".
export function finer(row) {
  const bits = [];
  if (row.iceberg_legs)
    bits.push(
      works(row)
        ? `leg ${row.iceberg_leg} of ${row.iceberg_legs}, ${quantity(row.showing_quantity)} showing`
        : `${row.iceberg_legs} legs`,
    );
  else if (row.disclosed_quantity) bits.push(works(row) ? `${quantity(row.showing_quantity)} showing` : `${quantity(row.disclosed_quantity)} disclosed`);
  if (row.expires_at) bits.push(`until ${clock(row.expires_at)}`);
  if (row.market_protection === 0) bits.push("no protection");
  else if (row.market_protection !== null && row.market_protection !== undefined && works(row))
    bits.push(`protected at ${price(row.worst_price)}${row.market_protection > 0 ? ` (${number(row.market_protection)}%)` : ""}`);
  if (row.parent_order_id) bits.push(`slice of ${row.parent_order_id}`);
  return bits.join(" · ");
}

// How much worse than the last price a fill was, in words; colour is the caller's.
export function slippage(fill) {
  if (!fill || fill.slippage === null || fill.slippage === undefined) return "";
  if (fill.slippage === 0) return "at the last price";
  return `${price(Math.abs(fill.slippage))} ${fill.slippage > 0 ? "worse" : "better"} than the last price`;
}

// What a filter looks in.
export const words = (row) =>
  [row.symbol, row.side, status(row)[0], row.product, row.order_type, row.validity, row.order_id, row.tag]
    .join(" ")
    .toLowerCase();

export const filled = (row) => (row.filled_quantity ? average(row.average_price) : "–");

const EVENTS = {
  PLACED: "Placed",
  REJECTED: "Refused",
  MODIFIED: "Changed",
  MODIFY_REFUSED: "Change refused",
  TRIGGERED: "Triggered",
  FILLED: "Filled",
  CANCELLED: "Cancelled",
  EXPIRED: "Expired",
};
const ACTORS = { engine: "exchange", system: "exchange" };

export function step(line) {
  const bits = [EVENTS[line.event] || line.event];
  if (line.event === "FILLED") bits.push(`${quantity(line.filled_quantity)} of ${quantity(line.quantity)}`);
  else if (line.price) bits.push(`${quantity(line.quantity)} at ${price(line.price)}`);
  else bits.push(quantity(line.quantity));
  return bits.join(" · ");
}
export const by = (line) => ACTORS[line.by] || line.by;

export const evidence = (trade) =>
  `market showed ${trade.evidence.levels.map(([at, size]) => `${number(size, 0)} at ${price(at)}`).join(", ")}` +
  `; last price ${price(trade.evidence.last_price)}, limit ${price(trade.limit_price)}`;
