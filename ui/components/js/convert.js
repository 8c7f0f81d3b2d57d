// The dialog that converts a position to another product: how many, what that needs, what it sets free.

import { ask, newKey } from "./base.js";
import { h, openModal, toast } from "./dom.js";
import { PRODUCT_WORDS } from "./instruments.js";
import { quantity, rupees } from "./money.js";
import { put } from "./paint.js";

const PAUSE = 180;
const named = (product) => `${product} · ${PRODUCT_WORDS[product]}`;

// `done()` runs once the position has been converted.
export function convert(host, row, done) {
  const key = newKey();
  let timer = 0;
  let round = 0;
  const input = h("input", {
    type: "text",
    inputmode: "numeric",
    "aria-label": "Quantity",
    autocomplete: "off",
    oninput: () => estimate(PAUSE),
  });
  input.value = String(row.convertible_quantity || Math.abs(row.quantity));
  const facts = { required: h("dd", { class: "num" }), released: h("dd", { class: "num" }), available: h("dd", { class: "num" }) };
  const said = h("p", { class: "bad", role: "alert", hidden: true });
  const send = h("button", { type: "submit", class: "primary" }, "Convert");
  const heading = `Convert ${row.symbol} to ${row.converts_to}`;
  const box = h("dialog", { class: "confirm convert", "aria-label": heading });
  const close = () => {
    clearTimeout(timer);
    box.close();
    box.remove();
  };
  const fact = (label, cell) => h("div", null, h("dt", null, label), cell);
  box.append(
    h(
      "form",
      { onsubmit: submit },
      h("h3", null, heading),
      h("p", { class: "muted" }, `${named(row.product)} → ${named(row.converts_to)}`),
      h("label", null, h("span", { class: "muted" }, `Quantity, of ${quantity(Math.abs(row.quantity))}${row.quantity < 0 ? " short" : ""}`), input),
      h(
        "dl",
        { class: "costs" },
        fact("Needs", facts.required),
        fact("Sets free", facts.released),
        fact("Available", facts.available),
      ),
      said,
      h(
        "div",
        { class: "row end" },
        h("button", { type: "button", class: "plain", onclick: close }, "Keep as it is"),
        send,
      ),
    ),
  );

  const wish = () => ({
    account: row.account,
    symbol: row.symbol,
    exchange: row.exchange,
    from: row.product,
    to: row.converts_to,
    quantity: Number(input.value.replaceAll(",", "").trim()),
  });

  function tell(sentence) {
    said.hidden = !sentence;
    if (sentence) put(said, sentence);
    send.disabled = Boolean(sentence);
  }

  function estimate(wait) {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = (round += 1);
      const asked = wish();
      if (!Number.isSafeInteger(asked.quantity) || asked.quantity < 1) {
        tell("Quantity must be a whole number, 1 or more.");
        return;
      }
      try {
        const answer = await ask("/positions/convert/estimate", { method: "POST", body: asked });
        if (mine !== round) return;
        for (const [name, cell] of Object.entries(facts)) put(cell, rupees(answer[name]));
        tell(answer.refusals[0]?.detail || "");
      } catch (refused) {
        if (mine === round) tell(refused.message);
      }
    }, wait);
  }

  async function submit(event) {
    event.preventDefault();
    const asked = wish();
    send.disabled = true;
    try {
      const made = await ask("/positions/convert", { method: "POST", body: asked, key });
      close();
      toast(host, `Converted ${quantity(Math.abs(made.quantity))} ${row.symbol} from ${made.from} to ${made.to}.`, { tone: "good" });
      done();
    } catch (refused) {
      tell(refused.status === 0 ? "No answer came. Convert again: it carries the same key and is done once." : refused.message);
      send.disabled = false;
    }
  }

  openModal(host, box, close, { typed: true });
  input.select();
  estimate(0);
}
