// Profit by day of the calendar, and by symbol or product, as figures.

import { MONEY_TICKS, axis, layout } from "./figures.js";
import { rupees, signed } from "./money.js";
import { day as dayText, whole } from "./time.js";

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const DAY = 86400000;
const TOP = 12; // bars at most: the largest
const hover = "%{customdata}<extra></extra>";

const CELL = { least: 17, most: 34, tall: 20, gap: 3, left: 34 };
const FAINTEST = 0.2; // of a day that was not even, so that its colour is seen

const stamp = (iso) => Date.parse(`${iso.slice(0, 10)}T00:00:00Z`);
const weekday = (at) => (new Date(at).getUTCDay() + 6) % 7;
const iso = (at) => new Date(at).toISOString().slice(0, 10);

// Weeks from left to right, from the Monday before the first day on.
function weeksOf(days) {
  const first = stamp(days[0].date);
  const start = first - weekday(first) * DAY;
  const count = Math.max(8, Math.floor((stamp(days[days.length - 1].date) - start) / (7 * DAY)) + 1);
  return Array.from({ length: count }, (_, week) => start + week * 7 * DAY);
}

// Where a month begins, and its name; a January with its year.
function months(mondays) {
  const names = mondays.map((monday) => dayText(iso(monday)).split(" ")[1]);
  const places = mondays.map((_, week) => week).filter((week) => week === 0 || names[week] !== names[week - 1]);
  // The first name has no room where the next month begins in the week after it.
  const roomy = places.filter((week, at) => at > 0 || places[1] === undefined || places[1] - week > 1);
  return [roomy, roomy.map((week) => (names[week] === "Jan" ? `Jan ${iso(mondays[week]).slice(0, 4)}` : names[week]))];
}

// A square a day: colour by gain or loss, shade by size.
export const calendar = (days, key) => (ink, width) => {
  const mondays = weeksOf(days);
  const most = Math.max(...days.map((each) => Math.abs(each[key]))) || 1;
  const shade = (value) => (value ? Math.sign(value) * (FAINTEST + (1 - FAINTEST) * (Math.abs(value) / most)) : 0);
  const blank = () => DAYS.map(() => mondays.map(() => null));
  const [z, customdata] = [blank(), blank()];
  for (const each of days) {
    const at = stamp(each.date);
    const week = Math.floor((at - mondays[0]) / (7 * DAY));
    z[weekday(at)][week] = shade(each[key]);
    customdata[weekday(at)][week] = `${DAYS[weekday(at)]} ${whole(each.date)}<br>${signed(each[key], 2, true)}`;
  }
  const wide = Math.min(CELL.most, Math.max(CELL.least, (width - CELL.left - 8) / mondays.length));
  const [tickvals, ticktext] = months(mondays);
  return {
    data: [
      {
        type: "heatmap",
        x: mondays.map((_, week) => week),
        y: DAYS,
        z,
        customdata,
        hovertemplate: hover,
        hoverongaps: false,
        xgap: CELL.gap,
        ygap: CELL.gap,
        zmin: -1,
        zmax: 1,
        showscale: false,
        colorscale: [[0, ink.loss], [0.5, ink.hover], [1, ink.gain]],
      },
    ],
    layout: layout(ink, Math.round(CELL.left + 8 + wide * mondays.length), 22 + 8 + CELL.tall * 7, {
      margin: { l: CELL.left, r: 8, t: 22, b: 8 },
      hovermode: "closest",
      xaxis: axis(ink, { side: "top", showgrid: false, zeroline: false, automargin: false, tickvals, ticktext, ticklabelposition: "outside right" }),
      yaxis: axis(ink, { autorange: "reversed", showgrid: false, zeroline: false, automargin: false, type: "category" }),
    }),
  };
};

// The day of the report that a point of the calendar stands for.
export function dayAt(days, point) {
  const date = iso(weeksOf(days)[point.x] + DAYS.indexOf(point.y) * DAY);
  return days.find((each) => each.date === date);
}

export function calendarTold(days, key) {
  const count = (way) => days.filter((each) => way * each[key] > 0).length;
  return `Calendar of the profit of each day, ${key}: ${count(1)} days gained, ${count(-1)} lost, of ${days.length}.`;
}

// The largest, from the best down.
function largest(rows, key) {
  const top = [...rows].sort((one, two) => Math.abs(two[key]) - Math.abs(one[key])).slice(0, TOP);
  return top.sort((one, two) => two[key] - one[key]);
}

export const ranked = (rows, key) => (ink, width) => {
  const top = largest(rows, key);
  const values = top.map((row) => row[key]);
  return {
    data: [
      {
        type: "bar",
        orientation: "h",
        x: values,
        y: top.map((row) => row.name),
        marker: { color: values.map((value) => (value < 0 ? ink.loss : ink.gain)) },
        customdata: top.map(
          (row) => `<b>${row.name}</b><br>Gross ${signed(row.gross, 2, true)}<br>Charges ${rupees(row.charges)}<br>Net ${signed(row.net, 2, true)}`,
        ),
        hovertemplate: hover,
      },
    ],
    layout: layout(ink, width, 8 + 24 + 24 * top.length, {
      hovermode: "closest",
      bargap: 0.35,
      xaxis: axis(ink, { tickformat: MONEY_TICKS, nticks: Math.max(2, Math.floor(width / 110)), ticklabeloverflow: "hide past div" }),
      yaxis: axis(ink, { autorange: "reversed", showgrid: false, type: "category", ticksuffix: " " }),
    }),
  };
};

export const rankedTold = (title, rows, key) =>
  `Profit by ${title.toLowerCase()}, ${key}: ${largest(rows, key).map((row) => `${row.name} ${signed(row[key], 2, true)}`).join(", ") || "none"}.`;
