// Ratios that roll over the days, what was open at each close, and how far round trips went before they ended.

import { MONEY_TICKS, axis, layout } from "./figures.js";
import { h } from "./dom.js";
import { number, percent, rupees, signed, tone } from "./money.js";
import { whole } from "./time.js";

const TALL = 190;
const LABEL = 84; // pixels that a date wants
const hover = "%{customdata}<extra></extra>";
const short = (iso) => whole(iso).replace(/ 20(?=\d\d$)/, " ’");

function overDays(ink, width, days, traces, more) {
  const x = days.map((day) => short(day.date));
  const every = Math.max(1, Math.ceil((days.length * LABEL) / width));
  return {
    data: traces.map((trace) => ({ x, hovertemplate: hover, ...trace })),
    layout: layout(ink, width, TALL, {
      margin: { l: 4, r: 8, t: 10, b: 24 },
      hovermode: "x unified",
      plot_bgcolor: ink.paper,
      xaxis: axis(ink, { type: "category", showgrid: false, tickvals: x.filter((_, at) => (x.length - 1 - at) % every === 0), ticklabeloverflow: "hide past div", automargin: false }),
      yaxis: axis(ink, { side: "right", nticks: 5, zeroline: true, ...more }),
    }),
  };
}

// Of the days that have them; null where there are too few.
export function rolling(days) {
  const some = days.filter((day) => Number.isFinite(day.rolling_sharpe) || Number.isFinite(day.rolling_sortino));
  if (some.length < 2) return null;
  return (ink, width) => {
    const one = (key, name, colour, dash) => ({
      type: "scatter", mode: "lines", y: some.map((day) => day[key]), line: { color: colour, width: 1.8, dash },
      customdata: some.map((day) => `${name} ${number(day[key])}`),
    });
    return overDays(ink, width, some, [one("rolling_sharpe", "Sharpe", ink["buy-text"], "solid"), one("rolling_sortino", "Sortino", ink.warn, "dash")], { tickformat: ".1~f" });
  };
}

const share = (day) => (day.equity > 0 ? (day.exposure / day.equity) * 100 : null);

export function exposure(days) {
  if (!days.some((day) => day.exposure)) return null;
  return (ink, width) =>
    overDays(ink, width, days, [{ type: "bar", y: days.map(share), width: days.length < 4 ? 0.3 : null, marker: { color: ink["buy-text"] },
      customdata: days.map((day) => `Open ${rupees(day.exposure)}<br>${number(share(day), 1)}% of equity`) }], { ticksuffix: "%", tickformat: ",.0f", rangemode: "tozero" });
}

const reached = (trips) => trips.filter((trip) => trip.adverse !== null && trip.adverse !== undefined);

// A dot a trip: how far it went against to the right, how far for it upwards.
export function excursions(trips) {
  const some = reached(trips);
  if (!some.length) return null;
  return (ink, width) => {
    const dots = (won, colour, symbol) => {
      const these = some.filter((trip) => trip.net >= 0 === won);
      return {
        type: "scatter", mode: "markers", x: these.map((trip) => -trip.adverse), y: these.map((trip) => trip.favourable),
        marker: { color: colour, size: 7, symbol, opacity: 0.75 }, hovertemplate: hover,
        customdata: these.map((trip) => `<b>${trip.symbol}</b> ${whole(trip.closed_at)}<br>Net ${signed(trip.net, 2, true)}<br>Against it ${rupees(-trip.adverse)}<br>For it ${rupees(trip.favourable)}`),
      };
    };
    const title = (text) => ({ text, font: { size: 11, color: ink.muted }, standoff: 6 });
    return {
      data: [dots(true, ink.gain, "circle"), dots(false, ink.loss, "x")],
      layout: layout(ink, width, 280, {
        margin: { l: 8, r: 8, t: 10, b: 34 },
        hovermode: "closest",
        plot_bgcolor: ink.paper,
        xaxis: axis(ink, { tickformat: MONEY_TICKS, nticks: Math.max(3, Math.floor(width / 110)), title: title("Against it while held (MAE)"), rangemode: "tozero" }),
        yaxis: axis(ink, { side: "right", tickformat: MONEY_TICKS, nticks: 6, title: title("For it (MFE)"), rangemode: "tozero" }),
      }),
    };
  };
}

const ended = (days, key) => [...days].reverse().find((day) => Number.isFinite(day[key]))?.[key] ?? null;
export const rollingTold = (days) => `Ratios of the last twenty days at each day: Sharpe is ${number(ended(days, "rolling_sharpe"))} now, Sortino ${number(ended(days, "rolling_sortino"))}.`;
export const exposureTold = (days) => `What was open at each close: ${rupees(days[days.length - 1].exposure)} now, ${percent(share(days[days.length - 1]))} of equity.`;
export const excursionsTold = (trips) => `How far ${reached(trips).length} round trips went against and for the trader while they were held; each is in the table below.`;

// The trips of the figure as a table, made when it is opened.
const HEADS = [["Closed", ""], ["Instrument", ""], ["Side", "wide"], ["Qty", "num wide"], ["Against (MAE)", "num"], ["For (MFE)", "num"], ["Net", "num"]];
export function tripTable() {
  const place = h("div", { class: "scroll tall" });
  const node = h("details", { class: "twin" }, h("summary", null, "The round trips as a table"), place);
  let trips = [];
  function fill() {
    if (!node.open) return;
    const money = (value) => h("td", { class: "num", "data-tone": tone(value) }, signed(value, 2, true));
    place.replaceChildren(
      h("table", { class: "grid", "aria-label": "Round trips" },
        h("thead", null, h("tr", null, HEADS.map(([label, css]) => h("th", { class: css, scope: "col" }, label)))),
        h("tbody", null, trips.map((trip) =>
          h("tr", null,
            h("td", { class: "muted" }, whole(trip.closed_at)), h("td", null, trip.symbol), h("td", { class: "wide" }, trip.side === "LONG" ? "Long" : "Short"),
            h("td", { class: "num wide" }, number(trip.quantity, 0)), money(trip.adverse), money(trip.favourable), money(trip.net))))));
  }
  node.addEventListener("toggle", fill);
  return {
    node,
    draw(next) {
      trips = next;
      place.replaceChildren();
      fill();
    },
  };
}
