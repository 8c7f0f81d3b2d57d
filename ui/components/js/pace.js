// How fast prices come to this browser: what each frame took from the exchange's clock to here, and which were passed over.

const KEPT = 600; // frames that the figures are of
const waits = [];
const seen = { frames: 0, passed: 0, last: null };

// A `quotes` event of the stream. Frames that came together were sent as one: who reads slowly is told what is newest.
export function note(event) {
  if (!event.exchange_time || event.frame === undefined) return;
  const passed = seen.last === null ? 0 : event.frame - seen.last - 1;
  // A frame without a row of what is shown is not sent: what is passed over by far is another market, or a break.
  if (passed > 0 && passed < 1000) seen.passed += passed;
  seen.frames += 1;
  seen.last = event.frame;
  waits.push(Date.now() - Date.parse(event.exchange_time));
  if (waits.length > KEPT) waits.shift();
}

export const quantile = (sorted, part) => (sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] : null);

// {frames, passed, p50, p99} with ms; nulls before the first frame. Of a replay they say nothing: its clock is another.
export function pace() {
  const sorted = [...waits].sort((one, two) => one - two);
  return { frames: seen.frames, passed: seen.passed, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}

// The numbers of a text in Prometheus' form that the panel shows, by name and label.
export function metricsOf(text) {
  const found = {};
  for (const line of text.split("\n")) {
    const at = line.lastIndexOf(" ");
    if (at > 0 && !line.startsWith("#")) found[line.slice(0, at)] = +line.slice(at + 1);
  }
  return found;
}
