// The ticket's block "Target and stop": by price or by per cent, with what is risked and what may be gained; and the
// quantity that risks no more than an amount.

import { h } from "./dom.js";
import { number, percent, plain, rupees, signed, toPaise, typed } from "./money.js";
import { sizer } from "./ticket_size.js";
import { choice, field } from "./ticket_parts.js";
import { neighbours, snap } from "./ticket_rules.js";

const sign = (form) => (form.side === "BUY" ? 1 : -1);

// What the exits are measured from, in paise: the entry's own price, else the last one.
export function referenceOf(form, quote) {
  const own = form.type === "LIMIT" || form.type === "SL" ? typed(form.price) : null;
  const stop = form.type === "SL-M" ? typed(form.trigger) : null;
  return own || stop || (quote?.last_price ? toPaise(quote.last_price) : null);
}

// Paise of a field: as it was typed, or so many per cent from the reference. `way` is 1 for the target, -1 for the stop.
export function exitPrice(text, unit, way, form, reference, tick) {
  if (!String(text).trim()) return null;
  if (unit === "price") return typed(text);
  const share = Number(String(text).trim().replace("%", ""));
  if (!reference || !Number.isFinite(share) || share <= 0 || share >= 100) return Number.NaN;
  return snap(reference * (1 + (way * sign(form) * share) / 100), tick);
}

function exitsOf(form, terms, quote) {
  const tick = toPaise(terms.tick);
  const reference = referenceOf(form, quote);
  const of = (text, way) => exitPrice(text, form.exitUnit, way, form, reference, tick);
  return { reference, tick, target: of(form.target, 1), stop: of(form.stop, -1), limit: stopLimit(form) };
}

function stopLimit(form) {
  return form.stopPrice.trim() ? typed(form.stopPrice) : null;
}

function oneFault(name, label, paise, way, form, { reference, tick }) {
  if (paise === null) return null;
  if (Number.isNaN(paise) || paise <= 0)
    return { field: name, detail: form.exitUnit === "price" ? `${label} must be an amount such as 1,500.05.` : `${label} must be a percentage such as 2.` };
  if (paise % tick)
    return { field: name, detail: `Off the tick. Try ${neighbours(paise, tick).map((each) => number(each / 100)).join(" or ")}.` };
  if (reference && (paise - reference) * sign(form) * way <= 0) {
    const where = sign(form) * way > 0 ? "above" : "below";
    return { field: name, detail: `Must be ${where} ${rupees(reference / 100)}.` };
  }
  return null;
}

