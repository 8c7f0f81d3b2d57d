// Equity, drawdown and each day's profit over the same days: one figure, one reading line through its three panels.

import { MONEY_TICKS, axis, layout } from "./figures.js";
import { percent, rupees, signed } from "./money.js";
import { whole } from "./time.js";

const PANELS = { equity: 250, fall: 90, daily: 160 };
const GAP = 36;
const HEAD = 30;
const FOOT = 24;
const TALL = PANELS.equity + PANELS.fall + PANELS.daily + 2 * GAP;
const FEWEST = 8; // days that there is room for, so that the first is a day and not a wall
const DOTS = 40; // days, up to which each has a dot
const LABEL = 84; // pixels that a date wants

const label = (iso) => whole(iso).replace(/ 20(?=\d\d$)/, " ’");
const hover = "%{customdata}<extra></extra>";

function domains() {
  const fall = PANELS.daily + GAP;
  const equity = fall + PANELS.fall + GAP;
  return {
    yaxis: [equity / TALL, 1],
    yaxis2: [fall / TALL, (fall + PANELS.fall) / TALL],
    yaxis3: [0, PANELS.daily / TALL],
  };
}

// The index is drawn as what the first day's money would have become in it.
function indexed(days, points) {
  if (points.length !== days.length || !(days[0].equity > 0)) return [];
  return points.map((point) => (point.growth / points[0].growth) * days[0].equity);
}

// From a little below the lowest to a little above the highest: the fill under the line shall not draw zero in.
function around(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low) * 0.08 || Math.max(Math.abs(high) * 0.001, 1);
  return [low - room, high + room];
}

function equityTold(day) {
  const moved = [["Deposit", day.deposits], ["Withdrawal", day.withdrawals]].filter(([, value]) => value);
  return [`Equity ${rupees(day.equity)}`, ...moved.map(([name, value]) => `${name} ${rupees(value)}`)].join("<br>");
}

function traces(report, key, ink, index, x) {
  const { days, benchmark } = report;
  const few = days.length < DOTS;
  const line = { type: "scatter", x, mode: few ? "lines+markers" : "lines", hovertemplate: hover };
  const equity = days.map((day) => day.equity);
  const moved = [["deposits", "triangle-up"], ["withdrawals", "triangle-down"]].map(([name, symbol]) => ({
    type: "scatter",
    mode: "markers",
    x,
    y: days.map((day) => (day[name] ? day.equity : null)),
    marker: { symbol, size: 12, color: ink.warn, line: { color: ink.paper, width: 1 } },
    hoverinfo: "skip",
  }));
  const profit = days.map((day) => day[key]);
  return [
    {
      ...line,
      y: equity,
      line: { color: ink["buy-text"], width: 2 },
      marker: { size: days.length < 4 ? 9 : 5 },
      fill: "tozeroy",
      fillcolor: `${ink.buy}14`,
      customdata: days.map(equityTold),
    },
    index.length && {
      ...line,
      mode: "lines",
      y: index,
      line: { color: ink.muted, width: 1.2, dash: "dot" },
      customdata: benchmark.points.map((point) => `${nameOf(benchmark)} ${percent((point.growth - 1) * 100)}`),
    },
    ...moved,
    {
      ...line,
      yaxis: "y2",
      y: days.map((day) => day.drawdown * 100),
      line: { color: ink.loss, width: 1 },
      marker: { size: 4 },
      fill: "tozeroy",
      fillcolor: `${ink.loss}24`,
      customdata: days.map((day) => `Drawdown ${percent(day.drawdown * 100)}`),
    },
    {
      type: "bar",
      x,
      yaxis: "y3",
      y: profit,
      width: days.length < 4 ? 0.3 : null,
      marker: { color: profit.map((value) => (value < 0 ? ink.loss : ink.gain)) },
      hovertemplate: hover,
      customdata: days.map(
        (day) =>
          `${key === "net" ? "Net" : "Gross"} ${signed(day[key], 2, true)}<br>Charges ${rupees(day.charges)}<br>Trades ${day.trades}`,
      ),
    },
  ].filter(Boolean);
}

