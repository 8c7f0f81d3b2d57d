// The payoff of a strategy as a figure: at the first expiry, and on the day and with the volatility that are chosen.

import { MONEY_TICKS, axis, layout } from "./figures.js";
import { number, signed } from "./money.js";

const TALL = 300;
const above = (values) => values.map((value) => Math.max(value, 0));
const below = (values) => values.map((value) => Math.min(value, 0));

// `of` is {prices, ended, then, spot, at, breakevens, when}: prices in rupees, `at` the price that is asked about.
export const payoff = (of) => (ink, width) => {
  const { prices, ended, then, spot, at, breakevens, when } = of;
  const told = prices.map((price, n) => `At ${number(price, 2)}<br>Expiry ${signed(ended[n], 0, true)}<br>${when} ${signed(then[n], 0, true)}`);
  const filled = (y, colour) => ({ type: "scatter", mode: "lines", x: prices, y, line: { width: 0 }, fill: "tozeroy", fillcolor: `${colour}24`, hoverinfo: "skip" });
  const upright = (x, colour, dash, width) => ({ type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, line: { color: colour, width, dash } });
  const mark = (x, text, colour) => ({ x, y: 1, yref: "paper", yanchor: "bottom", text, showarrow: false, font: { size: 11, color: colour } });
  return {
    data: [
      filled(above(ended), ink.gain),
      filled(below(ended), ink.loss),
      { type: "scatter", mode: "lines", x: prices, y: ended, line: { color: ink["buy-text"], width: 2 }, customdata: told, hovertemplate: "%{customdata}<extra></extra>" },
      { type: "scatter", mode: "lines", x: prices, y: then, line: { color: ink.warn, width: 1.6, dash: "dash" }, hoverinfo: "skip" },
    ],
    layout: layout(ink, width, TALL, {
      margin: { l: 8, r: 8, t: 22, b: 28 },
      hovermode: "x",
      plot_bgcolor: ink.paper,
      xaxis: axis(ink, { showgrid: false, tickformat: ",.0f", nticks: Math.max(3, Math.floor(width / 90)), range: [prices[0], prices[prices.length - 1]], zeroline: false }),
      yaxis: axis(ink, { side: "right", tickformat: MONEY_TICKS, nticks: 6, zeroline: true }),
      shapes: [
        upright(spot, ink.muted, "dot", 1),
        ...(Math.abs(at - spot) > spot * 1e-4 ? [upright(at, ink.warn, "dot", 1)] : []),
        ...breakevens.map((price) => upright(price, ink.line, "solid", 1)),
      ],
      annotations: [mark(spot, `Spot ${number(spot, 0)}`, ink.text)],
    }),
  };
};

export const payoffTold = ({ prices, ended, spot, breakevens }) =>
  `Profit at expiry by price of the underlying, from ${number(prices[0], 0)} to ${number(prices[prices.length - 1], 0)}: ` +
  `${signed(ended[0], 0, true)} at the lowest, ${signed(ended[prices.indexOf(spot)], 0, true)} at ${number(spot, 0)}, ${signed(ended[ended.length - 1], 0, true)} at the highest. ` +
  (breakevens.length ? `It breaks even at ${breakevens.map((price) => number(price, 2)).join(" and ")}.` : "It breaks even nowhere.");
