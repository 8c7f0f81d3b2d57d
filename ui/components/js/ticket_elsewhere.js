// The ticket's other ways out: leave the order as a GTT, or put it into a basket instead of sending it.

import { ask, sameKey } from "./base.js";
import { emit } from "./bus.js";
import { h, toast, typedIn } from "./dom.js";
import { isDerivative } from "./instruments.js";
import { unitsOf, wish } from "./ticket_rules.js";

export function elsewhere(does) {
  let seen = null;
  const list = h("div", { class: "menu", popover: "auto" });
  const host = h("div", { class: "aside" });

  async function choose() {
    const ticket = seen;
    try {
      const { items } = await ask("/baskets");
      list.replaceChildren(
        h("div", { class: "muted" }, items.length ? "Add to basket" : "No basket yet"),
        ...items.map((basket) =>
          h("button", { type: "button", onclick: () => add(basket, ticket) }, `${basket.name} (${basket.legs.length})`)),
        h("button", { type: "button", onclick: () => make(ticket) }, "New basket …"),
      );
      list.showPopover();
      const box = button.getBoundingClientRect();
      Object.assign(list.style, { left: `${Math.min(box.left, innerWidth - list.offsetWidth - 8)}px`, top: `${Math.max(8, box.top - list.offsetHeight - 4)}px` });
    } catch (refused) {
      toast(host, refused.message, { tone: "bad", stays: true });
    }
  }

  const leg = ({ form, terms }) => {
    const { account: _, ...body } = wish(form, terms, null);
    return body;
  };

  async function make(ticket) {
    list.hidePopover();
    const name = await typedIn(host, "Name of the basket", "Basket");
    if (!name) return;
    await keep("/baskets", { name, legs: [leg(ticket)] });
  }

  async function add(basket, ticket) {
    list.hidePopover();
    await keep(`/baskets/${basket.basket_id}/legs`, leg(ticket));
  }

  const keys = sameKey();
  async function keep(path, body) {
    try {
      const basket = await ask(path, { method: "POST", body, key: keys.of([path, body]) });
      keys.answered();
      toast(host, `In basket ${basket.name}: ${basket.legs.length} orders. Nothing was sent.`, { tone: "good" });
      emit("baskets", basket);
      does.close();
    } catch (refused) {
      toast(host, refused.message, { tone: "bad", stays: true });
    }
  }

  function leave() {
    const { form, terms } = seen;
    does.close();
    emit("gtt", { symbol: form.symbol, side: form.side, product: isDerivative(terms) ? "NRML" : "CNC", quantity: unitsOf(form, terms) || terms.lot });
  }

  const button = h("button", { type: "button", class: "quiet", "aria-haspopup": "menu", onclick: choose }, "Add to basket");
  host.append(button, h("button", { type: "button", class: "quiet", title: "Wait for a price beyond the day (G)", onclick: leave }, "GTT instead"), list);
  return {
    node: host,
    fresh: () => ({}),
    fits: (form, terms, order) => !order,
    paint: (ticket) => {
      seen = ticket;
    },
    faults: () => [],
    body: () => ({}),
  };
}
