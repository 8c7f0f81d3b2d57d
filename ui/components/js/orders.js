// The order book: live rows, change and cancel in one click, and the whole history of each with reasons.

import { ask, keyOf, newKey, withAccount } from "./base.js";
import { account, emit, on, unwant, want } from "./bus.js";
import { arrange, confirmed, h, missed, rule, toast } from "./dom.js";
import { price, quantity } from "./money.js";
import { again, changed } from "./order_again.js";
import { history } from "./order_history.js";
import { nothing, penniless } from "./order_empty.js";
import { mark } from "./order_tag.js";
import { MORE_TABS } from "./order_tabs.js";
import { download } from "./order_sheet.js";
import { filled, finer, status, terms, words, works } from "./order_words.js";
import { atOnce, nextFrame, put } from "./paint.js";
import { lastOf, state, takeOrder } from "./store.js";
import { clock } from "./time.js";
import { widget } from "./widget.js";

const TABS = [
  ["open", "Open", works],
  ["executed", "Executed", (row) => row.filled_quantity > 0],
  ["all", "All", () => true],
];
const HEADS = [
  ["Time (IST)", ""],
  ["Side", ""],
  ["Instrument", ""],
  ["Product", "wide"],
  ["Filled / qty", "num"],
  ["Price", "num"],
  ["Avg.", "num wide"],
  ["LTP", "num"],
  ["Status", ""],
  ["", ""],
];

