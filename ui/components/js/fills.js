// Today's fills of one instrument in the book; a new one comes in at the top by itself.

import { ask, keyOf, withAccount } from "./base.js";
import { account, on } from "./bus.js";
import { h, thead } from "./dom.js";
import { average, quantity, rupees } from "./money.js";
import { clock } from "./time.js";
import { widget } from "./widget.js";

const HEADS = [["Time (IST)"], ["Side"], ["Qty", "num"], ["Price", "num"], ["Value", "num"], ["Charges", "num"], ["Order", "num"]];
const SOON = 400; // after a trade, so that one question answers for many

export const mount = widget((root, data, tools) => {
  let turn = 0;
  const said = h("p", { class: "muted" }, "");
  const body = h("tbody");
  const table = h(
    "div",
    { class: "scroll", hidden: true },
    h("table", { class: "grid" }, thead(HEADS), body),
  );
  root.append(h("h3", null, "Fills today"), said, table);

  const line = (row) =>
    h(
      "tr",
      null,
      h("td", { class: "muted" }, clock(row.traded_at)),
      h("td", null, h("span", { class: `chip ${row.side.toLowerCase()}` }, row.side)),
      h("td", { class: "num" }, quantity(row.quantity)),
      h("td", { class: "num" }, average(row.price)),
      h("td", { class: "num" }, rupees(row.value)),
      h("td", { class: "num" }, rupees(row.charges.total)),
      h("td", { class: "num muted" }, row.order_id),
    );

  async function load() {
    const mine = (turn += 1);
    try {
      const answer = await ask(withAccount("/trades?limit=500", account()));
      if (mine !== turn) return;
      const rows = answer.items.filter((row) => keyOf(row) === data.symbol);
      body.replaceChildren(...rows.map(line));
      table.hidden = !rows.length;
      said.textContent = rows.length ? "" : "None in this book.";
    } catch (refused) {
      if (mine === turn) said.textContent = refused.message;
    }
  }

  const soon = tools.soon(load, SOON);
  tools.own(on("trade", (row) => keyOf(row) === data.symbol && soon()));
  tools.own(on("gap", soon));
  load();
  return {
    update(next) {
      const changed = next.symbol !== data.symbol || next.seat.account !== data.seat.account;
      data = next;
      if (changed) load();
    },
  };
});
