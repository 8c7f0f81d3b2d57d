// Live candles with volume, and the user's own orders and fills drawn on them. Zoom is the user's.

import { ask, withAccount } from "./base.js";
import { account, on, unwant, want } from "./bus.js";
import { CandleMaker } from "./candles.js";
import { studies } from "./chart_studies.js";
import { barTable } from "./chart_table.js";
import { h, missed, toast } from "./dom.js";
import { price, quantity } from "./money.js";
import { follow, linked } from "./linked.js";
import { nextFrame, put } from "./paint.js";
import { state } from "./store.js";
import { chartTime, moment } from "./time.js";
import * as views from "./watch_view.js";
import { widget } from "./widget.js";

const INTERVALS = ["1m", "3m", "5m", "15m", "30m", "1h", "1d"];
const SPAN = { "1m": 60, "3m": 180, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "1d": 86400 };
const FIRST = "1m";

// The library puts itself on `window`; one tag for the page, whichever chart comes first.
let library = null;
function charts() {
  library ||= new Promise((resolve, reject) => {
    const script = h("script", { src: new URL("./lightweight-charts.js", import.meta.url).href });
    script.onload = () => resolve(window.LightweightCharts);
    script.onerror = () => {
      library = null;
      reject(new Error("The chart library could not be loaded."));
    };
    document.head.append(script);
  });
  return library;
}

// Colours of the theme as the library wants them, read anew when the theme changes.
function colours(node) {
  const style = getComputedStyle(node);
  const pick = (name) => style.getPropertyValue(name).trim();
  return {
    text: pick("--muted"),
    line: pick("--line"),
    gain: pick("--gain"),
    loss: pick("--loss"),
    buy: pick("--buy-text"),
    sell: pick("--sell-text"),
    accent: pick("--accent"),
    paper: pick("--paper"),
    warn: pick("--warn"),
  };
}

