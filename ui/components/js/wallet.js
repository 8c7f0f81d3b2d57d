// Funds as sums that visibly add up, live: what you own, what you can use, what changed today.

import { ask, keyOf, withAccount } from "./base.js";
import { account, on, unwant, want } from "./bus.js";
import { h } from "./dom.js";
import { arrow, rupees, signed, toPaise, tone } from "./money.js";
import { nextFrame, put, toneOf } from "./paint.js";

import { lastOf, state, takePositions, takeWallet, unrealisedOf } from "./store.js";
import { clock } from "./time.js";
import { widget } from "./widget.js";

// Label, key, sign, and what it is in one line. A row without a sign is the sum of those above it.
const OWN = [
  ["Cash", "cash", "+", "Money you may use for orders or take out."],
  [
    "Held for orders",
    "held",
    "+",
    "Set aside for open orders: worst price times quantity plus worst charges, or their margin. Comes back when they end.",
  ],
  [
    "Margin of positions",
    "margin",
    "+",
    "Blocked for open positions in futures, options written, and intraday shares.",
  ],
  [
    "Invested",
    "invested",
    "+",
    "What open shares and options cost; negative for options written, whose premium you have received.",
  ],
  [
    "Unsettled",
    "unsettled",
    "+",
    "Proceeds of shares sold before they reached the demat account. Cash on the next trading date.",
  ],
  ["Today's gains", "gains", "+", "Profits closed today. Cash on the next trading date."],
  [
    "Option credit",
    "option_credit",
    "+",
    "Proceeds of long options sold today: can buy options today, cash on the next trading date.",
  ],
  ["Balance", "balance", "=", "The sum of the seven."],
  ["Unrealised", "unrealised", "+", "Profit or loss of what is open, at the last prices."],
  ["Equity", "equity", "=", "What the book is worth now: balance plus unrealised."],
];
const USE = [
  ["Cash", "cash", "+", "As above."],
  [
    "Unrealised loss, blocked",
    "blocked_loss",
    "−",
    "The running loss of intraday shares and futures, taken off as it grows.",
  ],
  ["Available", "available", "=", "What a new order may use now: cash minus blocked loss."],
  ["Option credit", "option_credit", "+", "Adds to it for buying options."],
  ["Available for options", "available_for_options", "=", "Available plus option credit."],
];
const TODAY = [
  ["Equity at the open", "opening_equity", "+", "What the book was worth when the trading date began."],
  ["Deposits", "deposits", "+", "Money added today."],
  ["Withdrawals", "withdrawals", "−", "Money taken out today."],
  ["Realised", "realised", "+", "Profit of what was closed today, before charges."],
  ["Unrealised, change", "unrealised_change", "+", "How much the profit of what is open has changed since the open."],
  ["Charges", "charges", "−", "Brokerage and the statute's charges of today's trades."],
  ["Equity", "equity", "=", "The sum; the same equity as above."],
];

function sum(title, lines) {
  const cells = new Map();
  const node = h(
    "section",
    { class: "sum" },
    h("h3", null, title),
    h(
      "table",
      null,
      h(
        "tbody",
        null,
        lines.map(([label, key, sign, why]) => {
          const cell = h("td", { class: "num" }, "–");
          cells.set(key, { cell, sign });
          return h(
            "tr",
            { class: sign === "=" ? "total" : "" },
            h("td", { class: "sign muted", "aria-hidden": "true" }, sign),
            h(
              "td",
              null,
              h("span", { class: "what", tabIndex: 0, title: why, "aria-label": `${label}. ${why}` }, label),
            ),
            cell,
          );
        }),
      ),
    ),
  );
  return { node, cells };
}

