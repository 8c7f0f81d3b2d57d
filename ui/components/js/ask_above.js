// Above which worth an order is asked about once more: the trader's own setting, kept in this browser.

import { toast, typedIn } from "./dom.js";
import { number, rupees, typed } from "./money.js";

const KEPT = "kagaz.ask above";
const USUAL = 1_000_000;

// Rupees.
export const askAbove = () => +(localStorage.getItem(KEPT) || USUAL);

export async function chooseAskAbove(host) {
  const text = await typedIn(host, "Ask once more before an order that needs more than (₹)", number(askAbove(), 0));
  if (text === null) return;
  const paise = typed(text);
  if (paise === null) {
    toast(host, "That is no amount. Type one such as 5,00,000.", { tone: "bad" });
    return;
  }
  localStorage.setItem(KEPT, String(paise / 100));
  toast(host, `Orders that need more than ${rupees(paise / 100, 0)} are asked about once more.`, { tone: "good" });
}
