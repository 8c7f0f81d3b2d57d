// The ticket's paper: fields, header, costs. It shows what it is told and reports what was done to it.

import { h, rule } from "./dom.js";
import { PRODUCT_WORDS, isDerivative, products } from "./instruments.js";
import { number } from "./money.js";
import { put } from "./paint.js";
import { describe } from "./search.js";
import { costs, waits } from "./ticket_costs.js";
import { choice, field, movable } from "./ticket_parts.js";
import { needsPrice, needsTrigger, types, validities } from "./ticket_rules.js";

const TYPES = [
  ["LIMIT", "Limit"],
  ["MARKET", "Market"],
  ["SL", "SL"],
  ["SL-M", "SL-M"],
];
const VALIDITIES = [
  ["DAY", "Day"],
  ["IOC", "IOC", "Immediate or cancel: what does not fill at once is cancelled"],
  ["TTL", "Minutes", "Good for some minutes, then cancelled"],
];
// `blocks` are the parts that ticket_blocks.js lists.
export function paper(does, blocks) {
  const last = h("span", { class: "last" }, "–");
  const moved = h("span", { class: "moved" }, "");
  const title = h("b", { class: "cut" });
  const about = h("small", { class: "cut" });
  const toggle = choice(
    "side",
    "Side",
    [
      ["BUY", "BUY"],
      ["SELL", "SELL"],
    ],
    (_, value) => does.side(value),
  );
  const header = h(
    "header",
    null,
    h(
      "div",
      { class: "grow" },
      h("div", { class: "row" }, title, h("span", { class: "chip paper" }, "PAPER")),
      about,
    ),
    h("div", { class: "quote" }, last, moved),
    toggle.node,
    h("button", { type: "button", class: "shut", "aria-label": "Close ticket (Esc)", onclick: does.close }, "✕"),
  );
  const product = choice("product", "Product", [["CNC", "CNC"]], does.change);
  const type = choice("type", "Order type", TYPES, does.change);
  const validity = choice("validity", "Validity", VALIDITIES, does.change);
  const fields = {
    quantity: field("quantity", "Quantity", does),
    price: field("price", "Price", does),
    trigger_price: field("trigger_price", "Trigger price", does, "trigger"),
  };
  const again = h("button", { type: "button", class: "quiet again", onclick: does.again }, "Repeat last");
  const figures = costs(does);
  const said = h("div", { class: "said", role: "alert" });
  const hints = h("div", { class: "hints" });
  const submit = h("button", { type: "submit", class: "primary" }, "Buy");
  const form = h(
    "form",
    {
      novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        does.send();
      },
    },
    blocks.filter((block) => block.leads).map((block) => block.node),
    h("div", { class: "row apart" }, product.node, validity.node),
    h("div", { class: "fields" }, fields.quantity.node, fields.price.node, fields.trigger_price.node),
    type.node,
    blocks.filter((block) => !block.leads).map((block) => block.node),
    hints,
    figures.warned,
    figures.list,
    said,
    h(
      "div",
      { class: "row end last" },
      again,
      h("button", { type: "button", class: "plain", onclick: does.close }, "Close"),
      submit,
    ),
  );
  const node = h(
    "section",
    { class: "ticket", role: "dialog", "aria-label": "Order ticket", popover: "manual", hidden: true },
    header,
    form,
  );
  movable(node, header);
  node.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") does.close();
  });
  // Escape closes it wherever the focus has gone; Streamlit must not take the ticket's own keys for its own.
  const escape = (event) => {
    if (event.key === "Escape" && !node.hidden && !event.defaultPrevented) does.close();
  };
  addEventListener("keydown", escape);
  node.addEventListener("keyup", (event) => event.stopPropagation());

  return {
    node,
    last,
    moved,
    forget: () => removeEventListener("keydown", escape),
    open(ticket) {
      product.fill(products(ticket.terms).map((each) => [each, each, PRODUCT_WORDS[each]]));
      node.hidden = false;
      if (!node.matches(":popover-open")) node.showPopover();
      said.replaceChildren();
      figures.clear();
      queueMicrotask(() => fields.quantity.input.focus());
    },
    close() {
      if (node.matches(":popover-open")) node.hidePopover();
      node.hidden = true;
    },
    paint(ticket, { errors, notes, units, ready, quote, repeats }) {
      const { form: f, terms, order } = ticket;
      const buys = f.side === "BUY";
      node.dataset.side = f.side;
      put(title, terms.symbol);
      put(about, `${terms.exchange} · ${describe(terms)}`);
      toggle.set(f.side, Boolean(order));
      product.set(f.product, Boolean(order));
      type.fill(TYPES.filter(([each]) => types(terms).includes(each)));
      type.set(f.type);
      validity.fill(VALIDITIES.filter(([each]) => validities(f.type).includes(each)));
      validity.set(f.validity);
      const fault = (name) => errors.find((error) => error.field === name);
      const lots = isDerivative(terms) && terms.lot > 1;
      put(fields.quantity.caption, lots ? "Lots" : "Quantity");
      fields.quantity.paint(f.quantity, fault("quantity"), lots ? `${f.quantity || 0} × ${terms.lot} = ${number(units, 0)}` : "");
      fields.price.input.disabled = !needsPrice(f.type);
      fields.price.paint(
        needsPrice(f.type) ? f.price : "",
        fault("price"),
        !needsPrice(f.type)
          ? "at the market, protected"
          : quote?.lower_band
            ? `${number(quote.lower_band)} – ${number(quote.upper_band)}`
            : `tick ${number(terms.tick)}`,
      );
      fields.trigger_price.node.hidden = !needsTrigger(f.type);
      fields.trigger_price.paint(
        f.trigger,
        fault("trigger_price"),
        buys ? "above the last price" : "below the last price",
      );
      for (const block of blocks) {
        block.node.hidden = !block.fits(f, terms, order);
        if (!block.node.hidden) block.paint(ticket, { errors, quote, units });
      }
      hints.replaceChildren(...notes.map((note) => h("div", null, `⚠ ${note}`)));
      const verb = order ? "Change" : buys ? "Buy" : "Sell";
      put(submit, ready ? `${verb} ${number(units, 0)} ${terms.symbol}${waits(ticket.told) ? " after hours" : ""}` : "Sending…");
      submit.disabled = !ready;
      again.hidden = Boolean(order) || !repeats;
      if (repeats) put(again, `Repeat last: ${repeats}`);
    },
    busy(yes) {
      submit.disabled = yes;
      node.setAttribute("aria-busy", String(yes));
    },
    focus(name) {
      (fields[name]?.input || blocks.map((block) => block.inputs?.[name]).find(Boolean))?.focus();
    },
    say(text, problem) {
      said.replaceChildren(
        ...(text
          ? [
              h("p", null, text),
              problem?.reason_code
                ? h(
                    "small",
                    null,
                    problem.order_id ? `It was written as order ${problem.order_id}.` : "No order was made.",
                    rule(problem.reason_code),
                  )
                : "",
            ]
          : []),
      );
    },
    cost(answer, why, ticket) {
      figures.paint(answer, why, ticket);
    },
  };
}
