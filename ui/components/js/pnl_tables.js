// Profit by symbol and product, by day of the calendar, and the tables of ratios and charges.

import { h } from "./dom.js";
import { number, percent, rupees, signed, tone } from "./money.js";
import { day as dayText, whole } from "./time.js";

const KINDS = {
  brokerage: "Brokerage", stt: "STT", exchange: "Exchange", ipft: "IPFT", sebi: "SEBI", stamp: "Stamp duty", gst: "GST",
  dp: "DP",
};
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const DAY = 86400000;

const plainly = (value) => (value === null || value === undefined ? "–" : number(value));
const share = (value) => (value === null || value === undefined ? "–" : percent(value * 100));

function pairs(title, rows) {
  return h(
    "section",
    { class: "sum" },
    h("h3", null, title),
    h(
      "table",
      null,
      h(
        "tbody",
        null,
        rows.map(([label, ...cells]) =>
          h("tr", { class: label === "Total" ? "total" : "" }, h("td", null, label), cells.map((text) => h("td", { class: "num" }, text))),
        ),
      ),
    ),
  );
}

export function statistics(told, days) {
  const factor = told.profit_factor === null && told.wins ? "no losses" : plainly(told.profit_factor);
  const volatility = told.volatility === null ? "–" : `${number(told.volatility * 100)}%`;
  const node = pairs("Statistics", [
    ["Round trips", String(told.trips)],
    ["Average win", rupees(told.average_win)],
    ["Average loss", rupees(told.average_loss)],
    ["Payoff (win ÷ loss)", plainly(told.payoff)],
    ["Profit factor", factor],
    ["Expectancy a trip", signed(told.expectancy, 2, true)],
    ["CAGR", share(told.cagr)],
    ["Volatility, a year", volatility],
    ["Sharpe (rf 0)", plainly(told.sharpe)],
    ["Sortino", plainly(told.sortino)],
    ["Longest drawdown, days", String(told.longest_drawdown_days)],
  ]);
  if (days < 30)
    node.append(
      h(
        "p",
        { class: "muted check" },
        `${days === 1 ? "1 day" : `${days} days`}: Sharpe and Sortino are shown from 20 days on, figures a year from 30.`,
      ),
    );
  return node;
}

export function charges(told) {
  const rows = Object.entries(KINDS).filter(([key]) => told[key]);
  if (!rows.length) return h("section", { class: "sum" }, h("h3", null, "Charges by kind"), h("p", { class: "muted" }, "None in this range."));
  const base = told.total || 1;
  return pairs("Charges by kind", [
    ...rows.map(([key, label]) => [label, rupees(told[key]), `${number((told[key] / base) * 100, 1)}%`]),
    ["Total", rupees(told.total), ""],
  ]);
}

// Rows with a bar each, sorted by what their heading says; pressed again it turns round.
export function shares(title, rows, key) {
  const low = Math.min(0, ...rows.map((row) => row[key]));
  const high = Math.max(0, ...rows.map((row) => row[key]));
  const span = high - low || 1;
  const zero = (-low / span) * 100;
  const heads = [[title, "name"], ["", null], ["Gross", "gross"], ["Charges", "charges"], ["Net", "net"], ["Trades", "trades"]];
  const body = h("tbody");
  const order = { by: key, down: true };

  function bar(value) {
    const wide = (Math.abs(value) / span) * 100;
    const piece = h("i", { class: value < 0 ? "loss" : "gain" });
    Object.assign(piece.style, { left: `${value < 0 ? zero - wide : zero}%`, width: `${wide}%` });
    const track = h("div", { class: "track", "aria-hidden": "true" }, piece);
    track.style.setProperty("--zero", `${zero}%`);
    return track;
  }

  function fill() {
    const way = order.down ? -1 : 1;
    const sorted = [...rows].sort((one, two) =>
      order.by === "name" ? -way * one.name.localeCompare(two.name) : way * (one[order.by] - two[order.by]),
    );
    const money = (value) => h("td", { class: "num", "data-tone": tone(value) }, signed(value, 2, true));
    body.replaceChildren(
      ...sorted.map((row) =>
        h(
          "tr",
          null,
          h("td", null, row.name),
          h("td", { class: "bar" }, bar(row[key])),
          money(row.gross),
          h("td", { class: "num" }, rupees(row.charges)),
          money(row.net),
          h("td", { class: "num" }, String(row.trades)),
        ),
      ),
    );
    cells.forEach(({ cell, name }) => {
      if (name === order.by) cell.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
  }

  const cells = heads.map(([label, name]) => ({
    name,
    cell: h(
      "th",
      { class: name === "name" ? "" : name === null ? "bar" : "num", scope: "col" },
      name === null
        ? ""
        : h(
            "button",
            {
              type: "button",
              onclick: () => {
                Object.assign(order, { by: name, down: order.by === name ? !order.down : true });
                fill();
              },
            },
            label,
          ),
    ),
  }));
  fill();
  return h(
    "section",
    null,
    h("h3", null, `By ${title.toLowerCase()}`),
    h(
      "div",
      { class: "scroll tall" },
      h("table", { class: "grid shares" }, h("thead", null, h("tr", null, cells.map((each) => each.cell))), body),
    ),
  );
}

// A square a day, weeks from left to right: colour by gain or loss, shade by size.
export function calendar(days, key) {
  const stamp = (iso) => Date.parse(`${iso.slice(0, 10)}T00:00:00Z`);
  const weekday = (at) => (new Date(at).getUTCDay() + 6) % 7;
  const by = new Map(days.map((each) => [stamp(each.date), each]));
  const first = stamp(days[0].date);
  const start = first - weekday(first) * DAY;
  const weeks = Math.max(8, Math.floor((stamp(days[days.length - 1].date) - start) / (7 * DAY)) + 1);
  const most = Math.max(...days.map((each) => Math.abs(each[key]))) || 1;
  const iso = (at) => new Date(at).toISOString().slice(0, 10);
  const node = h("div", { class: "weeks", role: "img", "aria-label": "Profit of each day as a calendar" });
  node.append(h("span"), ...DAYS.map((name) => h("span", { class: "name" }, name)));
  let month = "";
  for (let week = 0; week < weeks; week += 1) {
    const monday = start + week * 7 * DAY;
    const named = dayText(iso(monday)).split(" ")[1];
    node.append(h("span", { class: "month" }, named === month ? "" : named));
    month = named;
    for (let place = 0; place < 7; place += 1) {
      const found = by.get(monday + place * DAY);
      const cell = h("span", {
        class: "day",
        title: found ? `${DAYS[place]} ${whole(found.date)}: ${signed(found[key], 2, true)}` : null,
      });
      const value = found?.[key] || 0;
      const deep = Math.round(18 + (Math.abs(value) / most) * 82);
      const ink = value > 0 ? "var(--gain)" : "var(--loss)";
      if (value) cell.style.background = `color-mix(in srgb, ${ink} ${deep}%, var(--hover))`;
      else if (found) cell.style.background = "var(--hover)";
      else cell.style.boxShadow = "inset 0 0 0 1px var(--hover)";
      node.append(cell);
    }
  }
  return h("section", { class: "days" }, h("h3", null, `Calendar, ${key}`), node);
}