const nameOf = (benchmark) => benchmark.key.split(":").pop();

// Figure of the report; `key` is "net" or "gross".
export const curve = (report, key) => (ink, width) => {
  const { days, benchmark } = report;
  const x = days.map((day) => label(day.date));
  const index = indexed(days, benchmark.points);
  const deepest = Math.min(...days.map((day) => day.drawdown)) * 100;
  const every = Math.max(1, Math.ceil((days.length * LABEL) / width));
  const over = domains();
  const head = (text, name) => ({
    text,
    showarrow: false,
    xref: "paper",
    x: 0,
    xanchor: "left",
    yref: "paper",
    y: over[name][1],
    yanchor: "bottom",
    yshift: 4,
    font: { size: 13, color: ink.text },
  });
  const beside = index.length ? `   <span style="color:${ink.muted};font-size:11px">┈ ${nameOf(benchmark)}</span>` : "";
  const money = { side: "right", tickformat: MONEY_TICKS, zeroline: false };
  return {
    data: traces(report, key, ink, index, x),
    layout: layout(ink, width, HEAD + TALL + FOOT, {
      margin: { l: 4, r: 8, t: HEAD, b: FOOT },
      // The reading line has a rim of this colour; of a transparent one Plotly makes white.
      plot_bgcolor: ink.paper,
      hovermode: "x unified",
      hoversubplots: "axis",
      bargap: 0.25,
      xaxis: axis(ink, {
        type: "category",
        anchor: "y3",
        showgrid: false,
        range: [-0.5, Math.max(days.length, FEWEST) - 0.5],
        // Counted from the last day, which is always named.
        tickvals: x.filter((_, at) => (x.length - 1 - at) % every === 0),
        ticklabeloverflow: "hide past div",
        automargin: false,
        showspikes: true,
        spikemode: "across",
        spikesnap: "hovered data",
        spikethickness: 1,
        spikedash: "3px,3px",
        spikecolor: ink.muted,
      }),
      yaxis: axis(ink, { ...money, domain: over.yaxis, range: around([...days.map((day) => day.equity), ...index]), nticks: 6 }),
      yaxis2: axis(ink, {
        side: "right",
        domain: over.yaxis2,
        range: [Math.min(deepest * 1.15, -0.05), 0],
        nticks: 4,
        tickformat: ".2~f",
        ticksuffix: "%",
        zeroline: false,
      }),
      yaxis3: axis(ink, { ...money, domain: over.yaxis3, zeroline: true, nticks: 5 }),
      annotations: [
        head(`<b>Equity, net of charges</b>${beside}`, "yaxis"),
        head("<b>Drawdown</b>", "yaxis2"),
        head(`<b>Each day, ${key}</b>`, "yaxis3"),
      ],
    }),
  };
};

const most = (days, value, way) => days.reduce((best, day) => (way * value(day) > way * value(best) ? day : best));

// The same in words, for who cannot see it.
export function curveTold(report, key) {
  const { days } = report;
  const [first, last] = [days[0], days[days.length - 1]];
  const deep = most(days, (day) => day.drawdown, -1);
  const best = most(days, (day) => day[key], 1);
  const worst = most(days, (day) => day[key], -1);
  return [
    `Equity at each close, deposits marked: ${rupees(first.equity)} on ${whole(first.date)}, ${rupees(last.equity)} on ${whole(last.date)}.`,
    `Deepest drawdown ${percent(deep.drawdown * 100)} on ${whole(deep.date)}.`,
    `Best day, ${key}: ${signed(best[key], 2, true)} on ${whole(best.date)}; worst: ${signed(worst[key], 2, true)} on ${whole(worst.date)}.`,
  ].join(" ");
}
