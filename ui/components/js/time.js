// Indian time for the eye. The server's times carry their own offset; the viewer's zone never matters.

const zone = "Asia/Kolkata";
const clockFormat = new Intl.DateTimeFormat("en-GB", {
  timeZone: zone,
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const dayFormat = new Intl.DateTimeFormat("en-GB", { timeZone: zone, day: "2-digit", month: "short" });

export const clock = (iso) => (iso ? clockFormat.format(new Date(iso)) : "–");
export const day = (iso) => (iso ? dayFormat.format(new Date(iso)) : "–");
// With its year, for what may be far away.
export const whole = (iso) => (iso ? `${day(iso)} ${new Date(iso).getFullYear()}` : "–");
export const moment = (iso) => (iso ? `${day(iso)} ${clock(iso)}` : "–");

// How long ago, short enough for a pill: 800 ms, 12 s, 4 min, 2 h.
export function age(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 1000) return `${Math.max(0, Math.floor(ms / 100) * 100)} ms`;
  if (ms < 60000) return `${Math.floor(ms / 1000)} s`;
  if (ms < 3600000) return `${Math.floor(ms / 60000)} min`;
  return `${Math.floor(ms / 3600000)} h`;
}

// How long something took or was held: 45 s, 12 min, 3 h 5 min, 4 days 6 h.
export function span(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  const days = Math.floor(seconds / 86400);
  return `${days} ${days === 1 ? "day" : "days"} ${Math.floor((seconds % 86400) / 3600)} h`;
}

// The charts draw whatever clock they are given as if it were UTC, so bars are shifted to Indian time.
export const IST_SHIFT = 19800;
export const chartTime = (iso) => Math.floor(new Date(iso).getTime() / 1000) + IST_SHIFT;
// Such a time for the eye: 23 Nov 09:15, or of a day's bar 23 Nov.
const chartFormat = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const chartDay = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "2-digit", month: "short", year: "numeric" });
export function chartMoment(time, daily) {
  const at = new Date(time * 1000);
  const date = chartDay.format(at);
  return daily ? date : `${date.slice(0, -5)} ${chartFormat.format(at)}`;
}
