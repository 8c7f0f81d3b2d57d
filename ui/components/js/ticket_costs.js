// What an order needs, part by part as a broker shows it: margin, charges, what is missing and what to do about it.

import { h, rule } from "./dom.js";
import { number, percent, rupees, toPaise } from "./money.js";

const HEADS = [
  ["brokerage", "Brokerage"],
  ["stt", "STT"],
  ["exchange", "Exchange fee"],
  ["ipft", "IPFT"],
  ["sebi", "SEBI fee"],
  ["stamp", "Stamp duty"],
  ["gst", "GST"],
  ["dp", "Depository"],
  ["interest", "Interest"],
];
const PARTS = [
  ["span", "SPAN margin", "The worst of sixteen scenarios of price and volatility, over all you have in this underlying"],
  ["exposure", "Exposure margin", "A part of the contract's value, beyond the scenarios"],
  ["additional", "Additional margins", "On the last day of an index option that is written, and of a stock contract"],
  ["delivery", "Delivery margin", "Of a bought stock option in the money, in its last days: a part of the share's value at risk"],
  ["option_premium", "Net option premium", "What is paid; below zero what is received"],
];
const BLOCKED = "Blocked when the order is sent, with charges of what is paid in full; a premium that is received comes with the fill";
const WAITS = 219; // the number of "it waits for the opening"

// Whether an answer says that the order will wait for the next opening.
export const waits = (told) => Boolean(told?.cautions?.some((each) => each.reason_code === WAITS));

// `does` is what the ticket does: {fund(paise), change(field, value)}.
export function costs(does) {
  const list = h("dl", { class: "costs" });
  const warned = h("div", { class: "hints", role: "status" });
  const opened = new Map(); // which of the parts are unfolded

  const line = (label, value, tone, hint) =>
    h("div", hint ? { title: hint } : null, h("dt", null, label), h("dd", { class: "num", dataset: tone ? { tone } : {} }, value));

  function folded(name, label, value, lines, first) {
    const open = opened.get(name) ?? first;
    const node = h("details", { open }, h("summary", null, label, h("span", { class: "num" }, value)), lines);
    node.addEventListener("toggle", () => opened.set(name, node.open));
    return node;
  }

  function margin(parts) {
    if (!parts) return "";
    const lines = PARTS.filter(([name]) => parts[name] || name === "span" || name === "exposure").map(([name, label, hint]) =>
      line(label, rupees(parts[name]), "", hint));
    if (parts.hedge_benefit)
      lines.push(line("Hedge benefit, once filled", rupees(parts.hedge_benefit), "gain", "What your other positions in this underlying save"));
    else if (parts.released) lines.push(line("Margin set free, once filled", rupees(parts.released), "gain"));
    return folded("margin", "Total margin", rupees(parts.total), lines, innerWidth > 640);
  }

  function charges(told) {
    const total = told.charges?.total ?? null;
    if (total === null) return "";
    const lines = HEADS.filter(([key]) => told.charges[key]).map(([key, label]) => line(label, rupees(told.charges[key])));
    const even = told.value ? percent((total / told.value) * 100).slice(1) : "";
    if (even) lines.push(line("Break-even move, this side alone", even, "", "How far the price must go until this side's charges are earned"));
    return folded("charges", even ? `Charges, break-even at ${even}` : "Charges", rupees(total), lines, false);
  }

  function missing(told, ticket) {
    if (!told.shortfall) return "";
    const paise = toPaise(told.shortfall);
    const units = told.affordable || 0;
    const { form, terms } = ticket;
    const less = () => does.change("quantity", String(form.inLots ? units / terms.lot : units));
    const act = (label, run) => h("button", { type: "button", class: "quiet fund", onclick: run }, label);
    return h("p", { class: "bad" }, `Short of ${rupees(told.shortfall)}. `,
      units ? [act(`Order ${number(units, 0)}`, less), ", or "] : "Order less, or ",
      act(`add ${rupees(told.shortfall)} virtual funds`, () => does.fund(paise)));
  }

  return {
    list,
    warned,
    clear() {
      list.replaceChildren();
      warned.replaceChildren();
    },
    // `told` is the answer of POST /margins, null while there is none; `why` says what kept it from coming.
    paint(told, why, ticket) {
      warned.replaceChildren(...(told?.cautions || []).map((each) => h("div", null, `⚠ ${each.detail}`)));
      if (!told) {
        list.replaceChildren(h("p", { class: "muted" }, why || "Fill in the order to see what it needs."));
        return;
      }
      const unpaid = (each) => told.shortfall && each.reason_code >= 500 && each.reason_code < 600;
      list.replaceChildren(
        margin(told.parts),
        told.required === null
          ? ""
          : line(ticket?.order ? "Required for the change" : "Required", rupees(told.required), told.shortfall ? "loss" : "", BLOCKED),
        line("Available", rupees(told.available)),
        charges(told),
        missing(told, ticket),
        // What would be refused outright has no price; the refusals say why.
        ...(told.refusals || []).filter((each) => !unpaid(each)).map((each) => h("p", { class: "bad" }, each.detail, rule(each.reason_code))),
      );
    },
  };
}
