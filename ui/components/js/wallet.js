// Funds as sums that visibly add up, live: what you own, what you can use, what changed today.

import { ask, keyOf, withAccount } from "./base.js";
import { account, on, unwant, want } from "./bus.js";
import { h, missed, sums } from "./dom.js";
import { explained } from "./explained.js";
import { callWords } from "./margin_call.js";
import { arrow, quantity, rupees, signed, toPaise, tone } from "./money.js";
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
  [
    "Opening balance",
    "opening_balance",
    "+",
    "All your balances as the trading date began: yesterday's closing ledger.",
  ],
  ["Pay-in", "deposits", "+", "Money added today."],
  ["Pay-out", "withdrawals", "−", "Money taken out today."],
  ["Realised profit", "realised", "+", "Profit or loss of what was closed today, before charges."],
  ["Charges", "charges", "−", "Brokerage and the statute's charges of today's trades, and interest on what you owe."],
  ["Balance", "balance", "=", "What is in the ledger now, used or not."],
  [
    "SPAN margin",
    "span",
    "−",
    "Worst loss of your futures and options over 16 scenarios of price and volatility, less what the options are worth.",
  ],
  [
    "Exposure margin",
    "exposure",
    "−",
    "A part of the notional of futures and written options: 2 % of an index, 3.5 % of a share, more far out of the money.",
  ],
  [
    "Add-on margin",
    "add_ons",
    "−",
    "Of contracts that end today: 2 % of the notional of index options written; of stock futures and stock options written half as much again as their margin, up to half of their value.",
  ],
  [
    "Delivery margin",
    "delivery_margin",
    "−",
    "Of stock options held in the money that end soon: 10 %, 25 %, 45 % and 70 % of the share's value at risk and extreme loss with four, three, two and one trading days left.",
  ],
  [
    "MIS margin",
    "mis_margin",
    "−",
    "Of shares held intraday: a fifth of their price, or value at risk and extreme loss where that is more.",
  ],
  [
    "Open orders",
    "held",
    "−",
    "Worst price and charges of open purchases, and the margin that other open orders could add.",
  ],
  ["Delivery", "delivery", "−", "What shares you hold have cost."],
  [
    "Option premium",
    "option_premium",
    "−",
    "Premium paid for options you hold, less premium received for options written.",
  ],
  [
    "Unsettled sales",
    "unsettled",
    "−",
    "Proceeds of shares sold before they reached the demat account: usable on the next trading date.",
  ],
  ["Today's gains", "gains", "−", "Profits closed today: usable on the next trading date."],
  [
    "Option credit",
    "option_credit",
    "−",
    "Proceeds of long options sold today: usable for options today, for all else on the next trading date.",
  ],
  [
    "Unrealised loss",
    "blocked_loss",
    "−",
    "The running loss of intraday shares and futures, taken off as it grows; running profit is not added.",
  ],
  ["Available", "available", "=", "What a new order may use now."],
];
// Not a sum: what of the available can be used for what.
const LIMITS = [
  ["Available for options", "available_for_options", "", "Available plus option credit."],
  [
    "Holding sales",
    "holding_sales",
    "",
    "Today's proceeds of shares from the demat account: in what is available, withdrawn once they settle.",
  ],
  [
    "Withdrawable",
    "withdrawable",
    "",
    "Available less today's sales of demat shares, which settle tomorrow; never below zero.",
  ],
];
const TODAY = [
  ["Equity at the open", "opening_equity", "+", "What the book was worth when the trading date began."],
  ["Deposits", "deposits", "+", "Money added today."],
  ["Withdrawals", "withdrawals", "−", "Money taken out today."],
  ["Realised", "realised", "+", "Profit of what was closed today, before charges."],
  [
    "Unrealised, change",
    "unrealised_change",
    "+",
    "How much the profit of what is open has changed since the open.",
  ],
  ["Charges", "charges", "−", "Brokerage and the statute's charges of today's trades, and interest on what you owe."],
  ["Equity", "equity", "=", "The sum; the same equity as above."],
];

function sum(title, lines) {
  const cells = new Map();
  const node = sums(
    title,
    lines.map(([label, key, sign, why]) => {
      const cell = h("td", { class: "num" }, "–");
      cells.set(key, { cell, sign });
      return h(
        "tr",
        { class: sign === "=" ? "total" : "" },
        h("td", { class: "sign muted", "aria-hidden": "true" }, sign),
        h("td", null, explained(label, why)),
        cell,
      );
    }),
  );
  return { node, cells };
}

