// How quick everything is, for administrators: prices to this browser, orders and requests at this process.

import { API } from "./base.js";
import { link, unwant, want } from "./bus.js";
import { h } from "./dom.js";
import { number } from "./money.js";
import { metricsOf, pace } from "./pace.js";
import { put } from "./paint.js";
import { state } from "./store.js";
import { age } from "./time.js";
import { widget } from "./widget.js";

const EVERY = 3000;
const FIRST = "NSE:NIFTY 50";
const ms = (value) => (value === null || value === undefined || Number.isNaN(value) ? "–" : `${number(value, value < 10 ? 1 : 0)} ms`);

export const mount = widget((root, data, tools) => {
  const lines = [
    ["Price to this browser, half within", "From the exchange's clock to here, of the newest 600 frames; by the clock of this computer", ({ own, past }) => (past ? "–" : ms(own.p50))],
    ["99 of 100 within", "The same", ({ own, past }) => (past ? "–" : ms(own.p99))],
    ["Frames seen here", "Since this tab was opened", ({ own }) => number(own.frames, 0)],
    ["Passed over", "Frames without a change of what is shown, or that were sent together because a newer one had come", ({ own }) => number(own.passed, 0)],
    ["Orders, half within", "From the request to its answer, of the newest 1,000 placed at this process", ({ told }) => ms(1000 * told['kagaz_order_seconds{quantile="0.5"}'])],
    ["99 of 100 within", "The same", ({ told }) => ms(1000 * told['kagaz_order_seconds{quantile="0.99"}'])],
    ["Orders asked for", "At this process since it started", ({ told }) => number(told.kagaz_order_seconds_count ?? 0, 0)],
    ["Requests, on average", "All requests of the API at this process", ({ told }) => ms((1000 * told.kagaz_http_request_seconds_sum) / told.kagaz_http_request_seconds_count)],
    ["Served now", "Requests that have no answer yet", ({ told }) => number(told.kagaz_http_serving ?? null, 0)],
    ["Streams open", "Browsers and programs that are told of changes by this process", ({ told }) => number(told.kagaz_streams ?? null, 0)],
    ["Last frame", "How old the newest prices are at the server", ({ told }) => age(told.kagaz_frame_age_ms)],
    ["Line", "Of this tab to the server", () => link().status],
  ];
  const cells = lines.map(([label, why, text]) => ({ node: h("div", { title: why }, h("dt", null, label), h("dd", { class: "num" }, "–")), text }));
  root.append(h("dl", { class: "pace" }, cells.map((each) => each.node)));
  want(tools.name, [FIRST]);

  async function load() {
    let told = {};
    try {
      const answer = await fetch(`${API}/metrics`, { credentials: "same-origin", cache: "no-store" });
      if (answer.ok) told = metricsOf(await answer.text());
    } catch {
      /* what cannot be had stays a dash */
    }
    const given = { own: pace(), told, past: Boolean(state.feed?.past_day) };
    for (const each of cells) put(each.node.lastChild, each.text(given));
  }
  load();
  const timer = setInterval(() => document.hidden || load(), EVERY);
  tools.own(() => {
    clearInterval(timer);
    unwant(tools.name);
  });
  return {};
});