export const mount = widget((root, data, tools) => {
  let tab = "open";
  let opened = null;
  let loaded = false;
  let fault = null;
  let needle = "";
  let wanted = data.open || null; // the order that the address names, or a word to look for
  const busy = new Set();
  let listed = [];
  const picked = new Set(); // orders that are ticked, to be cancelled together
  const cells = new Map();
  let drawn = new Map(); // by order: its line, and what it was drawn from
  let counted = "";
  const tabs = h("div", { class: "tabs grow", role: "tablist" });
  const filter = h("input", {
    type: "search",
    placeholder: "Filter",
    "aria-label": "Filter orders",
    oninput: () => {
      needle = filter.value.trim().toLowerCase();
      draw();
    },
  });
  const cancelAll = h("button", { type: "button", class: "plain", onclick: askCancelAll }, "Cancel all");
  const cancelSome = h("button", { type: "button", class: "plain", hidden: true, onclick: cancelPicked });
  const save = () => download(listed, "kagaz-orders.csv");
  const csv = h("button", { type: "button", class: "plain", title: "What is listed", onclick: save }, "CSV");
  const body = h("tbody");
  const table = h(
    "table",
    { class: "grid orders", "aria-label": "Orders" },
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        HEADS.map(([label, kind]) => h("th", { class: kind, scope: "col" }, label)),
      ),
    ),
    body,
  );
  const empty = h("div", { class: "empty" });
  const others = data.brief ? [] : MORE_TABS.map((make) => make(root, data, tools, () => draw()));
  const scroll = h("div", { class: "scroll" }, table);
  root.append(
    data.brief
      ? h("div", { class: "row head" }, h("h3", { class: "grow" }, "Open orders"), cancelAll)
      : h("div", { class: "row head" }, tabs, filter, csv, cancelSome, cancelAll),
    scroll,
    empty,
    ...others.map((other) => other.node),
  );

  const sorted = () =>
    [...state.orders.values()]
      .filter((row) => !account() || row.account === account())
      .sort((one, other) => (BigInt(other.order_id) > BigInt(one.order_id) ? 1 : -1));

  async function load() {
    try {
      const answer = await ask(withAccount("/orders?status=all&limit=500", account()));
      answer.items.forEach(takeOrder);
      loaded = true;
      fault = null;
    } catch (refused) {
      fault = refused;
    }
    reveal();
    draw();
  }

  // Shows what the address asks for, once.
  function reveal() {
    if (!wanted || !loaded) return;
    const row = state.orders.get(wanted);
    if (row) {
      tab = works(row) ? "open" : "all";
      toggle(wanted).then(() => body.querySelector("tr.history")?.scrollIntoView({ block: "nearest" }));
    } else if (!/^[0-9]+$/.test(wanted)) {
      filter.value = wanted;
      needle = wanted.toLowerCase();
    }
    wanted = null;
  }

  function choose(name) {
    tab = name;
    others.find((other) => other.name === name)?.open(data);
    draw();
  }

  function drawTabs(all) {
    const figures = [
      ...TABS.map(([name, label, keep]) => [name, label, loaded ? all.filter(keep).length : null]),
      ...others.map((other) => [other.name, other.label, other.count()]),
    ];
    const now = `${tab} ${figures}`;
    if (now === counted) return;
    counted = now;
    tabs.replaceChildren(
      ...figures.map(([name, label, count]) =>
        h(
          "button",
          { type: "button", role: "tab", dataset: { act: name }, "aria-selected": String(name === tab), onclick: () => choose(name) },
          label,
          h("span", { class: "count" }, count === null ? "" : String(count)),
        ),
      ),
    );
  }

  function draw() {
    const all = sorted();
    const other = others.find((each) => each.name === tab);
    for (const each of others) each.node.hidden = each !== other;
    scroll.hidden = Boolean(other);
    filter.hidden = Boolean(other);
    if (!data.brief) drawTabs(all);
    if (other) {
      cancelAll.hidden = csv.hidden = cancelSome.hidden = true;
      empty.hidden = true;
      return;
    }
    const test = data.brief ? works : TABS.find(([name]) => name === tab)[2];
    const rows = all.filter(test).filter((row) => !needle || words(row).includes(needle));
    listed = rows;
    csv.hidden = !rows.length;
    drawPicked(rows);
    cancelAll.hidden = !data.write || !all.some(works);
    const before = drawn;
    drawn = new Map();
    cells.clear();
    const nodes = (row) => (opened?.id === row.order_id ? [kept(row, before), history(opened, HEADS.length, data.write && !works(row) ? repeat : null)] : [kept(row, before)]);
    arrange(body, rows.flatMap(nodes));
    table.hidden = !rows.length;
    empty.hidden = rows.length > 0;
    if (!rows.length) teach(all.length);
    want(tools.name, [...new Set(rows.filter(works).map(keyOf))]);
    tick();
  }

  // Those alone that a tag marks; once more, and all are back.
  function only(tag) {
    needle = needle === tag.toLowerCase() ? "" : tag.toLowerCase();
    filter.value = needle && tag;
    draw();
  }

  function drawPicked(rows) {
    const open = new Set(rows.filter(works).map((row) => row.order_id));
    for (const id of picked) if (!open.has(id)) picked.delete(id);
    cancelSome.hidden = !picked.size;
    put(cancelSome, `Cancel ${picked.size} selected`);
  }

  // The order's line, made anew only where something of it changed: a table is laid out as a whole.
  function kept(row, before) {
    const id = row.order_id;
    const stamp = `${row.version} ${busy.has(id)} ${opened?.id === id} ${data.write}`;
    const held = before.get(id);
    const one = held?.stamp === stamp ? held : { stamp, ...line(row) };
    drawn.set(id, one);
    cells.set(id, { last: one.last, row });
    return one.node;
  }

  function teach(any) {
    const name = data.brief ? "open" : tab;
    empty.replaceChildren(...(fault ? missed("The orders could not be loaded", fault, load) : nothing({ loaded, needle, name, any, write: data.write })));
  }

  function pick(row) {
    if (data.brief || !data.write || !works(row)) return null;
    const id = row.order_id;
    const change = (event) => {
      if (event.target.checked) picked.add(id);
      else picked.delete(id);
      drawPicked(listed);
    };
    return h("input", {
      type: "checkbox",
      class: "pick",
      "aria-label": `Select order ${id}`,
      checked: picked.has(id),
      onclick: (event) => event.stopPropagation(),
      onchange: change,
    });
  }

  async function cancelPicked() {
    const rows = sorted().filter((row) => picked.has(row.order_id) && works(row));
    picked.clear();
    await Promise.all(rows.map(cancel));
  }

  function line(row) {
    const [text, mood, icon] = status(row);
    const last = h("td", { class: "num" }, "–");
    const act = (name, label, run) =>
      h(
        "button",
        {
          type: "button",
          class: "plain small",
          dataset: { act: `${name}-${row.order_id}` },
          disabled: busy.has(row.order_id),
          onclick: (event) => {
            event.stopPropagation();
            run(row);
          },
        },
        label,
      );
    const open = opened?.id === row.order_id;
    const node = h(
      "tr",
      { class: "order", dataset: { id: row.order_id }, onclick: () => toggle(row.order_id) },
      h("td", { class: "muted" }, pick(row), clock(row.placed_at)),
      h("td", null, h("span", { class: `chip ${row.side.toLowerCase()}` }, row.side)),
      h(
        "td",
        null,
        h(
          "button",
          { type: "button", class: "name", "aria-expanded": String(open), dataset: { act: `row-${row.order_id}` } },
          row.symbol,
        ),
        " ",
        h("small", { class: "muted" }, row.exchange),
        h("small", { class: "narrow muted" }, ` ${row.product}`),
        mark(row, data.brief ? null : only),
        finer(row) ? h("div", { class: "finer muted" }, finer(row)) : null,
        row.status === "REJECTED" && row.reason
          ? h("div", { class: "why" }, row.reason, rule(row.reason_code))
          : null,
      ),
      h("td", { class: "wide muted" }, row.product, row.validity === "DAY" ? "" : ` ${row.validity}`),
      h("td", { class: "num" }, `${quantity(row.filled_quantity)} / ${quantity(row.quantity)}`),
      h("td", { class: "num" }, terms(row)),
      h("td", { class: "num wide" }, filled(row)),
      last,
      h("td", null, h("span", { class: `chip ${mood}` }, `${icon} ${text}`)),
      h(
        "td",
        { class: "num acts" },
        works(row) && data.write
          ? [act("modify", "Modify", modify), " ", act("cancel", "Cancel", cancel)]
          : data.write && !data.brief
            ? act("repeat", "Repeat", repeat)
            : null,
      ),
    );
    return { node, last };
  }

  async function toggle(id) {
    if (opened?.id === id) {
      opened = null;
      draw();
      return;
    }
    opened = { id, detail: null, refused: null };
    draw();
    await refetch(id);
  }

  async function refetch(id) {
    try {
      const [detail, attached] = await Promise.all([
        ask(withAccount(`/orders/${id}`, account())),
        ask(withAccount(`/gtt?order_id=${id}`, account())),
      ]);
      detail.attached = attached.items[0] || null;
      if (opened?.id === id) opened.detail = detail;
    } catch (refused) {
      if (opened?.id === id) opened.refused = refused;
    }
    draw();
  }

  const modify = (row) => emit("ticket", changed(row));
  const repeat = (row) => emit("ticket", again(row));

  async function cancel(row) {
    busy.add(row.order_id);
    draw();
    try {
      const done = await ask(withAccount(`/orders/${row.order_id}`, account()), { method: "DELETE", key: newKey() });
      takeOrder(done);
      emit("orders", done);
    } catch (refused) {
      toast(root, refused.status === 409 ? `Order ${row.order_id}: ${refused.message}` : refused.message, {
        tone: "bad",
        stays: true,
      });
      if (refused.status === 409) load();
    } finally {
      busy.delete(row.order_id);
      draw();
    }
  }

  async function askCancelAll() {
    const rows = sorted().filter(works);
    if (!(await confirmed(root, `Cancel all ${rows.length} open orders of this book?`, `Cancel ${rows.length}`)))
      return;
    cancelAll.disabled = true;
    try {
      const done = await ask(withAccount("/orders?status=open", account()), { method: "DELETE", timeout: 30000 });
      done.items.filter((row) => row.order_id && row.version).forEach(takeOrder);
    } catch (refused) {
      toast(root, refused.message, { tone: "bad", stays: true });
    }
    cancelAll.disabled = false;
    load();
  }

  function tick() {
    for (const { last, row } of cells.values()) put(last, works(row) ? price(lastOf(row)) : "–");
  }

  tools.own(
    on("orders", (row) =>
      atOnce(tools.name, () => {
        draw();
        if (row && opened?.id === row.order_id) refetch(row.order_id);
      }),
    ),
  );
  tools.own(
    on("answered", (row) => {
      if (row && takeOrder(row)) atOnce(tools.name, draw);
    }),
  );
  tools.own(on("quotes", () => nextFrame(`${tools.name} prices`, tick)));
  let poor = penniless();
  tools.own(
    on("wallet", () => {
      if (poor !== (poor = penniless()) && !empty.hidden) draw();
    }),
  );
  for (const name of ["snapshot", "gap"]) tools.own(on(name, load));
  tools.own(() => unwant(tools.name));
  draw();
  load();
  return {
    update(next) {
      const changed = next.seat.account !== data.seat.account;
      data = next;
      if (changed) {
        opened = null;
        others.find((other) => other.name === tab)?.open(data);
        load();
      }
    },
  };
});
