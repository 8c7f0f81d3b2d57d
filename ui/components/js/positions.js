// Open positions and holdings with profit that moves with every tick, totals and groups, and the way out of each.

import { ask, keyOf, newKey, withAccount } from "./base.js";
import { account, emit, on, unwant, want } from "./bus.js";
import { convert } from "./convert.js";
import { arrange, confirmed, fingers, h, missed, toast } from "./dom.js";
import { holdingsTable } from "./holdings.js";
import { rupees } from "./money.js";
import { nextFrame, put } from "./paint.js";
import { fills } from "./position_fills.js";
import { bundle, figures, heads, line, netGreeks, paintFigures, sumCells, title as nameOf } from "./position_rows.js";
import { positionKey, state, takePositions, valueOf } from "./store.js";
import { widget } from "./widget.js";

const PLACE = "kagaz.positions";
const VIEWS = [
  ["net", "Net", "What is open now, whenever it was bought or sold."],
  ["day", "Day", "What today's trades and today's prices did."],
];
const GROUPS = [
  ["", "No groups"],
  ["underlying", "By underlying"],
  ["expiry", "By underlying and expiry"],
];

export const mount = widget((root, data, tools) => {
  const kept = data.brief ? {} : JSON.parse(sessionStorage.getItem(PLACE) || "{}");
  const shown = { view: kept.view || "net", group: kept.group || "" };
  let loaded = false;
  let fault = null;
  let needle = (data.find || "").toLowerCase(); // the word that the address asks for, until another is typed
  const cells = new Map();
  const lines = new Map(); // what was drawn, by position
  const sums = []; // {parts, rows} of each group and of the table
  const exitAll = h("button", { type: "button", class: "plain", onclick: askExitAll }, "Exit all");
  const title = h("h3", { class: "grow" }, "Positions");
  const views = h("div", { class: "segments", role: "group", "aria-label": "View" });
  const filter = h("input", {
    type: "search",
    placeholder: "Filter",
    "aria-label": "Filter positions",
    oninput: () => {
      needle = filter.value.trim().toLowerCase();
      draw();
    },
  });
  filter.value = data.find || "";
  const groups = h(
    "select",
    { "aria-label": "Group", onchange: () => set("group", groups.value) },
    GROUPS.map(([value, label]) => h("option", { value, selected: value === shown.group }, label)),
  );
  const head = h("tr");
  const body = h("tbody");
  const foot = h("tr");
  const table = h(
    "table",
    { class: "grid positions", "aria-label": "Positions" },
    h("thead", null, head),
    body,
    h("tfoot", null, foot),
  );
  const empty = h("div", { class: "empty" });
  const scroll = h("div", { class: "scroll" }, table);
  const shares = holdingsTable(() => data.write);
  root.append(
    h("div", { class: "row head wrap" }, title, ...(data.brief ? [] : [views, groups, filter]), exitAll),
    scroll,
    empty,
    data.brief ? "" : shares.node,
  );

  const rows = () =>
    [...state.positions.values()]
      .filter((row) => row.account === account() && (row.quantity || row.realised || (!data.brief && traded(row))))
      .sort(
        (one, other) => Boolean(other.quantity) - Boolean(one.quantity) || one.symbol.localeCompare(other.symbol),
      );
  const traded = (row) => shown.view === "day" && (row.day_buy_quantity || row.day_sell_quantity);
  const fits = (row) => !needle || `${row.symbol} ${row.product} ${row.underlying || ""}`.toLowerCase().includes(needle);

  function set(name, value) {
    shown[name] = value;
    sessionStorage.setItem(PLACE, JSON.stringify(shown));
    draw();
  }

  async function load() {
    try {
      const [positions, held] = await Promise.all([
        ask(withAccount("/positions", account())),
        ask(withAccount("/holdings", account())),
      ]);
      takePositions(positions.items, positions.version);
      shares.take(held.items);
      loaded = true;
      fault = null;
    } catch (refused) {
      fault = refused;
    }
    emit("positions", null); // this widget draws with the others
    draw();
  }

  function draw() {
    const all = rows();
    const list = all.filter(fits);
    const open = all.filter((row) => row.quantity);
    cells.clear();
    sums.length = 0;
    arrange(
      views,
      VIEWS.map(([name, label, why]) =>
        h(
          "button",
          { type: "button", "aria-pressed": String(name === shown.view), title: why, onclick: () => set("view", name) },
          label,
        ),
      ),
    );
    if (head.dataset.view !== shown.view) head.replaceChildren(...heads(shown.view)); // what is explained stays open
    head.dataset.view = shown.view;
    arrange(body, shown.group && !data.brief ? grouped(list) : list.map(one));
    for (const key of lines.keys()) if (!cells.has(key)) lines.delete(key);
    const parts = sumCells();
    sums.push({ parts, rows: list });
    const said = needle ? `Total of ${list.length} of ${all.length}, filter on` : "Total";
    arrange(foot, [h("td", null, said), h("td", { class: "wide" }), h("td", { class: "lead", colspan: "3" }), ...parts.cells, h("td")]);
    scroll.hidden = !list.length;
    empty.hidden = list.length > 0;
    exitAll.hidden = !data.write || !open.some(leaves);
    for (const each of [views, groups, filter]) each.hidden = !all.length;
    put(title, all.length ? `Positions (${open.length})` : "Positions");
    if (!list.length) teach(all.length);
    shares.draw();
    want(tools.name, [...new Set([...list.map(keyOf), ...shares.symbols()])]);
    tick();
  }

  function teach(any) {
    if (fault) empty.replaceChildren(...missed("Positions could not be loaded", fault, load));
    else if (!loaded) empty.replaceChildren("Loading …");
    else if (any) empty.replaceChildren(h("strong", null, "No position fits the filter"), "Clear it to see all.");
    else
      empty.replaceChildren(
        h("strong", null, data.brief ? "No open positions" : "No positions today"),
        ...(data.write
          ? ["What you buy or sell shows here and moves with the market. ", ...(fingers() ? ["Touch a row of the market watch."] : ["Press ", h("kbd", null, "B"), " on a watch row."])]
          : ["This book is flat."]),
        ...(data.brief && shares.count() ? [" Your holdings are on the page Positions."] : []),
      );
  }

  // A line stays as long as its row is the same: what has the focus in it, or is open, is not taken away by another's fill.
  function one(row) {
    const key = positionKey(row);
    const before = lines.get(key);
    const same = before && before.row === row && before.view === shown.view && before.write === data.write;
    const made = same ? before : { row, view: shown.view, write: data.write, ...line(row, shown.view, data.write ? acts(row) : null) };
    lines.set(key, made);
    cells.set(key, made);
    return made.node;
  }

  const acts = (row) => ({
    exit: () => exit(row),
    items: [
      ["Add", () => emit("ticket", { symbol: keyOf(row), side: row.quantity > 0 ? "BUY" : "SELL", product: row.product })],
      ...(row.converts_to ? [[`Convert to ${row.converts_to} …`, () => convert(root, row, load)]] : []),
      ...(row.product === "MIS" ? [] : [["GTT: leave at a target or a stop …", () => standing(row)]]),
      ["Fills today …", () => fills(root, row)],
      ["Exit at the market", () => leave([row], row.symbol)],
    ],
  });

  function grouped(list) {
    return bundle(list, shown.group).flatMap(([name, members]) => {
      const parts = sumCells();
      sums.push({ parts, rows: members });
      const open = members.filter((row) => row.quantity && leaves(row));
      return [
        h(
          "tr",
          { class: "group" },
          h("th", { scope: "rowgroup" }, name, h("span", { class: "count" }, ` ${members.length}`), netGreeks(members)),
          h("td", { class: "wide" }),
          h("td", { class: "lead", colspan: "3" }),
          ...parts.cells,
          h(
            "td",
            { class: "num acts" },
            data.write && open.length
              ? h(
                  "button",
                  { type: "button", class: "plain small", "aria-label": `Exit ${name}`, onclick: () => leave(open, name) },
                  "Exit group",
                )
              : null,
          ),
        ),
        ...members.map(one),
      ];
    });
  }

  function tick() {
    const worth = new Map();
    for (const [key, made] of cells) worth.set(key, made.paint());
    for (const { parts, rows: members } of sums)
      paintFigures(parts, figures(members.map((row) => worth.get(positionKey(row)))));
    shares.tick();
  }

  // Leaves it at a target or at a stop, for up to a year.
  const standing = (row) =>
    emit("gtt", {
      symbol: keyOf(row),
      side: row.quantity > 0 ? "SELL" : "BUY",
      quantity: Math.abs(row.quantity),
      kind: "OCO",
    });

  const exit = (row) =>
    emit("ticket", {
      symbol: keyOf(row),
      side: row.quantity > 0 ? "SELL" : "BUY",
      product: row.product,
      quantity: Math.abs(row.quantity),
      type: "MARKET",
    });

  // Intraday and carried positions; shares bought for delivery are kept, as a broker keeps them.
  const leaves = (row) => row.quantity && row.product !== "CNC";
  const value = (list) => rupees(list.reduce((sum, row) => sum + Math.abs(valueOf(row)), 0) / 100);

  async function askExitAll() {
    const list = rows().filter(leaves);
    const hidden = list.length - list.filter(fits).length;
    const question = `Exit all ${list.length} MIS and NRML positions at the market, ${value(list)} in all? Delivery shares stay.${hidden ? ` ${hidden} of them are hidden by the filter.` : ""}`;
    if (await confirmed(root, question, `Exit ${list.length}`)) tools.trigger("exitall", true);
  }

  // One after the other: each is an order of its own, and a refusal of one leaves the others.
  async function leave(list, name) {
    const what = list.length === 1 ? nameOf(list[0]) : `${list.length} positions of ${name}`;
    if (!(await confirmed(root, `Exit ${what} at the market, ${value(list)} in all?`, `Exit ${list.length}`))) return;
    let sent = 0;
    for (const row of list) {
      const body = { account: account(), symbol: row.symbol, exchange: row.exchange, product: row.product };
      try {
        const answer = await ask("/positions/exit", { method: "POST", body, key: newKey() });
        sent += answer.items.length;
      } catch (refused) {
        toast(root, `${nameOf(row)}: ${refused.message}`, { tone: "bad", stays: true });
      }
    }
    if (sent) toast(root, `${sent} closing order${sent === 1 ? "" : "s"} sent.`, { tone: "good" });
  }

  tools.own(on("positions", () => nextFrame(tools.name, draw)));
  tools.own(on("quotes", () => nextFrame(`${tools.name} prices`, tick)));
  tools.own(on("trade", () => setTimeout(load, 400)));
  tools.own(on("gap", load));
  const clock = setInterval(tick, 15000); // what is left of the day is said in minutes
  tools.own(() => clearInterval(clock));
  // Greeks are reckoned where the rows come from, and follow the prices from there.
  const measure = setInterval(() => shown.group && root.querySelector(".greeks") && !document.hidden && load(), 20000);
  tools.own(() => clearInterval(measure));
  tools.own(() => unwant(tools.name));
  draw();
  load();
  return {
    update(next) {
      const changed = next.seat.account !== data.seat.account;
      data = next;
      if (changed) load();
    },
  };
});
