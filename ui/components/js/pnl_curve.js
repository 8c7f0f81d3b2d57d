// Equity, drawdown and each day's profit, one below the other over the same days, with one reading line through all.

import { h } from "./dom.js";
import { percent, rupees, signed, tone } from "./money.js";
import { scale, somePlaces, tickText, ticksOver } from "./pnl_scale.js";
import { whole } from "./time.js";

const NS = "http://www.w3.org/2000/svg";
const HEADS = 30;
const PANELS = { equity: 260, fall: 90, daily: 170 };
const FOOT = 20;
const AXIS = 66;

export function s(tag, attributes, ...children) {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  node.append(...children.flat(3).filter(Boolean));
  return node;
}

const path = (points) => points.map(([x, y], at) => `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

function axis(ticks, y, text, width) {
  return ticks.flatMap((value) => [
    s("line", { class: value === 0 ? "zero" : "rule", x1: 0, x2: width, y1: y(value), y2: y(value) }),
    s("text", { x: width + 6, y: y(value) + 4 }, text(value)),
  ]);
}

function equityPanel(days, benchmark, x, width, top) {
  const values = days.map((day) => day.equity);
  const index = benchmark.length === days.length && values[0] > 0
    ? benchmark.map((point) => (point.growth / benchmark[0].growth) * values[0])
    : [];
  const { low, high, step, ticks } = ticksOver([...values, ...index]);
  const bottom = top + PANELS.equity;
  const y = scale(low, high, bottom, top);
  const line = values.map((value, at) => [x(at), y(value)]);
  const marks = days.flatMap((day, at) =>
    [["deposits", -1], ["withdrawals", 1]]
      .filter(([key]) => day[key])
      .map(([, way]) => {
        const [cx, cy] = [x(at), y(day.equity)];
        return s("path", { class: "moved", d: `M${cx - 6} ${cy - 5 * way}L${cx + 6} ${cy - 5 * way}L${cx} ${cy + 6 * way}Z` });
      }),
  );
  return [
    axis(ticks, y, (value) => tickText(value, step), width),
    s("path", { class: "under", d: `${path(line)}L${x(days.length - 1)} ${bottom}L${x(0)} ${bottom}Z` }),
    index.length ? s("path", { class: "index", d: path(index.map((value, at) => [x(at), y(value)])) }) : null,
    s("path", { class: "equity", d: path(line) }),
    days.length < 40 ? line.map(([cx, cy]) => s("circle", { class: "dot", cx, cy, r: 3 })) : null,
    marks,
  ];
}

function fallPanel(days, x, width, top) {
  const values = days.map((day) => day.drawdown * 100);
  const low = Math.min(Math.min(...values) * 1.15, -0.05);
  const y = scale(low, 0, top + PANELS.fall, top);
  const { ticks } = ticksOver([low, 0], { zero: true, wanted: 3, room: 0 });
  const line = values.map((value, at) => [x(at), y(value)]);
  return [
    axis(ticks.filter((value) => value >= low), y, (value) => (value ? percent(value) : "0%"), width),
    s("path", { class: "fall", d: `M${x(0)} ${top}${path(line).replace("M", "L")}L${x(days.length - 1)} ${top}` }),
  ];
}

function dailyPanel(days, key, x, width, top, room) {
  const values = days.map((day) => day[key]);
  const { low, high, step, ticks } = ticksOver(values, { zero: true });
  const y = scale(low, high, top + PANELS.daily, top);
  const wide = Math.max(1, Math.min(room * 0.75, 46));
  return [
    axis(ticks, y, (value) => tickText(value, step), width),
    values.map((value, at) => {
      const [from, to] = [y(Math.max(value, 0)), y(Math.min(value, 0))];
      const size = Math.max(to - from, value ? 1 : 0);
      return s("rect", { class: value >= 0 ? "gain" : "loss", x: x(at) - wide / 2, y: from, width: wide, height: size });
    }),
  ];
}

function told(day, point, key) {
  const line = (label, text, mood = "") =>
    h("div", null, h("span", { class: "muted" }, label), h("strong", { "data-tone": mood }, text));
  return [
    h("strong", null, whole(day.date)),
    line("Equity", rupees(day.equity)),
    point ? line("Index since the start", percent((point.growth - 1) * 100)) : null,
    line("Drawdown", percent(day.drawdown * 100)),
    line(key === "net" ? "Net" : "Gross", signed(day[key], 2, true), tone(day[key])),
    line("Charges", rupees(day.charges)),
    day.deposits ? line("Deposit", rupees(day.deposits)) : null,
    day.withdrawals ? line("Withdrawal", rupees(day.withdrawals)) : null,
    line("Trades", String(day.trades)),
  ].filter(Boolean);
}

// `draw(report, key)` makes it anew; `key` is "net" or "gross". It follows the width of its place.
export function curve() {
  const tip = h("div", { class: "tip", hidden: true });
  const place = h("div", null);
  const node = h("div", { class: "plot" }, place, tip);
  let shown = null;
  let where = null;

  function render() {
    const full = node.clientWidth;
    if (!shown || !full) return;
    const { days, benchmark } = shown.report;
    const width = Math.max(120, full - AXIS);
    const room = width / days.length;
    const x = (at) => room * (at + 0.5);
    const tops = { equity: HEADS };
    tops.fall = tops.equity + PANELS.equity + HEADS;
    tops.daily = tops.fall + PANELS.fall + HEADS;
    const bottom = tops.daily + PANELS.daily;
    const head = (text, top) => s("text", { class: "head", x: 0, y: top - 12 }, text);
    const name = benchmark.key.split(":").pop();
    const cross = s("line", { class: "cross", y1: HEADS, y2: bottom, visibility: "hidden" });
    place.replaceChildren(
      s(
        "svg",
        { width: full, height: bottom + FOOT, role: "img", "aria-label": "Equity at each close with deposits marked, drawdown from the best so far, and the profit of each day" },
        head("Equity, net of charges", tops.equity),
        benchmark.points.length ? s("text", { x: 150, y: tops.equity - 12 }, `┈ ${name}`) : null,
        equityPanel(days, benchmark.points, x, width, tops.equity),
        head("Drawdown", tops.fall),
        fallPanel(days, x, width, tops.fall),
        head(`Each day, ${shown.key}`, tops.daily),
        dailyPanel(days, shown.key, x, width, tops.daily, room),
        somePlaces(days.length, width / 90).map((at) =>
          s("text", { x: x(at), y: bottom + 15, "text-anchor": x(at) < 34 ? "start" : "middle" }, whole(days[at].date).replace(/ 20/, " ’")),
        ),
        cross,
      ),
    );
    where = { days, points: benchmark.points, room, width, full, x, cross };
  }

  function read(event) {
    if (!where) return;
    const left = node.getBoundingClientRect().left;
    const at = Math.min(where.days.length - 1, Math.max(0, Math.floor((event.clientX - left) / where.room)));
    const x = where.x(at);
    for (const end of ["x1", "x2"]) where.cross.setAttribute(end, x);
    where.cross.setAttribute("visibility", "visible");
    tip.replaceChildren(...told(where.days[at], where.points[at], shown.key));
    tip.hidden = false;
    const beside = x + 14 + tip.offsetWidth > where.width ? x - 14 - tip.offsetWidth : x + 14;
    tip.style.left = `${Math.max(0, beside)}px`;
  }

  function leave() {
    tip.hidden = true;
    where?.cross.setAttribute("visibility", "hidden");
  }

  node.addEventListener("pointermove", read);
  node.addEventListener("pointerdown", read);
  node.addEventListener("pointerleave", leave);
  const seen = new ResizeObserver(() => {
    if (where?.full !== node.clientWidth) render();
  });
  seen.observe(node);
  return {
    node,
    draw(report, key) {
      shown = { report, key };
      leave();
      render();
    },
    end: () => seen.disconnect(),
  };
}