export const mount = widget((root, data, tools) => {
  let symbol = null;
  let interval = null; // until it is known what this user's charts show
  let chart = null;
  let series = null;
  let volume = null;
  let marks = null;
  let bars = null;
  let lines = [];
  let round = 0;
  const failed = (refused) => toast(root, refused.message, { tone: "bad", stays: true });
  const height = data.height || 380;
  const over = studies(data.keeps, failed, (more) => (place.style.height = `${height + more}px`));
  const twin = barTable();
  const read = h("span", { class: "read" }, "");
  const said = h("div", { class: "empty", hidden: true });
  const place = h("div", { class: "place", role: "img", "aria-label": "Price chart" });
  place.style.height = `${height}px`;
  const buttons = INTERVALS.map((each) =>
    h(
      "button",
      {
        type: "button",
        "aria-pressed": "false",
        onclick: () => views.choose({ interval: each }, data.keeps).catch(failed),
      },
      each,
    ),
  );
  root.append(
    h(
      "div",
      { class: "bar row" },
      h("div", { class: "spans", role: "group", "aria-label": "Interval" }, buttons),
      over.node,
      read,
      h("span", { class: "grow" }),
      h("div", { class: "spans" }, twin.button),
      h("span", { class: "muted zone" }, "IST"),
    ),
    place,
    twin.node,
    said,
  );

  async function build() {
    const kit = await charts();
    chart = kit.createChart(place, {
      autoSize: true,
      layout: { attributionLogo: true, background: { color: "transparent" }, fontSize: 11 },
      rightPriceScale: { borderVisible: false },
      timeScale: { borderVisible: false, timeVisible: true, secondsVisible: false, rightOffset: 4 },
      crosshair: { mode: 0 },
      localization: { priceFormatter: price },
    });
    series = chart.addSeries(kit.CandlestickSeries, {
      borderVisible: false,
      priceFormat: { type: "custom", minMove: 0.01, formatter: price },
    });
    volume = chart.addSeries(kit.HistogramSeries, {
      priceScaleId: "volume",
      priceFormat: { type: "volume" },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    series.priceScale().applyOptions({ scaleMargins: { top: 0.06, bottom: 0.2 } });
    marks = kit.createSeriesMarkers(series, []);
    over.attach(kit, chart);
    chart.subscribeCrosshairMove((at) => {
      const bar = at.time ? at.seriesData.get(series) : bars?.last();
      put(read, bar ? `O ${price(bar.open)}  H ${price(bar.high)}  L ${price(bar.low)}  C ${price(bar.close)}` : "");
    });
    dress();
  }

  function dress() {
    if (!chart) return;
    const c = colours(root);
    chart.applyOptions({
      layout: { textColor: c.text, fontFamily: getComputedStyle(root).fontFamily },
      grid: { vertLines: { color: c.line, style: 1 }, horzLines: { color: c.line, style: 1 } },
    });
    series.applyOptions({ upColor: c.gain, downColor: c.loss, wickUpColor: c.gain, wickDownColor: c.loss });
    over.dress(c);
    if (bars) volume.setData(bars.all().map(column));
    drawOrders();
  }

  const column = (bar) => ({
    time: bar.time,
    value: bar.volume,
    color: `${colours(root)[bar.close >= bar.open ? "gain" : "loss"]}55`,
  });

  // What this user's charts show, here or in another widget of the tab.
  function agree() {
    const wanted = INTERVALS.includes(views.view.interval) ? views.view.interval : FIRST;
    over.draw(bars?.all() || []);
    if (wanted === interval) return;
    interval = wanted;
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.textContent === interval)));
    load(true);
  }

  async function load(fit) {
    if (!interval) return;
    const mine = (round += 1);
    twin.name(symbol, interval);
    try {
      if (!chart) await build();
      const answer = await ask(withAccount(`/candles?symbol=${encodeURIComponent(symbol)}&interval=${interval}`, account()));
      if (mine !== round) return;
      bars = new CandleMaker(answer.items, SPAN[interval]);
      series.setData(bars.all());
      volume.setData(bars.all().map(column));
      over.draw(bars.all());
      twin.draw(bars.all());
      if (fit)
        chart
          .timeScale()
          .setVisibleLogicalRange({ from: Math.max(0, bars.all().length - 120), to: bars.all().length + 4 });
      said.hidden = bars.all().length > 0;
      if (!said.hidden)
        said.replaceChildren(h("strong", null, "No bars yet"), "The first one appears with the next tick.");
      drawOrders();
      drawFills(mine);
    } catch (refused) {
      if (mine !== round) return;
      said.hidden = false;
      said.replaceChildren(...missed("The chart could not be loaded", refused, () => load(true)));
    }
  }

  // The user's open orders and average price, as lines.
  function drawOrders() {
    if (!series) return;
    lines.forEach((line) => series.removePriceLine(line));
    lines = [];
    const c = colours(root);
    const add = (value, color, title, lineStyle) =>
      lines.push(
        series.createPriceLine({ price: value, color, title, lineWidth: 1, lineStyle, axisLabelVisible: true }),
      );
    for (const row of state.orders.values()) {
      if (`${row.exchange}:${row.symbol}` !== symbol || !row.pending_quantity) continue;
      const at = row.price ?? row.trigger_price;
      if (at) add(at, row.side === "BUY" ? c.buy : c.sell, `${row.side} ${quantity(row.pending_quantity)}`, 2);
    }
    for (const row of state.positions.values()) {
      if (`${row.exchange}:${row.symbol}` === symbol && row.quantity && row.average_price)
        add(row.average_price, c.accent, `avg ${quantity(row.quantity)}`, 1);
    }
  }

  async function drawFills(mine) {
    if (!account()) return;
    const answer = await ask(withAccount("/trades?limit=200", account())).catch(() => null);
    if (!answer || mine !== round) return;
    const c = colours(root);
    marks.setMarkers(
      answer.items
        .filter((row) => `${row.exchange}:${row.symbol}` === symbol)
        .map((row) => ({
          time: bars.slot(chartTime(row.traded_at)),
          position: row.side === "BUY" ? "belowBar" : "aboveBar",
          color: row.side === "BUY" ? c.buy : c.sell,
          shape: row.side === "BUY" ? "arrowUp" : "arrowDown",
          text: `${row.side === "BUY" ? "B" : "S"} ${quantity(row.quantity)}`,
        }))
        .sort((one, other) => one.time - other.time),
    );
  }

  function tick() {
    const quote = state.quotes.get(symbol);
    if (!bars || !series || !quote || quote.last_price === null) return;
    const bar = bars.tick(quote, Math.floor(Date.now() / 1000));
    if (!bar) return;
    series.update(bar);
    volume.update(column(bar));
    over.tick(bars.all());
    twin.tick(bars.all());
    said.hidden = true;
  }

  // The exchange's own bar: it corrects what the ticks have built meanwhile.
  function settle(told) {
    if (!bars || told.symbol !== symbol || told.interval !== interval) return;
    const bar = bars.settle(told);
    if (!bar) return;
    series.update(bar);
    volume.update(column(bar));
    over.tick(bars.all());
    twin.tick(bars.all());
  }

  function show(next) {
    if (!next || next === symbol) return;
    symbol = next;
    bars = null;
    want(tools.name, [next]);
    place.setAttribute("aria-label", `Price chart of ${next}, ${moment(new Date().toISOString())} IST`);
    load(true);
  }
  show(linked(data));
  views.load().then(agree);
  tools.own(on("view", (change) => ("interval" in change || "studies" in change) && agree()));
  if (data.follow) tools.own(follow(show));
  tools.own(
    on("quotes", (changed) => {
      if (changed.has(symbol)) nextFrame(tools.name, tick);
    }),
  );
  tools.own(
    on("candle", (bar) => {
      settle(bar);
    }),
  );
  tools.own(on("orders", () => nextFrame(`${tools.name} orders`, drawOrders)));
  tools.own(on("positions", () => nextFrame(`${tools.name} orders`, drawOrders)));
  tools.own(on("trade", () => setTimeout(() => drawFills(round), 300)));
  tools.own(on("gap", () => load(false)));
  tools.own(on("market", () => load(true)));
  const themes = new MutationObserver(() => setTimeout(dress, 50));
  themes.observe(document.documentElement, { attributes: true, attributeFilter: ["style", "class"] });
  tools.own(() => {
    themes.disconnect();
    round += 1;
    chart?.remove();
    unwant(tools.name);
  });
  return {
    update(next) {
      show(next.symbol);
      dress();
    },
  };
});
