// Rupees as they are read in India: 12,34,567.50, lakhs and crores, a true minus sign before the symbol.

const MINUS = "\u2212";

function grouped(digits) {
  if (digits.length <= 3) return digits;
  return `${digits.slice(0, -3).replace(/\B(?=(\d{2})+(?!\d))/g, ",")},${digits.slice(-3)}`;
}

// A number with so many decimals, Indian grouping, no symbol. Null and NaN become a dash.
export function number(value, decimals = 2) {
  if (value === null || value === undefined || value === "" || Number.isNaN(+value)) return "–";
  const [whole, part] = Math.abs(+value).toFixed(decimals).split(".");
  const zero = !/[1-9]/.test(whole + (part || ""));
  return `${+value < 0 && !zero ? MINUS : ""}${grouped(whole)}${part ? `.${part}` : ""}`;
}

export function rupees(value, decimals = 2) {
  const text = number(value, decimals);
  if (text === "–") return text;
  return text.startsWith(MINUS) ? `${MINUS}₹${text.slice(1)}` : `₹${text}`;
}

// With a plus where it is a gain, for figures whose sign matters.
export function signed(value, decimals = 2, symbol = false) {
  const text = (symbol ? rupees : number)(value, decimals);
  return +value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

export const percent = (value) => (value === null || value === undefined ? "–" : `${signed(value)}%`);
export const price = (value) => number(value, 2);
export const quantity = (value) => number(value, 0);

// An average price has up to four decimals, and two at least.
export function average(value) {
  if (value === null || value === undefined) return "–";
  const exact = Math.round(+value * 10000) / 10000;
  return number(exact, Number.isInteger(Math.round(exact * 10000) / 100) ? 2 : 4);
}

// 12,34,567 -> 12.35 L. Below one lakh the plain number.
export function compact(value, decimals = 0) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  const sign = value < 0 ? MINUS : "";
  if (size >= 1e7) return `${sign}${number(size / 1e7)} Cr`;
  if (size >= 1e5) return `${sign}${number(size / 1e5)} L`;
  return number(value, decimals);
}

// "gain", "loss" or "": which colour, and with ▲ and ▼ which arrow; colour is never alone.
export const tone = (value) => (+value > 0 ? "gain" : +value < 0 ? "loss" : "");
export const arrow = (value) => (+value > 0 ? "▲" : +value < 0 ? "▼" : "");

// Paise of what a person typed, or null. Indian commas and a rupee sign are taken; nothing else is.
export function typed(text) {
  const plain = String(text).trim().replace(/^₹/, "").replaceAll(",", "").trim();
  if (!/^[0-9]{1,9}(\.[0-9]{1,2})?$/.test(plain)) return null;
  const [whole, part = ""] = plain.split(".");
  return +whole * 100 + +part.padEnd(2, "0");
}

// Paise as the plain decimal that a field and the API take.
export const plain = (paise) => `${Math.floor(paise / 100)}.${String(paise % 100).padStart(2, "0")}`;
export const toPaise = (value) => Math.round(+value * 100);