// Whether the rows before the last add up to it; what is unrealised moves with the prices and is no part of these.
function adds(rows, wallet) {
  const signs = { "+": 1, "−": -1 };
  const total = rows.slice(0, -1).reduce((sofar, [, key, sign]) => sofar + signs[sign] * wallet[key], 0);
  return total === wallet[rows[rows.length - 1][1]];
}

// What blocks money: [words, paise, "held" or "margin", where it is shown].
function blockers({ holds = [], margins = [] }) {
  const order = (id) => {
    const row = state.orders.get(id);
    return row ? `${row.side} ${quantity(row.quantity)} ${row.symbol}, order ${id}` : `Order ${id}`;
  };
  const parts = ({ underlying, segment, ...group }) => {
    const name = underlying.replace(/^[A-Z]+:/, "");
    const place = ["positions", name];
    const own =
      segment === "CASH"
        ? [[`${name} MIS margin`, toPaise(group.position_margin), "margin", place]]
        : [
            [`${name} SPAN`, toPaise(group.span), "margin", place],
            [`${name} exposure`, toPaise(group.exposure), "margin", place],
            [`${name} add-ons`, toPaise(group.add_ons), "margin", place],
            [`${name} delivery margin`, toPaise(group.delivery), "margin", place],
          ];
    // Orders are found by their own symbols, which a contract does not share with what it is of.
    const orders = ["orders", segment === "CASH" ? name : ""];
    return [...own, [`${name} orders`, toPaise(group.order_margin), "held", orders]];
  };
  return [
    ...holds.map((hold) => [order(hold.order_id), toPaise(hold.cash) + toPaise(hold.credit), "held", ["orders", hold.order_id]]),
    ...margins.flatMap(parts),
  ].filter((line) => line[1]);
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
  const groups = [
    sum("What you own", OWN),
    sum("What you can use", USE),
    sum("Today", TODAY),
    sum("Of what is available", LIMITS),
  ];
  const blocked = h("section", { class: "sum" });
  const called = h("div", { class: "called", role: "alert", hidden: true });
  const said = h("div", { class: "empty", hidden: true });
  const checked = h("div", { class: "muted check" });
  const card = (label, node, why) =>
    h("div", { class: "card" }, h("div", { class: "muted" }, explained(label, why)), node);
  root.append(
    called,
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
      groups.map((each) => each.node),
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
    for (const { cells } of groups) {
      for (const [key, { cell }] of cells) {
        put(cell, rupees(wallet[key] / 100));
        if (key === "unrealised" || key === "unrealised_change" || key === "realised")
          toneOf(cell, tone(wallet[key]));
      }
    }
    put(headline.available, rupees(wallet.available / 100));
    toneOf(headline.available, wallet.available < 0 ? "loss" : "");
    put(headline.used, rupees((wallet.held + wallet.margin + wallet.invested) / 100));
    put(headline.equity, rupees(wallet.equity / 100));
    const day = wallet.realised + wallet.unrealised_change - wallet.charges;
    put(headline.day, `${arrow(day)} ${signed(day / 100, 2, true)}`.trim());
    toneOf(headline.day, tone(day));
    const parts = OWN.slice(0, 7).reduce((total, [, key]) => total + wallet[key], 0);
    const even =
      parts === wallet.balance &&
      adds(USE.slice(0, 6), wallet) &&
      adds([["", "balance", "+"], ...USE.slice(6)], wallet) &&
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

  function drawCall() {
    const call = state.wallet?.margin_call;
    called.hidden = !call;
    if (!call) return;
    const [title, words] = callWords(call);
    called.replaceChildren(h("strong", null, title), words);
  }

  let listed = "";
  function drawBlocked() {
    const lines = blockers(state.wallet || {});
    const now = JSON.stringify(lines);
    if (now === listed) return; // the focus stays where it is
    listed = now;
    blocked.replaceChildren(
      h("h3", null, "What is blocked, and for what"),
      lines.length
        ? h(
            "table",
            null,
            h(
              "tbody",
              null,
              lines.map(([label, paise, kind, place]) =>
                h(
                  "tr",
                  null,
                  h("td", null, h("button", { type: "button", class: "link", onclick: () => tools.trigger("go", place) }, label)),
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
    if (fault) said.replaceChildren(...missed("Funds could not be loaded", fault, load));
    want(tools.name, [...new Set([...state.positions.values(), ...holdings].map(keyOf))]);
    drawCall();
    drawBlocked();
    paint();
  }

  tools.own(
    on("wallet", () =>
      nextFrame(tools.name, () => {
        drawCall();
        drawBlocked();
        paint();
      }),
    ),
  );
  tools.own(on("orders", () => nextFrame(`${tools.name} blocked`, drawBlocked)));
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
