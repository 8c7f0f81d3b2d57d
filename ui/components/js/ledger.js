// Every movement of money in the book, newest first; a new one comes in at the top by itself.

import { ask, withAccount } from "./base.js";
import { account, on } from "./bus.js";
import { h, missed, thead } from "./dom.js";
import { rupees } from "./money.js";
import { moment } from "./time.js";
import { widget } from "./widget.js";

const PAGE = 100;
const SOON = 500;
const HEADS = [["Time (IST)"], ["Kind"], ["From", "wide"], ["To", "wide"], ["Amount", "num"], ["Cash after", "num"], ["Reference", "wide"]];

// The balances of a book, as the sums above the ledger call them; what is not here stands as it is.
const BALANCES = {
  CASH: "Cash",
  HOLD: "Held for orders",
  MARGIN: "Margin",
  INVESTED: "Invested",
  UNSETTLED: "Unsettled",
  GAINS: "Today's gains",
  OPTION_CREDIT: "Option credit",
  BANK: "Bank",
  PNL: "Profit and loss",
  CHARGES: "Charges",
};
const named = (balance) => BALANCES[balance] || plainly(balance);
const plainly = (code) => (code || "").replaceAll("_", " ");
const kind = (code) => plainly(code).charAt(0) + plainly(code).slice(1).toLowerCase();

function line(row) {
  return h(
    "tr",
    null,
    h("td", { class: "muted" }, moment(row.event_at)),
    h("td", { title: `${named(row.from)} → ${named(row.to)}` }, kind(row.code)),
    h("td", { class: "wide" }, named(row.from)),
    h("td", { class: "wide" }, named(row.to)),
    h("td", { class: "num" }, rupees(row.amount)),
    h("td", { class: "num" }, rupees(row.cash_after)),
    h("td", { class: "wide muted" }, row.reference || ""),
  );
}

export const mount = widget((root, data, tools) => {
  let cursor = null;
  let turn = 0;
  const seen = new Set();
  const body = h("tbody");
  const said = h("div", { class: "empty" }, "Reading the ledger…");
  const older = h("button", { type: "button", class: "plain", hidden: true, onclick: () => more() }, "Older");
  const table = h(
    "div",
    { class: "scroll tall", role: "region", tabIndex: 0, "aria-label": "Ledger", hidden: true },
    h("table", { class: "grid ledger" }, thead(HEADS), body),
  );
  root.append(h("h3", null, "Ledger"), said, table, older);

  function show(items, top) {
    const fresh = items.filter((row) => !seen.has(row.id));
    fresh.forEach((row) => seen.add(row.id));
    body[top ? "prepend" : "append"](...fresh.map(line));
    said.hidden = seen.size > 0;
    table.hidden = !seen.size;
    older.hidden = cursor === null;
    if (!seen.size)
      said.replaceChildren(
        h("strong", null, "Nothing has moved yet"),
        "Add virtual funds above, then place an order: each rupee it moves is a line here.",
      );
  }

  function trouble(refused, again) {
    said.hidden = false;
    said.replaceChildren(...missed("The ledger could not be read", refused, again));
  }

  const read = (after) => ask(withAccount(`/wallet/ledger?limit=${PAGE}${after ? `&cursor=${encodeURIComponent(after)}` : ""}`, account()));

  // The newest page. Where it does not reach what is shown, that is left behind, so that nothing is missing between.
  async function load() {
    const mine = (turn += 1);
    try {
      const page = await read(null);
      if (mine !== turn) return;
      const joins = page.items.some((row) => seen.has(row.id));
      if (!joins) {
        seen.clear();
        body.replaceChildren();
        cursor = page.next;
      }
      show(page.items, true);
    } catch (refused) {
      if (mine === turn) trouble(refused, load);
    }
  }

  async function more() {
    const mine = (turn += 1);
    try {
      const page = await read(cursor);
      if (mine !== turn) return;
      cursor = page.next;
      show(page.items, false);
    } catch (refused) {
      if (mine === turn) trouble(refused, more);
    }
  }

  const soon = tools.soon(load, SOON);
  tools.own(on("wallet", soon));
  tools.own(on("gap", soon));
  load();
  return {
    update(next) {
      const changed = next.seat.account !== data.seat.account;
      data = next;
      if (!changed) return;
      seen.clear();
      body.replaceChildren();
      cursor = null;
      load();
    },
  };
});