export const mount = widget((root, data, tools) => {
  let fault = null;
  let holdings = [];
  const headline = {
    available: h("div", { class: "figure" }, "–"),
    used: h("div", { class: "figure" }, "–"),
    equity: h("div", { class: "figure" }, "–"),
    day: h("div", { class: "figure" }, "–"),
  };
  const sums = [sum("What you own", OWN), sum("What you can use", USE), sum("Today", TODAY)];
  const blocked = h("section", { class: "sum" });
  const said = h("div", { class: "empty", hidden: true });
  const checked = h("div", { class: "muted check" });
  const card = (label, node, why) =>
    h("div", { class: "card", title: why }, h("div", { class: "muted" }, label), node);
  root.append(
    h(
      "div",
      { class: "cards" },
      card("Available", headline.available, "Cash minus blocked loss: what a new order may use."),
      card("Used", headline.used, "Held for orders plus margin of positions plus invested."),
      card("Equity", headline.equity, "Balance plus unrealised."),
      card(
        "Today, net of charges",
        headline.day,
        "Equity now, minus equity at the open and the day's deposits less withdrawals.",
      ),
    ),
    said,
    h(
      "div",
      { class: "sums" },
      sums.map((each) => each.node),
      blocked,
    ),
    checked,
  );

  // The wallet with its unrealised figures moved on by the ticks since it was made; integer paise.
  function now() {
    const wallet = {};
    for (const [key, value] of Object.entries(state.wallet))
      if (typeof value === "number" && key !== "version") wallet[key] = toPaise(value);
    const rows = [...state.positions.values()].filter((row) => row.account === account() && row.quantity);
    let drift = 0;
    for (const row of rows) drift += unrealisedOf(row) - toPaise(row.unrealised);
    for (const row of holdings)
      drift += (toPaise(lastOf(row)) - toPaise(row.last_price)) * (row.quantity + row.t1_quantity);
    wallet.unrealised += drift;
    wallet.unrealised_change += drift;
    wallet.equity = wallet.balance + wallet.unrealised;
    return wallet;
  }

  function paint() {
    if (!state.wallet) return;
    const wallet = now();
    for (const { cells } of sums) {
      for (const [key, { cell }] of cells) {
        put(cell, rupees(wallet[key] / 100));
        if (key === "unrealised" || key === "unrealised_change" || key === "realised")
          toneOf(cell, tone(wallet[key]));
      }
    }
    put(headline.available, rupees(wallet.available / 100));
    put(headline.used, rupees((wallet.held + wallet.margin + wallet.invested) / 100));
    put(headline.equity, rupees(wallet.equity / 100));
    const day = wallet.realised + wallet.unrealised_change - wallet.charges;
    put(headline.day, `${arrow(day)} ${signed(day / 100, 2, true)}`.trim());
    toneOf(headline.day, tone(day));
    const parts = OWN.slice(0, 7).reduce((total, [, key]) => total + wallet[key], 0);
    const even =
      parts === wallet.balance &&
      wallet.opening_equity +
        wallet.deposits -
        wallet.withdrawals +
        wallet.realised +
        wallet.unrealised_change -
        wallet.charges ===
        wallet.equity;
    put(
      checked,
      even
        ? `✓ adds up to the paisa, ${clock(state.wallet.as_of)} IST`
        : "✕ these figures do not add up: tell an administrator",
    );
    checked.dataset.tone = even ? "" : "loss";
  }

  function drawBlocked() {
    const { holds = [], margins = [] } = state.wallet || {};
    const lines = [
      ...holds.map((hold) => [`Order ${hold.order_id}`, toPaise(hold.cash) + toPaise(hold.credit), "held"]),
      ...margins.flatMap((group) => [
        [`${group.underlying} positions`, toPaise(group.position_margin), "margin"],
        [`${group.underlying} orders`, toPaise(group.order_margin), "held"],
      ]),
    ].filter((line) => line[1]);
    blocked.replaceChildren(
      h("h3", null, "What is blocked, and for what"),
      lines.length
        ? h(
            "table",
            null,
            h(
              "tbody",
              null,
              lines.map(([label, paise, kind]) =>
                h(
                  "tr",
                  null,
                  h("td", null, label),
                  h("td", { class: "muted" }, kind),
                  h("td", { class: "num" }, rupees(paise / 100)),
                ),
              ),
            ),
          )
        : h("p", { class: "muted" }, "Nothing: no open order or position blocks money."),
    );
  }

  async function load() {
    try {
      const [positions, held, wallet] = await Promise.all(
        ["/positions", "/holdings", "/wallet"].map((path) => ask(withAccount(path, account()))),
      );
      takePositions(positions.items, positions.version);
      holdings = held.items;
      takeWallet(wallet);
      fault = null;
    } catch (refused) {
      fault = refused;
    }
    said.hidden = !fault;
    if (fault)
      said.replaceChildren(
        h("strong", null, "Funds could not be loaded"),
        fault.message,
        " ",
        h("button", { type: "button", class: "plain", onclick: load }, "Try again"),
      );
    want(tools.name, [...new Set([...state.positions.values(), ...holdings].map(keyOf))]);
    drawBlocked();
    paint();
  }

  tools.own(
    on("wallet", () =>
      nextFrame(tools.name, () => {
        drawBlocked();
        paint();
      }),
    ),
  );
  tools.own(on("quotes", () => nextFrame(`${tools.name} prices`, paint)));
  tools.own(on("positions", () => nextFrame(`${tools.name} prices`, paint)));
  tools.own(on("trade", () => setTimeout(load, 400)));
  tools.own(on("gap", load));
  tools.own(() => unwant(tools.name));
  load();
  return {
    update(next) {
      const changed = next.seat.account !== data.seat.account;
      data = next;
      if (changed) load();
    },
  };
});
