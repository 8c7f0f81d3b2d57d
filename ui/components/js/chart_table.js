// The chart's twin in figures: the newest bars as a table, for whoever does not see a chart, or wants a price exactly.

import { h, thead } from "./dom.js";
import { price, quantity } from "./money.js";
import { put } from "./paint.js";
import { chartMoment } from "./time.js";

const MOST = 100;
const HEADS = [["Time (IST)"], ["Open", "num"], ["High", "num"], ["Low", "num"], ["Close", "num"], ["Volume", "num"]];
const FIGURES = [(bar) => price(bar.open), (bar) => price(bar.high), (bar) => price(bar.low), (bar) => price(bar.close), (bar) => quantity(bar.volume)];

// {node, button, name(symbol, interval), draw(bars), tick(bars)}; drawn only while it is open.
export function barTable() {
  let bars = [];
  let [top, daily] = [null, false]; // the line of the newest bar: {time, cells}
  const body = h("tbody");
  const table = h("table", { class: "grid" }, thead(HEADS), body);
  const node = h("div", { class: "scroll twin", role: "region", tabIndex: 0, "aria-label": "Bars as a table", hidden: true }, table);
  const button = h(
    "button",
    { type: "button", "aria-pressed": "false", title: "The bars as a table", onclick: () => show(node.hidden) },
    "Table",
  );

  function show(open) {
    node.hidden = !open;
    button.setAttribute("aria-pressed", String(open));
    draw(bars);
  }

  function line(bar) {
    const cells = FIGURES.map((figure) => h("td", { class: "num" }, figure(bar)));
    return { time: bar.time, cells, node: h("tr", null, h("th", { scope: "row", class: "muted" }, chartMoment(bar.time, daily)), cells) };
  }

  function draw(all) {
    bars = all;
    if (node.hidden) return;
    const lines = bars.slice(-MOST).reverse().map(line);
    top = lines[0] || null;
    body.replaceChildren(...lines.map((each) => each.node));
  }

  return {
    node,
    button,
    draw,
    name(symbol, interval) {
      daily = interval === "1d";
      table.setAttribute("aria-label", `Bars of ${symbol}, ${interval}, the newest first`);
    },
    tick(all) {
      bars = all;
      const bar = bars.at(-1);
      if (node.hidden || !bar) return;
      if (top?.time !== bar.time) draw(bars);
      else top.cells.forEach((cell, at) => put(cell, FIGURES[at](bar)));
    },
  };
}
