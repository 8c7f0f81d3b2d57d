// The order book as a sheet: what is listed, one line an order. A cell that a sheet would take for a formula is text.

const COLUMNS = [
  "order_id", "placed_at", "exchange", "symbol", "side", "order_type", "product", "validity", "quantity",
  "filled_quantity", "pending_quantity", "cancelled_quantity", "disclosed_quantity", "iceberg_legs", "price",
  "trigger_price", "average_price", "status", "reason_code", "reason", "tag", "parent_order_id",
];

function cell(value) {
  let text = value === null || value === undefined ? "" : String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export const sheet = (rows) =>
  [COLUMNS.join(","), ...rows.map((row) => COLUMNS.map((name) => cell(row[name])).join(","))].join("\r\n");

export function download(rows, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", sheet(rows)], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
