// How a position came to be: its fills of today, and how much was held after each.

import { ask, withAccount } from "./base.js";
import { account } from "./bus.js";
import { h, openModal, toast } from "./dom.js";
import { number, price, quantity, rupees } from "./money.js";
import { clock } from "./time.js";

const HEADS = ["Time (IST)", "Side", "Qty", "Price", "Held after", "Charges", "Order"];

export async function fills(host, row) {
  let items;
  try {
    ({ items } = await ask(withAccount("/trades?limit=500", account())));
  } catch (refused) {
    toast(host, refused.message, { tone: "bad", stays: true });
    return;
  }
  const mine = items.filter((each) => each.symbol === row.symbol && each.exchange === row.exchange && each.product === row.product);
  // Newest first, so that what was held is counted back from what is held now.
  let held = row.quantity;
  const lines = mine.map((each) => {
    const after = held;
    held -= each.side === "BUY" ? each.quantity : -each.quantity;
    return h("tr", null,
      h("td", { class: "muted" }, clock(each.traded_at)),
      h("td", null, h("span", { class: `chip ${each.side.toLowerCase()}` }, each.side)),
      h("td", { class: "num" }, quantity(each.quantity)),
      h("td", { class: "num" }, price(each.price)),
      h("td", { class: "num" }, quantity(after)),
      h("td", { class: "num" }, number(each.charges?.total)),
      h("td", { class: "num muted" }, each.order_id ?? each.label ?? "–"));
  });
  const name = `${row.symbol} ${row.product}: fills today`;
  const box = h("dialog", { class: "confirm told", "aria-label": name });
  const close = () => {
    box.close();
    box.remove();
  };
  const spent = mine.reduce((sum, each) => sum + (each.charges?.total ?? 0), 0);
  box.append(
    h("h3", null, name),
    mine.length
      ? h("div", { class: "scroll" }, h("table", { class: "grid" },
          h("thead", null, h("tr", null, HEADS.map((label, n) => h("th", { class: n < 2 ? "" : "num", scope: "col" }, label)))),
          h("tbody", null, lines)))
      : h("p", { class: "muted" }, "Nothing was traded in it today: it was carried over, or converted."),
    h("div", { class: "row apart" }, h("span", { class: "muted" }, mine.length ? `Charges ${rupees(spent)}` : ""),
      h("button", { type: "button", class: "plain", onclick: close }, "Close")));
  openModal(host, box, close);
}
