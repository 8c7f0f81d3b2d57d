// Profit and loss over time: is this book making money, where from, and what does it cost?

import { ask, withAccount } from "./base.js";
import { account, on } from "./bus.js";
import { h } from "./dom.js";
import { number, percent, rupees, signed, tone } from "./money.js";
import { curve } from "./pnl_curve.js";
import { calendar, charges, shares, statistics } from "./pnl_tables.js";
import { widget } from "./widget.js";

const AGAIN = 1500; // after a trade: what belongs to it has been written by then

// One of several words, pressed.
function choice(words, chosen, name, pick) {
  const node = h("div", { role: "group", "aria-label": name });
  const fill = (now) =>
    node.replaceChildren(
      ...words.map((word) =>
        h(
          "button",
          {
            type: "button",
            "aria-pressed": String(word === now),
            onclick: () => {
              fill(word);
              pick(word);
            },
          },
          word,
        ),
      ),
    );
  fill(chosen);
  return node;
}

function headline(report, basis) {
  const told = report.statistics;
  const card = (label, text, why, mood = "") =>
    h("div", { class: "card", title: why }, h("div", { class: "muted" }, label), h("div", { class: "figure", "data-tone": mood }, text));
  const part = told.gross > 0 ? `${number((report.charges.total / told.gross) * 100, 1)}% of the gross profit.` : "Brokerage and the statute's charges in this range.";
  const profit = told[basis];
  return h(
    "div",
    { class: "cards five" },
    card(`${basis === "net" ? "Net" : "Gross"} P&L`, signed(profit, 2, true), "Gross is before charges, net after them. Deposits do not count.", tone(profit)),
    card("Return, time-weighted", told.total_return === null ? "–" : percent(told.total_return * 100), "Growth of a rupee that stayed in, whatever was paid in or out.", tone(told.total_return)),
    card("Charges", rupees(report.charges.total), part),
    card("Largest drawdown", told.max_drawdown === null ? "–" : percent(told.max_drawdown * 100), `From the best so far, in ${report.days.length} days: ${rupees(told.max_drawdown_rupees)}.`),
    card("Win rate", told.win_rate === null ? "–" : `${Math.round(told.win_rate * 100)}%`, `${told.wins} won, ${told.losses} lost, ${told.flat} even: round trips net of charges.`),
  );
}

// One line that must add up to the paisa, as the server reckoned it.
function reconciliation(told) {
  const parts = [
    ["deposits", told.deposits],
    ["withdrawals", -told.withdrawals],
    ["realised", told.realised],
    ["change of unrealised", told.unrealised_change],
    ["charges", -told.charges],
  ].filter(([, value]) => value);
  const line = [
    `${rupees(told.opening_equity)} at the start`,
    ...parts.map(([label, value]) => `${value > 0 ? "+" : "−"} ${rupees(Math.abs(value))} ${label}`),
    "= ",
  ].join(" ");
  const total = h("strong", null, rupees(told.equity));
  if (told.balanced) return h("p", { class: "adds" }, h("b", null, "✓ adds up"), ` · ${line}`, total, " equity");
  const off = told.lines.filter((each) => each.difference).map((each) => `${each.name} by ${rupees(each.difference)}`);
  return h(
    "p",
    { class: "adds off", role: "alert" },
    `These figures do not agree with the ledger (${off.join("; ") || told.days.join(", ")}): ${line}`,
    total,
    " equity",
  );
}

const worth = (report) => report.days.some((each) => each.equity || each.deposits || each.trades);

export const mount = widget((root, data, tools) => {
  let { range, basis } = data;
  let report = null;
  let asked = 0;
  let timer = 0;
  const chart = curve();
  const above = h("div");
  const beside = h("div");
  const below = h("div");
  const said = h("div", { class: "empty" }, "Adding up…");
  const board = h("div", { hidden: true }, above, h("div", { class: "board" }, chart.node, beside), below);
  root.append(
    h(
      "div",
      { class: "pick" },
      choice(Object.keys(data.ranges), range, "Range", (word) => {
        range = word;
        // Python hears of it too: the files below are of the same range.
        tools.args.setStateValue("range", word);
        load();
      }),
      choice(["Net", "Gross"], basis, "Basis", (word) => {
        basis = word;
        remember();
        draw();
      }),
    ),
    said,
    board,
  );

  // The address names what is shown, so that a link of it shows the same.
  function remember() {
    const place = new URL(location.href);
    for (const [name, value, usual] of [["range", range, "All"], ["basis", basis, "Net"]]) {
      if (value === usual) place.searchParams.delete(name);
      else place.searchParams.set(name, value);
    }
    if (place.href !== location.href) history.replaceState(history.state, "", place);
  }

  function draw() {
    if (!report) return;
    const full = worth(report);
    said.hidden = full;
    board.hidden = !full;
    if (!full) {
      said.replaceChildren(
        h("strong", null, "Nothing to analyse yet"),
        "The first trading date that closes with money in the book appears here, with its profit and every charge.",
      );
      return;
    }
    const key = basis.toLowerCase();
    above.replaceChildren(headline(report, key), reconciliation(report.reconciliation));
    beside.replaceChildren(statistics(report.statistics, report.days.length), charges(report.charges));
    chart.draw(report, key);
    below.replaceChildren(
      calendar(report.days, key),
      h("div", { class: "halves" }, shares("Symbol", report.symbols, key), shares("Product", report.products, key)),
    );
  }

  async function load() {
    const turn = (asked += 1);
    remember();
    const start = data.ranges[range];
    try {
      const answer = await ask(withAccount(start ? `/pnl?since=${start}` : "/pnl", account()), { timeout: 30000 });
      if (turn !== asked) return;
      report = answer;
      draw();
    } catch (refused) {
      if (turn !== asked) return;
      board.hidden = true;
      said.hidden = false;
      said.replaceChildren(
        h("strong", null, "The report could not be loaded"),
        refused.message,
        " ",
        h("button", { type: "button", class: "plain", onclick: load }, "Try again"),
      );
    }
  }

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(load, AGAIN);
  };
  tools.own(on("trade", soon));
  tools.own(on("gap", soon));
  tools.own(() => clearTimeout(timer));
  tools.own(chart.end);
  load();
  return {
    update(next) {
      const changed = next.seat.account !== data.seat.account;
      data = next;
      if (changed) load();
    },
  };
});
