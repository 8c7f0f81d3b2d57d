// The ticket's finer terms: minutes, what shows in the queue, a market order's protection, slices above the freeze.

import { h } from "./dom.js";
import { isDerivative } from "./instruments.js";
import { number } from "./money.js";
import { put } from "./paint.js";
import { field } from "./ticket_parts.js";
import { needsPrice, sliced, unitsOf } from "./ticket_rules.js";

const LONGEST_TTL = 375;
const MOST_LEGS = 10;
const whole = (text) => (/^[0-9]{1,9}$/.test(String(text).trim()) ? +text : null);
const given = (text) => String(text ?? "").trim() !== "";

// Which of the fields this form has a use for.
export function uses(form, terms) {
  const waits = form.validity !== "IOC";
  return {
    ttl: form.validity === "TTL",
    protection: !needsPrice(form.type),
    legs: waits && form.type === "LIMIT" && !given(form.disclosed),
    disclosed: waits && !isDerivative(terms) && !given(form.legs),
    autoslice: !given(form.legs) && sliced(form, terms).length > 1,
  };
}

// What the fields add to a request; the names are the API's.
export function terms_of(form, terms) {
  const fits = uses(form, terms);
  const body = {};
  if (fits.ttl) body.validity_ttl = whole(form.ttl);
  if (fits.disclosed && given(form.disclosed)) body.disclosed_quantity = whole(form.disclosed);
  if (fits.legs && given(form.legs)) body.iceberg_legs = whole(form.legs);
  if (fits.protection && given(form.protection)) body.market_protection = +form.protection;
  if (fits.autoslice && form.autoslice) body.autoslice = true;
  return body;
}

export function faults_of(form, terms) {
  const fits = uses(form, terms);
  const units = unitsOf(form, terms);
  const found = [];
  const say = (name, detail) => found.push({ field: name, detail });
  if (fits.ttl && !(whole(form.ttl) >= 1 && whole(form.ttl) <= LONGEST_TTL))
    say("validity_ttl", `1 to ${LONGEST_TTL} minutes.`);
  if (fits.disclosed && given(form.disclosed)) {
    const shown = whole(form.disclosed);
    const least = Math.ceil(units / 10);
    if (!(shown >= least && shown <= units))
      say("disclosed_quantity", `${number(least, 0)} to ${number(units, 0)}: a tenth at least.`);
  }
  if (fits.legs && given(form.legs)) {
    const legs = whole(form.legs);
    const most = Math.min(MOST_LEGS, Math.floor(units / terms.lot));
    if (!(legs >= 2 && legs <= most)) say("iceberg_legs", most < 2 ? "Too small for legs." : `2 to ${most} legs.`);
  }
  if (fits.protection && given(form.protection)) {
    const share = +form.protection;
    if (!/^[0-9]{1,3}(\.[0-9]{1,2})?$/.test(form.protection.trim()) || share <= 0 || share > 100)
      say("market_protection", "Above 0 up to 100, such as 2.5.");
  }
  return found;
}

export const more = (does) => {
  const fields = {
    validity_ttl: field("validity_ttl", "Minutes", does, "ttl", true),
    market_protection: field("market_protection", "Protection %", does, "protection"),
    disclosed_quantity: field("disclosed_quantity", "Disclosed", does, "disclosed", true),
    iceberg_legs: field("iceberg_legs", "Iceberg legs", does, "legs", true),
  };
  fields.market_protection.input.placeholder = "automatic";
  fields.disclosed_quantity.input.placeholder = "all";
  fields.iceberg_legs.input.placeholder = "none";
  const now = h("div", { class: "fields" }, fields.validity_ttl.node, fields.market_protection.node);
  const offered = h("summary");
  const hidden = h(
    "details",
    { class: "finer" },
    offered,
    h("div", { class: "fields" }, fields.disclosed_quantity.node, fields.iceberg_legs.node),
  );
  const box = h("input", { type: "checkbox", onchange: () => does.change("autoslice", box.checked) });
  const offer = h("span");
  const slices = h("label", { class: "slices" }, box, offer);
  const node = h("div", { class: "more" }, now, slices, hidden);

  return {
    node,
    inputs: Object.fromEntries(Object.entries(fields).map(([name, each]) => [name, each.input])),
    fits: () => true,
    fresh: ({ order }) => ({
      ttl: order?.validity_ttl ? String(order.validity_ttl) : "15",
      disclosed: order?.disclosed_quantity ? String(order.disclosed_quantity) : "",
      legs: order?.iceberg_legs ? String(order.iceberg_legs) : "",
      protection: order?.market_protection > 0 ? String(order.market_protection) : "",
      autoslice: false,
    }),
    faults: faults_of,
    body(form, terms, order) {
      const body = terms_of(form, terms);
      if (!order) return body;
      // A change says only what differs; minutes that stand as they were would count anew.
      delete body.autoslice;
      for (const name of Object.keys(body))
        if (body[name] === order[name] && !(name === "validity_ttl" && order.validity !== "TTL")) delete body[name];
      return body;
    },
    paint({ form, terms, order }, { errors, units }) {
      const fits = uses(form, terms);
      const fault = (name) => errors.find((error) => error.field === name);
      fields.validity_ttl.node.hidden = !fits.ttl;
      fields.validity_ttl.paint(form.ttl, fault("validity_ttl"), "by the exchange's clock");
      fields.market_protection.node.hidden = !fits.protection;
      fields.market_protection.paint(form.protection, fault("market_protection"), "the most it may cost beyond the last price");
      now.hidden = !fits.ttl && !fits.protection;
      fields.disclosed_quantity.node.hidden = !fits.disclosed;
      fields.disclosed_quantity.paint(
        form.disclosed,
        fault("disclosed_quantity"),
        units ? `at least ${number(Math.ceil(units / 10), 0)}` : "",
      );
      fields.iceberg_legs.node.hidden = !fits.legs;
      const legs = whole(form.legs);
      const leg = legs >= 2 ? Math.floor(units / terms.lot / legs) * terms.lot : 0;
      fields.iceberg_legs.paint(form.legs, fault("iceberg_legs"), leg ? `${number(leg, 0)} shows at a time` : "");
      hidden.hidden = !fits.disclosed && !fits.legs;
      const ways = [fits.legs && "iceberg", fits.disclosed && "disclosed quantity"].filter(Boolean).join(" or ");
      put(offered, `Show less of it: ${ways}`);
      if (fault("disclosed_quantity") || fault("iceberg_legs")) hidden.open = true;
      slices.hidden = !fits.autoslice || Boolean(order);
      box.checked = Boolean(form.autoslice);
      put(offer, fits.autoslice ? `Place ${inWords(sliced(form, terms))}` : "");
    },
  };
};

// "3 orders of 1,755, 1,755 and 65".
function inWords(sizes) {
  const words = sizes.map((each) => number(each, 0));
  const last = words.pop();
  return `${sizes.length} orders of ${words.length > 3 ? `${words.slice(0, 2).join(", ")}, …` : words.join(", ")} and ${last}`;
}