export function exits(does) {
  let seen = null;
  // The ticket's own steps know prices by their names; here a step is one tick, or a tenth of a per cent.
  const step = (key, by) => {
    if (!seen) return;
    const { form, terms, quote } = seen;
    const tick = toPaise(terms.tick);
    if (form.exitUnit === "percent" && key !== "stopPrice") {
      does.change(key, String(Math.max(0.1, Math.round(((Number(form[key]) || 0) + by * 0.1) * 10) / 10)));
      return;
    }
    const from = typed(form[key]) ?? referenceOf(form, quote) ?? tick;
    does.change(key, plain(Math.max(tick, from + by * tick)));
  };
  const mine = { ...does, step };
  const inputs = {
    target_price: field("target_price", "Target", mine, "target", false),
    stop_trigger: field("stop_trigger", "Stop trigger", mine, "stop", false),
    stop_price: field("stop_price", "Stop price", mine, "stopPrice", false),
  };
  const units = choice(
    "exitUnit",
    "Target and stop in",
    [
      ["price", "₹"],
      ["percent", "%"],
    ],
    (name, value) => does.change(name, value),
  );
  const on = h("input", { type: "checkbox", onchange: () => does.change("exits", on.checked) });
  const cover = h("input", { type: "checkbox", onchange: () => does.change("cover", cover.checked) });
  const covered = h("label", { class: "tick" }, cover, " Cover order: the stop must be there and stays");
  const worth = h("p", { class: "worth" });
  const size = sizer(does);
  const fields = h(
    "div",
    null,
    h("div", { class: "fields" }, Object.values(inputs).map((each) => each.node)),
    covered,
    worth,
    size.node,
  );
  const head = h("div", { class: "row apart" }, h("label", { class: "tick" }, on, " Target and stop"), units.node);
  const node = h("div", { class: "exits" }, head, fields);

  function risk({ form, quote, units: count }, { reference, target, stop }) {
    if (!reference || !count) return "";
    const of = (paise, label) => {
      if (!paise) return null;
      const gain = ((paise - reference) * sign(form) * count) / 100;
      const share = (((paise - reference) * sign(form)) / reference) * 100;
      return h("span", { dataset: { tone: gain > 0 ? "gain" : "loss" } }, `${label} ${signed(gain, 2, true)} (${percent(share)})`);
    };
    const bits = [of(stop, "▼ Risk"), of(target, "▲ Reward")].filter(Boolean);
    if (stop && target && stop !== reference)
      bits.push(h("span", { class: "muted" }, `1 : ${number(Math.abs((target - reference) / (stop - reference)), 2)}`));
    return bits.length ? bits.flatMap((bit, n) => (n ? [" · ", bit] : [bit])) : [h("span", { class: "muted" }, "Give a target, a stop, or both.")];
  }

  return {
    node,
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, each]) => [name, each.input])),
    weightless: true,
    fresh: () => ({ exits: false, exitUnit: "price", target: "", stop: "", stopPrice: "", cover: false }),
    fits: (form, terms, order) => !order && !(form.product === "CNC" && form.side === "SELL"),
    paint(ticket, { errors, quote, units: count }) {
      const { form, terms } = ticket;
      seen = { form, terms, quote };
      const found = exitsOf(form, terms, quote);
      const fault = (name) => errors.find((error) => error.field === name);
      on.checked = form.exits;
      cover.checked = form.cover;
      units.set(form.exitUnit);
      units.node.hidden = !form.exits;
      fields.hidden = !form.exits;
      covered.hidden = form.product !== "MIS";
      const told = (paise) => (form.exitUnit === "percent" && paise > 0 ? `at ${number(paise / 100)}` : "");
      const up = form.side === "BUY";
      inputs.target_price.paint(form.target, fault("target_price"), told(found.target) || (up ? "above the entry" : "below the entry"));
      inputs.stop_trigger.paint(form.stop, fault("stop_trigger"), told(found.stop) || (up ? "below the entry" : "above the entry"));
      inputs.stop_price.paint(form.stopPrice, fault("stop_price"), "empty: at market");
      size.paint(ticket, found.reference && found.stop ? Math.abs(found.reference - found.stop) : 0);
      worth.replaceChildren(...[risk({ form, quote, units: count }, found)].flat());
    },
    faults(form, terms, quote) {
      if (!form.exits) return [];
      const found = exitsOf(form, terms, quote);
      const wrong = [
        oneFault("target_price", "Target", found.target, 1, form, found),
        oneFault("stop_trigger", "Stop", found.stop, -1, form, found),
      ];
      if (found.target === null && found.stop === null)
        wrong.push({ field: "target_price", detail: "Give a target, a stop, or both." });
      if (form.cover && form.product === "MIS" && found.stop === null)
        wrong.push({ field: "stop_trigger", detail: "A cover order needs a stop." });
      if (form.stopPrice.trim() && found.limit === null)
        wrong.push({ field: "stop_price", detail: "Stop price must be an amount such as 1,500.05." });
      return wrong.filter(Boolean);
    },
    body(form, terms) {
      if (!form.exits) return {};
      const found = exitsOf(form, terms, seen?.quote);
      const body = {};
      if (found.target) body.target_price = plain(found.target);
      if (found.stop) body.stop_trigger = plain(found.stop);
      if (found.limit) body.stop_price = plain(found.limit);
      if (form.cover && form.product === "MIS") body.cover = true;
      return body;
    },
  };
}
