// The order ticket: opened by any widget, sends by itself, and never sends one order twice.
//
// Its key is made when it opens and renewed after an answer that the desk has stored. An answer that
// never came leaves the key as it is, so that sending again asks for the same order.

import { askAbove } from "./ask_above.js";
import { Refused, ask, newKey } from "./base.js";
import { account, emit, link, on, unwant, want } from "./bus.js";
import { confirmed, toast } from "./dom.js";
import { focused, wayBack } from "./focus.js";
import { instrument, isDerivative, products } from "./instruments.js";
import { arrow, number, percent, plain, price, rupees, toPaise, tone, typed } from "./money.js";
import { afterPaint, nextFrame, put, toneOf } from "./paint.js";
import { state } from "./store.js";
import { BLOCKS } from "./ticket_blocks.js";
import { waits } from "./ticket_costs.js";
import { paper } from "./ticket_form.js";
import { keep, kept, keptWords } from "./ticket_last.js";
import { NAMES, faults, needsPrice, needsTrigger, nudges, snap, types, unitsOf, validities, wish } from "./ticket_rules.js";
import { moved, painted } from "./ticket_sent.js";
import { widget } from "./widget.js";

const PAUSE = 180;
const DRAFT = "kagaz.draft";

export const mount = widget((root, data, tools) => {
  let open = null; // {form, terms, key, order, opener}
  let timer = 0;
  let round = 0;
  let sending = false;
  let sent = Promise.resolve(); // settles when what is on its way was answered: its ticket is not replaced before
  const told = new Set(); // refusals that the ticket itself has shown
  const sends = () => void (sent = Promise.all([sent, send()]).then(() => null));
  const does = { change, side: flip, send: sends, close, step, pick, fund, again: repeat, instead };
  const blocks = BLOCKS.map((make) => make(does));
  const sheet = paper(does, blocks);
  root.append(sheet.node);

  async function show(request) {
    await sent;
    let terms;
    try {
      terms = await instrument(request.symbol);
    } catch (refused) {
      toast(root, refused.message, { tone: "bad", stays: true });
      return;
    }
    if (!data.write) return;
    if (terms.kind === "INDEX") {
      toast(root, `${terms.symbol} is an index, which is watched and not traded: its futures and options are. O shows them.`);
      return;
    }
    const order = request.order || null;
    const quote = state.quotes.get(request.symbol);
    const last = request.price ?? quote?.last_price;
    const perLot = isDerivative(terms) && terms.lot > 1;
    const units = order ? order.quantity : request.quantity || terms.lot;
    const form = {
      symbol: request.symbol,
      side: order?.side || request.side || "BUY",
      type: order?.order_type || (types(terms).includes(request.type) ? request.type : "LIMIT"),
      product: order?.product || request.product || products(terms)[0],
      validity: order?.validity || request.validity || "DAY",
      inLots: perLot,
      quantity: String(perLot && units % terms.lot === 0 ? units / terms.lot : units),
      price: order ? money(order.price) : last ? plain(snap(toPaise(last), toPaise(terms.tick))) : "",
      trigger: order ? money(order.trigger_price) : "",
    };
    for (const block of blocks) Object.assign(form, block.fresh(request, terms));
    if (request.form) Object.assign(form, request.form);
    if (!types(terms).includes(form.type)) form.type = "LIMIT";
    open = { form, terms, order, key: newKey(), opener: wayBack(), unknown: false, touched: new Set() };
    want(tools.name, [request.symbol], false);
    sheet.open(open);
    repaint();
    estimate(0);
  }

  const money = (value) => (value ? plain(toPaise(value)) : "");

  function close() {
    if (!open || sending) return;
    const { opener } = open;
    open = null;
    unwant(tools.name);
    sessionStorage.removeItem(DRAFT);
    sheet.close();
    opener();
  }

  function flip(side) {
    if (!open || open.order || sending) return;
    open.form.side = side;
    changed();
  }

  function change(field, value) {
    if (!open) return;
    open.form[field] = value;
    open.touched.add(NAMES[field] || field);
    const last = state.quotes.get(open.form.symbol)?.last_price;
    if (field === "type" && !validities(value).includes(open.form.validity)) open.form.validity = "DAY";
    if (field === "type" && needsPrice(value) && !open.form.price && last)
      open.form.price = plain(snap(toPaise(last), toPaise(open.terms.tick)));
    changed();
  }

  // Arrow keys move a price by a tick, any other number by one (a quantity by one share or lot).
  function step(field, by) {
    const { form, terms } = open;
    if (field !== "price" && field !== "trigger") form[field] = String(Math.max(1, (parseInt(form[field], 10) || 0) + by));
    else {
      const tick = toPaise(terms.tick);
      const now = typed(form[field]) ?? toPaise(state.quotes.get(form.symbol)?.last_price ?? terms.tick);
      form[field] = plain(Math.max(tick, now % tick ? snap(now, tick) : now + by * tick));
    }
    changed();
  }

  function pick(field, paise) {
    open.form[field === "trigger_price" ? "trigger" : field] = plain(paise);
    changed();
  }

  function changed() {
    sessionStorage.setItem(DRAFT, JSON.stringify({ at: Date.now(), account: account(), form: open.form, order: open.order }));
    open.refused = null;
    repaint();
    estimate(PAUSE);
  }

  function repaint() {
    const quote = state.quotes.get(open.form.symbol);
    const found = wrong(quote);
    sheet.paint(open, {
      errors: open.refused?.length
        ? open.refused
        : found.filter((fault) => open.sent || open.touched.has(fault.field)),
      notes: nudges(open.form, open.terms, quote),
      units: unitsOf(open.form, open.terms),
      ready: !sending,
      quote,
      repeats: keptWords(),
    });
    tick();
  }

  const shown = () => blocks.filter((block) => block.fits(open.form, open.terms, open.order));

  function wrong(quote) {
    const more = shown().flatMap((block) => block.faults(open.form, open.terms, quote));
    return [...faults(open.form, open.terms, quote), ...more];
  }

  function asked(weighed = false) {
    const { form, terms, order } = open;
    if (!weighed) return Object.assign(wish(form, terms, account()), ...shown().map((block) => block.body(form, terms, order)));
    // What a change costs is asked with all of its terms, and the order that they are of.
    const parts = shown().filter((block) => !block.weightless).map((block) => block.body(form, terms, null));
    return Object.assign(wish(form, terms, account()), order ? { order_id: order.order_id } : {}, ...parts);
  }

  function tick() {
    if (!open) return;
    const quote = state.quotes.get(open.form.symbol) || {};
    put(sheet.last, price(quote.last_price));
    put(sheet.moved, `${arrow(quote.change)} ${percent(quote.change_percent)}`);
    toneOf(sheet.last, tone(quote.change));
    toneOf(sheet.moved, tone(quote.change));
  }

  // The terms of the order before, in this ticket: at today's price, and never sent by itself.
  function repeat() {
    const last = kept();
    if (!last || sending) return;
    const { symbol, form } = last;
    const terms = Object.fromEntries(Object.entries(form).filter(([name]) => name !== "price" && name !== "trigger"));
    close();
    show({ symbol, form: terms });
  }

  // Another contract in this ticket, at its own price; all else that was chosen stays.
  async function instead(symbol, last) {
    if (!open || open.order || sending) return;
    const { opener } = open;
    const field = focused();
    const { symbol: _, price: __, trigger: ___, ...terms } = open.form;
    await show({ symbol, price: last, form: terms });
    if (open) open.opener = opener;
    queueMicrotask(() => field?.focus?.({ preventScroll: true }));
  }

  async function fund(paise) {
    if (!open || sending) return;
    try {
      const body = { account: account(), amount: plain(paise) };
      await ask("/wallet/deposit", { method: "POST", body, key: newKey() });
      toast(root, `${rupees(paise / 100)} of virtual funds added.`, { tone: "good" });
      estimate(0);
    } catch (refused) {
      sheet.say(refused.message, refused.problem);
    }
  }

  // What is worth much is asked about once more: of a contract what it needs, of shares what they cost.
  async function meant() {
    const { form, terms, told } = open;
    const worth = (isDerivative(terms) ? told?.required : told?.value) ?? 0;
    if (!(worth > askAbove())) return true;
    const buys = form.side === "BUY";
    const how = isDerivative(terms) ? `with ${rupees(worth)} of margin and premium` : `for about ${rupees(worth)}`;
    const question = `${buys ? "Buy" : "Sell"} ${number(unitsOf(form, terms), 0)} ${terms.symbol} ${how}?`;
    return confirmed(root, question, "Send it", { no: "Go back", kind: buys ? "primary" : "danger" });
  }

  function estimate(wait) {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      if (!open) return;
      if (wrong(null).length) {
        open.told = null;
        sheet.cost(null);
        return;
      }
      const mine = (round += 1);
      try {
        const answer = await ask("/margins", { method: "POST", body: asked(true) });
        if (open && mine === round) {
          const later = waits(open.told) !== waits(answer);
          open.told = answer;
          sheet.cost(answer, "", open);
          if (later) repaint();
        }
      } catch (refused) {
        if (open && mine === round) sheet.cost(null, refused.message);
      }
    }, wait);
  }

  async function send() {
    if (!open || sending) return;
    const found = wrong(state.quotes.get(open.form.symbol));
    open.sent = true;
    if (found.length) {
      repaint();
      sheet.focus(found[0].field);
      return;
    }
    clearTimeout(timer); // what it costs is no question any more, and would be asked of rows that the order locks
    if (!(await meant()) || !open || sending) return;
    sending = true;
    sheet.busy(true);
    sheet.say("");
    try {
      const row = await post(open);
      if (!row.children) {
        await moved(row);
        emit("answered", row);
        await painted(); // the row first: to close a ticket costs as much again
      }
      taken(row);
    } catch (refused) {
      refuse(refused instanceof Refused ? refused : new Refused(0, null));
    } finally {
      sending = false;
      sheet.busy(false);
      if (open) repaint();
    }
  }

  function post({ form, terms, order, key }) {
    const body = asked();
    const path = shown().reduce((found, block) => block.path?.(form) || found, "/orders");
    if (!order) return ask(path, { method: "POST", body, key });
    const change = { account: body.account };
    for (const field of ["quantity", "price", "trigger_price", "order_type", "validity"]) {
      const before = field === "price" || field === "trigger_price" ? money(order[field]) : order[field];
      const after = body[field] ?? "";
      if (String(after) !== String(before ?? "") && after !== "") change[field] = after;
    }
    Object.assign(change, ...shown().map((block) => block.body(form, terms, order)));
    return ask(`/orders/${order.order_id}`, { method: "PATCH", body: change, key });
  }

  function taken(row) {
    const { order } = open;
    if (!order) keep(open.form);
    if (row.children) return takenInSlices(row);
    const now = state.orders.get(row.order_id) || row;
    sending = false;
    close();
    const done = { COMPLETE: "filled", OPEN: "open", TRIGGER_PENDING: "waiting for its trigger", AMO: "kept for the next session" };
    toast(
      root,
      `${order ? "Changed" : row.side === "BUY" ? "Buy" : "Sell"} ${number(row.quantity, 0)} ${row.symbol}: ${done[now.status] || now.status.toLowerCase()} (order ${row.order_id})`,
      { tone: "good", action: { label: "Orders", run: () => tools.trigger("go", "orders") } },
    );
  }

  // Each slice has its order or its error; what was refused is told and stays until it is dismissed.
  function takenInSlices(row) {
    const placed = row.children.filter((child) => child.order);
    const refused = row.children.filter((child) => child.error);
    placed.forEach((child) => emit("answered", child.order));
    refused.forEach((child) => told.add(child.error.order_id));
    sending = false;
    close();
    const orders = { label: "Orders", run: () => tools.trigger("go", "orders") };
    const sum = placed.reduce((units, child) => units + child.order.quantity, 0);
    toast(root, `${placed.length} orders for ${number(sum, 0)} ${row.symbol} placed, the first is ${row.order_id}`, {
      tone: "good",
      action: orders,
    });
    if (refused.length)
      toast(root, `${refused.length} of ${row.children.length} slices were refused. ${refused[0].error.detail}`, {
        tone: "bad",
        stays: true,
        action: orders,
      });
  }

  function refuse(refused) {
    const code = refused.problem.reason_code;
    if (refused.status === 0) {
      open.unknown = true;
      sheet.say(
        "No answer came, so this order may have arrived. Send it again: it carries the same key and cannot be doubled.",
      );
      return;
    }
    if (refused.status === 401) {
      sheet.say("You are signed out. No order was sent; this ticket is kept for when you are back.");
      return;
    }
    if (code === 104) {
      open.key = newKey();
      sheet.say(
        "The first sending of this ticket did arrive: look in the order book before you send it as a new one.",
      );
      return;
    }
    // A refusal that was written as a REJECTED order used the key up; one before an order exists did not.
    if (refused.problem.order_id) {
      open.key = newKey();
      told.add(refused.problem.order_id);
    }
    open.refused = refused.errors;
    sheet.say(refused.message, refused.problem);
    emit("answered", null);
  }

  tools.own(on("ticket", show));
  tools.own(
    on("quotes", (symbols) => {
      if (open && symbols.has(open.form.symbol)) nextFrame(tools.name, tick);
    }),
  );
  tools.own(
    on("depth", () => {
      if (open) nextFrame(tools.name, tick);
    }),
  );
  tools.own(
    on("trade", (row) => {
      const text = `${row.side === "BUY" ? "Bought" : "Sold"} ${number(row.quantity, 0)} ${row.symbol} at ${rupees(row.price)}`;
      afterPaint(() => toast(root, text, { tone: "good" }));
    }),
  );
  tools.own(
    on("order", (row) => {
      if (row.status === "REJECTED" && !told.has(row.order_id) && !sending)
        toast(root, `Order ${row.order_id} was refused. ${row.reason || ""}`, { tone: "bad", stays: true });
    }),
  );
  const again = setInterval(() => {
    if (open && !sending && !needsTrigger(open.form.type) && link().status !== "ended") estimate(0);
  }, 4000);
  tools.own(() => clearInterval(again));
  tools.own(sheet.forget);
  resume();

  // A ticket that was open when the session ended is offered again.
  function resume() {
    const draft = JSON.parse(sessionStorage.getItem(DRAFT) || "null");
    sessionStorage.removeItem(DRAFT);
    if (!draft || draft.account !== account() || Date.now() - draft.at > 30 * 60 * 1000 || !data.write) return;
    toast(root, `A ticket for ${draft.form.symbol} was left open and was not sent.`, {
      stays: true,
      action: { label: "Open it", run: () => show({ symbol: draft.form.symbol, form: draft.form, order: draft.order }) },
    });
  }

  return {
    update: (next) => {
      data = next;
    },
  };
});
