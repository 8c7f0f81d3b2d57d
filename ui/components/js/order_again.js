// What a ticket is opened with from a row of the order book: the order itself to be changed, or its terms once more.

import { keyOf } from "./base.js";

export const changed = (row) => ({ symbol: keyOf(row), order: row });

export const again = (row) => ({
  symbol: keyOf(row),
  side: row.side,
  quantity: row.quantity,
  price: row.price,
  type: row.order_type,
  product: row.product,
  validity: row.validity,
  form: {
    ttl: String(row.validity_ttl || 15),
    disclosed: String(row.disclosed_quantity || ""),
    legs: String(row.iceberg_legs || ""),
    tag: row.tag || "",
    protection: row.market_protection > 0 ? String(row.market_protection) : "",
  },
});
