// What becomes of an order that was sent, until it is drawn.
//
// Most orders are filled a few frames after they were accepted. To draw each twice would cost the browser, and the
// server beside it, more than the fill takes: so an accepted order waits a moment for the stream to tell more of it.

import { on } from "./bus.js";
import { afterPaint } from "./paint.js";
import { state } from "./store.js";

const SOON = 40; // ms

// Resolves when the stream has told more of the order than its answer does, or after a moment; at once for what waits
// for something else than the next seller.
export function moved(row) {
  const newer = () => (state.orders.get(row.order_id)?.version ?? 0) > row.version;
  if (row.status !== "OPEN" || newer()) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      off();
      resolve();
    };
    const off = on("order", () => newer() && done());
    setTimeout(done, SOON);
  });
}

// Resolves when what was drawn last is painted.
export const painted = () => new Promise(afterPaint);
