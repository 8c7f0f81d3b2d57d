// The form of a GTT: a single trigger or two, or the target and stop of an entry. Opened by any widget.

import { Refused, ask, newKey } from "./base.js";
import { account, emit, on, unwant, want } from "./bus.js";
import { h, rule, toast } from "./dom.js";
import { wayBack } from "./focus.js";
import { far } from "./gtt_words.js";
import { PRODUCT_WORDS, instrument, isDerivative } from "./instruments.js";
import { arrow, number, percent, plain, price, rupees, toPaise, tone, typed } from "./money.js";
import { nextFrame, put, toneOf } from "./paint.js";
import { searchBox } from "./search.js";
import { state } from "./store.js";
import { choice, field, movable } from "./ticket_parts.js";
import { snap } from "./ticket_rules.js";
import { widget } from "./widget.js";

const NEAR = [-5, -2, 2, 5];
const money = (value) => (value ? plain(toPaise(value)) : "");

export const mount = widget((root, data, tools) => {
  let open = null; // {symbol, terms, form, gtt, key, refused}
  let sending = false;
  const title = h("b", { class: "cut" });
  const about = h("small", { class: "cut" });
  const last = h("span", { class: "last" }, "–");
  const moved = h("span", { class: "moved" }, "");
  const side = choice("side", "Side", [["BUY", "BUY"], ["SELL", "SELL"]], set);
  const kind = choice("kind", "Kind", [["SINGLE", "Single"], ["OCO", "Two legs: one cancels the other"]], set);
  const product = choice("product", "Product", [["CNC", "CNC"]], set);
  const does = { change: set, step, pick: (name, paise) => set(name, plain(paise)) };
  const quantity = field("quantity", "Quantity", does);
  const legs = ["lower", "upper"].map((name) => legFields(name, does));
  const said = h("div", { class: "said", role: "alert" });
  const submit = h("button", { type: "submit", class: "primary" }, "Create GTT");
  const search = searchBox({ choose: (item) => show({ symbol: item.key }), has: () => false });
  const finder = h("div", { class: "finder" }, h("p", { class: "muted" }, "For which instrument?"), search.node);
  const teach = h("p", { class: "muted small" });
  const header = h("header", null,
    h("div", { class: "grow" }, h("div", { class: "row" }, title, h("span", { class: "chip paper" }, "PAPER")), about),
    h("div", { class: "quote" }, last, moved), side.node,
    h("button", { type: "button", class: "shut", "aria-label": "Close GTT (Esc)", onclick: close }, "✕"));
  const form = h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); send(); } },
    h("div", { class: "row apart" }, kind.node, product.node),
    h("div", { class: "fields" }, quantity.node), legs.map((leg) => leg.node), teach, said,
    h("div", { class: "row end last" }, h("button", { type: "button", class: "plain", onclick: close }, "Close"), submit));
  const node = h("section", { class: "gtt", role: "dialog", "aria-label": "GTT", popover: "manual", hidden: true },
    header, finder, form);
  movable(node, header);
  node.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") close();
  });
  node.addEventListener("keyup", (event) => event.stopPropagation());
  root.append(node);

  function legFields(name, acts) {
    const type = choice(`${name}.type`, "Order", [["LIMIT", "Limit"], ["MARKET", "Market"]], set);
    const trigger = field(`${name}.trigger`, "Trigger price", acts, `${name}.trigger`, false);
    const limit = field(`${name}.price`, "Price", acts, `${name}.price`, false);
    const caption = h("h4", null, "");
    const chips = h("div", { class: "nearby" });
    return {
      name, type, trigger, limit, caption, chips,
      node: h("fieldset", { class: "leg" }, h("legend", { class: "visually-hidden" }, name),
        h("div", { class: "row apart" }, caption, type.node),
        h("div", { class: "fields two" }, trigger.node, limit.node), chips),
    };
  }

  // What is asked for: {symbol, side, product, quantity, gtt}; without a symbol, it is searched for first.
  async function show(request) {
    if (!data.write) return;
    const gtt = request.gtt || null;
    open = { symbol: request.symbol || null, terms: null, gtt, key: newKey(), opener: open?.opener || wayBack(), refused: null, sent: false };
    said.replaceChildren();
    node.hidden = false;
    if (!node.matches(":popover-open")) node.showPopover();
    finder.hidden = Boolean(open.symbol);
    form.hidden = !open.symbol;
    header.classList.toggle("plain", !open.symbol);
    if (!open.symbol) {
      put(title, "New GTT");
      put(about, "An order that waits for its price");
      node.dataset.side = "BUY";
      queueMicrotask(() => search.node.querySelector("input").focus());
      return;
    }
    try {
      open.terms = await instrument(request.symbol);
    } catch (refused) {
      toast(root, refused.message, { tone: "bad", stays: true });
      close();
      return;
    }
    want(tools.name, [open.symbol]);
    open.form = gtt ? formOf(gtt) : fresh(request);
    product.fill((isDerivative(open.terms) ? ["NRML"] : ["CNC"]).concat(gtt?.parent_order_id ? ["MIS"] : []).map((each) => [each, each, PRODUCT_WORDS[each]]));
    repaint();
    queueMicrotask(() => legs.find((leg) => !leg.node.hidden)?.trigger.input.focus());
  }

  function fresh(request) {
    const terms = open.terms;
    const quote = state.quotes.get(open.symbol);
    const now = quote?.last_price ? toPaise(quote.last_price) : null;
    const sells = (request.side || "BUY") === "SELL";
    const at = (share) => (now ? plain(snap(now * (1 + share / 100), toPaise(terms.tick))) : "");
    return {
      side: request.side || "BUY", kind: request.kind || (sells ? "OCO" : "SINGLE"),
      product: isDerivative(terms) ? "NRML" : "CNC", quantity: String(request.quantity || terms.lot),
      "lower.trigger": at(-2), "lower.price": at(-2), "lower.type": "LIMIT",
      "upper.trigger": at(2), "upper.price": at(2), "upper.type": "LIMIT",
    };
  }

  function formOf(gtt) {
    const [one, two] = gtt.legs;
    const made = { side: one.side, kind: gtt.kind, product: one.product, quantity: String(one.quantity) };
    const into = (name, leg) => Object.assign(made, {
      [`${name}.trigger`]: money(leg?.trigger_price), [`${name}.price`]: money(leg?.price), [`${name}.type`]: leg?.order_type || "LIMIT",
    });
    if (gtt.parent_order_id) {
      // A stop or a target that is missing may be added; each stands where its price would lie.
      const [below, above] = one.side === "SELL" ? ["stop", "target"] : ["target", "stop"];
      into("lower", gtt.legs.find((leg) => leg.role === below));
      into("upper", gtt.legs.find((leg) => leg.role === above));
      made.kind = "OCO";
      return made;
    }
    into("lower", one);
    into("upper", two);
    return made;
  }

  function close() {
    if (!open || sending) return;
    const { opener } = open;
    open = null;
    unwant(tools.name);
    if (node.matches(":popover-open")) node.hidePopover();
    node.hidden = true;
    opener();
  }

  function set(name, value) {
    if (!open?.form || sending) return;
    const before = open.form[name];
    open.form[name] = value;
    // The limit follows the trigger until somebody gives it a price of its own.
    if (name.endsWith(".trigger")) {
      const limit = name.replace(".trigger", ".price");
      if (open.form[limit] === before) open.form[limit] = value;
    }
    open.refused = null;
    repaint();
  }

  function step(name, by) {
    const tick = toPaise(open.terms.tick);
    if (name === "quantity") set(name, String(Math.max(open.terms.lot, (parseInt(open.form.quantity, 10) || 0) + by * open.terms.lot)));
    else set(name, plain(Math.max(tick, (typed(open.form[name]) ?? toPaise(state.quotes.get(open.symbol)?.last_price || 0)) + by * tick)));
  }

  const attached = () => Boolean(open?.gtt?.parent_order_id);
  const roleOf = (name) => ((open.form.side === "SELL") === (name === "upper") ? "target" : "stop");
  const used = () => (open.form.kind === "OCO" ? legs : [legs[0]]);

  function repaint() {
    const { form: f, terms, gtt } = open;
    const errors = open.refused?.length ? open.refused : open.sent ? faults() : [];
    node.dataset.side = f.side;
    put(title, terms.symbol);
    put(about, `${terms.exchange} · ${gtt ? `GTT ${gtt.gtt_id}` : "good till triggered, for a year"}`);
    side.set(f.side, Boolean(gtt));
    kind.set(f.kind, Boolean(gtt));
    kind.node.hidden = attached();
    product.set(f.product, Boolean(gtt));
    quantity.node.hidden = attached();
    quantity.paint(f.quantity, errors.find((each) => each.field.endsWith("quantity")), terms.lot > 1 ? `lot ${number(terms.lot, 0)}` : "");
    legs.forEach((leg, at) => {
      leg.node.hidden = !used().includes(leg);
      const role = roleOf(leg.name);
      const type = f[`${leg.name}.type`];
      put(leg.caption, captionOf(leg.name, role));
      leg.type.node.hidden = attached();
      leg.type.set(type);
      const fault = (what) => errors.find((each) => each.field === `legs[${at}].${what}` || each.field === what || each.field === `${leg.name}.${what}`);
      leg.trigger.paint(f[`${leg.name}.trigger`], fault("trigger_price") || (attached() ? fault(role === "stop" ? "stop_trigger" : "target_price") : null), triggerNote(leg.name));
      leg.limit.node.hidden = attached() && role === "target";
      leg.limit.input.disabled = type === "MARKET" && !attached();
      leg.limit.paint(type === "MARKET" && !attached() ? "" : f[`${leg.name}.price`], fault("price") || (attached() ? fault("stop_price") : null),
        attached() ? "empty: at market" : type === "MARKET" ? "at the market, protected" : "of the order it places");
      leg.chips.replaceChildren(...nearby(leg));
    });
    put(teach, attached()
      ? "They close what the entry has filled, never more than the position. Changing them changes no order that was placed already."
      : f.kind === "OCO" ? "The leg that is reached places its order and switches the other off." : "When the trigger is reached, an order is placed; it is checked like any other then.");
    put(submit, gtt ? "Save changes" : "Create GTT");
    submit.disabled = sending;
    tick();
  }

  // What a leg is for. Shares bought for delivery close nothing: their triggers are no target and no stop.
  function captionOf(name, role) {
    const { form: f } = open;
    if (f.kind !== "OCO") return "Trigger";
    const below = name === "lower";
    const closes = f.side === "SELL" || f.product !== "CNC";
    const word = closes ? (role === "stop" ? "Stop" : "Target") : below ? "Lower trigger" : "Upper trigger";
    return `${below ? "▼" : "▲"} ${word}`;
  }

  function nearby(leg) {
    const now = state.quotes.get(open.symbol)?.last_price;
    if (!now || open.gtt) return [];
    const shares = open.form.kind === "SINGLE" ? NEAR : NEAR.filter((each) => (leg.name === "upper") === each > 0);
    return shares.map((each) =>
      h("button", { type: "button", class: "plain small", onclick: () => set(`${leg.name}.trigger`, plain(snap(toPaise(now) * (1 + each / 100), toPaise(open.terms.tick)))) },
        `${each > 0 ? "+" : "−"}${Math.abs(each)}%`));
  }

  function triggerNote(name) {
    const paise = typed(open.form[`${name}.trigger`]);
    const now = state.quotes.get(open.symbol)?.last_price;
    if (!paise || !now) return now ? `last price ${rupees(now)}` : "";
    return `last price ${rupees(now)}, triggers at ${far(paise / 100, now)}`;
  }

  function tick() {
    if (!open?.terms) return;
    const quote = state.quotes.get(open.symbol) || {};
    put(last, price(quote.last_price));
    put(moved, `${arrow(quote.change)} ${percent(quote.change_percent)}`);
    toneOf(last, tone(quote.change));
    for (const leg of legs) if (!leg.trigger.input.matches("[aria-invalid=true]")) put(leg.node.querySelector(".note"), triggerNote(leg.name));
  }

  function faults() {
    const { form: f, terms } = open;
    const found = [];
    if (!attached() && (!/^[0-9]{1,9}$/.test(f.quantity.trim()) || +f.quantity === 0)) found.push({ field: "quantity", detail: "Say how many: a whole number above zero." });
    for (const leg of used()) {
      const trigger = f[`${leg.name}.trigger`];
      if (attached() && !trigger.trim()) continue;
      const tickOf = toPaise(terms.tick);
      for (const [what, text, asked] of [["trigger_price", trigger, true], ["price", f[`${leg.name}.price`], f[`${leg.name}.type`] === "LIMIT" && !attached()]]) {
        const paise = typed(text);
        if (!asked) continue;
        if (!paise) found.push({ field: `${leg.name}.${what}`, detail: "An amount such as 1,500.05." });
        else if (paise % tickOf) found.push({ field: `${leg.name}.${what}`, detail: `Must be a multiple of ${rupees(terms.tick)}.` });
      }
    }
    return found;
  }

  function body() {
    const { form: f, gtt } = open;
    if (attached()) {
      const made = { account: account() };
      for (const leg of legs) {
        const paise = typed(f[`${leg.name}.trigger`]);
        if (!paise) continue;
        const old = gtt.legs.find((each) => each.role === roleOf(leg.name));
        if (roleOf(leg.name) === "target") {
          if (money(old?.trigger_price) !== plain(paise)) made.target_price = plain(paise);
        } else if (money(old?.trigger_price) !== plain(paise) || money(old?.price) !== f[`${leg.name}.price`].trim()) {
          made.stop_trigger = plain(paise);
          if (typed(f[`${leg.name}.price`])) made.stop_price = plain(typed(f[`${leg.name}.price`]));
        }
      }
      return made;
    }
    const sent = used().map((leg) => {
      const one = { trigger_price: plain(typed(f[`${leg.name}.trigger`])), quantity: +f.quantity, order_type: f[`${leg.name}.type`] };
      if (one.order_type === "LIMIT") one.price = plain(typed(f[`${leg.name}.price`]));
      return one;
    });
    if (gtt) return { account: account(), legs: sent };
    const [exchange, ...rest] = open.symbol.split(":");
    return { account: account(), exchange, symbol: rest.join(":"), side: f.side, product: f.product, legs: sent };
  }

  async function send() {
    if (!open?.terms || sending) return;
    open.sent = true;
    if (faults().length) {
      repaint();
      return;
    }
    const request = body();
    if (attached() && Object.keys(request).length === 1) {
      close();
      return;
    }
    sending = true;
    submit.disabled = true;
    said.replaceChildren();
    try {
      const { gtt, key } = open;
      const row = await ask(gtt ? `/gtt/${gtt.gtt_id}` : "/gtt", { method: gtt ? "PATCH" : "POST", body: request, key });
      sending = false;
      close();
      emit("gtts", row);
      toast(root, `${gtt ? "Changed" : "Waiting"}: GTT ${row.gtt_id} on ${row.symbol}`, { tone: "good", action: { label: "Orders", run: () => tools.trigger("go", "orders") } });
    } catch (error) {
      refuse(error instanceof Refused ? error : new Refused(0, null));
    } finally {
      sending = false;
      if (open) repaint();
    }
  }

  function refuse(refused) {
    const unknown = refused.status === 0;
    if (!unknown) open.key = newKey();
    open.refused = refused.errors;
    said.replaceChildren(
      h("p", null, unknown ? "No answer came. Send it again: it carries the same key and cannot be doubled." : refused.message),
      refused.problem.reason_code ? h("small", null, "Nothing was changed.", rule(refused.problem.reason_code)) : "");
  }

  const escape = (event) => {
    if (event.key === "Escape" && open && !event.defaultPrevented) close();
  };
  addEventListener("keydown", escape);
  tools.own(() => removeEventListener("keydown", escape));
  tools.own(search.destroy);
  tools.own(on("gtt", show));
  tools.own(on("quotes", (symbols) => { if (open && symbols.has(open.symbol)) nextFrame(tools.name, tick); }));
  return { update: (next) => { data = next; } };
});
