// Round trips by what they have in common: which way, in what, on which day of the week, at what hour.

import { h } from "./dom.js";
import { rupees, signed, tone } from "./money.js";

const TRAITS = [
  ["side", "By side"],
  ["segment", "By segment"],
  ["weekday", "By weekday of closing"],
  ["hour", "By hour of closing (IST)"],
  ["result", "By result, in R (one R is the average loss)"],
  ["tag", "By tag of the order that opened it"],
];
const WORDS = { LONG: "Long", SHORT: "Short", CASH: "Shares", DERIVATIVES: "Futures and options" };
const HEADS = [
  ["Trips", "How many round trips: each share of win and mean beside it is of so many."],
  ["Won", "Wins among wins and losses, net of charges."],
  ["Net", "After the charges of both sides."],
  ["A trip", "Net profit of one round trip on average."],
];

const named = (trait, name) => (trait === "hour" ? `${name}:00 to ${name}:59` : WORDS[name] || name);

function line(trait, row) {
  const money = (value) => h("td", { class: "num", "data-tone": tone(value) }, signed(value, 2, true));
  return h(
    "tr",
    null,
    h("td", null, named(trait, row.name)),
    h("td", { class: "num" }, String(row.trips)),
    h("td", { class: "num" }, row.win_rate === null ? "–" : `${Math.round(row.win_rate * 100)}%`),
    money(row.net),
    row.expectancy === null ? h("td", { class: "num" }, "–") : money(row.expectancy),
  );
}

function table(trait, title, rows) {
  return h(
    "section",
    null,
    h("h3", null, title),
    h(
      "table",
      { class: "grid traits", "aria-label": title },
      h(
        "thead",
        null,
        h("tr", null, h("th", { scope: "col" }, ""), HEADS.map(([label, why]) => h("th", { class: "num", scope: "col", title: why }, label))),
      ),
      h("tbody", null, rows.map((row) => line(trait, row))),
    ),
  );
}

// The tables of a report's groups; nothing where no round trip has been closed.
export function traits(groups) {
  if (!groups?.side?.length) return "";
  return h("div", { class: "halves" }, TRAITS.filter(([name]) => groups[name]?.length).map(([name, title]) => table(name, title, groups[name])));
}

// What the trips of a range were like, for the table of statistics: [label, value, of how many, name of its definition].
export function tripLines(told) {
  const factor = told.profit_factor === null && told.wins ? "no losses" : told.profit_factor;
  const decided = sample(told.wins + told.losses);
  const counted = told.trips ? `${told.wins} won, ${told.losses} lost${told.flat ? `, ${told.flat} even` : ""}` : "";
  const inR = (value) => (value === null || value === undefined ? "–" : `${signed(value)} R`);
  return [
    ["Round trips", String(told.trips), counted, "trips"],
    ["Net of the trips", signed(told.trips_net, 2, true), sample(told.trips), "trips_net"],
    ["Open and carried", told.trips_net === undefined ? "–" : signed(told.net - told.trips_net, 2, true), "", "carried"],
    ["Average win", rupees(told.average_win), sample(told.wins), "average_win"],
    ["Average loss (1 R)", rupees(told.average_loss), sample(told.losses), "average_loss"],
    ["Payoff (win ÷ loss)", told.payoff, decided, "payoff"],
    ["Profit factor", factor, decided, "profit_factor"],
    ["Expectancy a trip", signed(told.expectancy, 2, true), sample(told.trips), "expectancy"],
    ["Expectancy in R", inR(told.expectancy_r), sample(told.trips), "expectancy_r"],
    ["Best and worst", told.trips && told.best !== undefined ? `${rupees(told.best, 0)} / ${rupees(told.worst, 0)}` : "–", ""],
  ];
}

export const sample = (count) => (count ? `of ${count}` : "");
