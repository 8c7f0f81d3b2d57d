// What changed this week, in a sentence.

import { rupees, signed } from "./money.js";
import { day as short } from "./time.js";

const DAY = 86400000;
const stamp = (day) => Date.parse(`${day.date}T00:00:00Z`);
const monday = (at) => at - ((new Date(at).getUTCDay() + 6) % 7) * DAY;

// Of the week that the last day belongs to, from Monday on; empty where nothing was traded and nothing moved.
export function weekTold(days, key) {
  if (!days.length) return "";
  const start = monday(stamp(days[days.length - 1]));
  const within = (from) => days.filter((each) => stamp(each) >= from && stamp(each) < from + 7 * DAY);
  const [now, before] = [within(start), within(start - 7 * DAY)];
  const sum = (some, name) => some.reduce((total, each) => total + each[name], 0);
  const trades = sum(now, "trades");
  if (!trades && !sum(now, key)) return "";
  const best = now.reduce((one, two) => (two[key] > one[key] ? two : one));
  const parts = [
    `This week ${signed(sum(now, key), 2, true)} ${key}, in ${trades} ${trades === 1 ? "trade" : "trades"}`,
    before.length ? ` (the week before ${signed(sum(before, key), 2, true)})` : "",
    now.length > 1 ? `; best on ${short(`${best.date}T12:00:00+05:30`)} with ${signed(best[key], 2, true)}` : "",
    `; charges ${rupees(sum(now, "charges"))}.`,
  ];
  return parts.join("");
}
