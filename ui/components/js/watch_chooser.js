// The two dialogs of the market watch: which columns it shows, and the colour and the place of a row.

import { h, openModal } from "./dom.js";
import { COLUMNS, MOST, choose, view } from "./watch_view.js";

export const COLOURS = ["RED", "ORANGE", "GREEN", "BLUE", "VIOLET"];
export const BASES = [
  ["CLOSE", "the previous close"],
  ["OPEN", "the day's open"],
];

function dialog(host, title, ...children) {
  const box = h("dialog", { class: "confirm chooser", "aria-label": title });
  const opener = host.getRootNode().activeElement;
  const close = () => {
    box.close();
    box.remove();
    if (opener?.isConnected) opener.focus({ preventScroll: true });
  };
  box.append(h("h3", null, title), ...children, h("div", { class: "row end" }, h("button", { type: "button", class: "primary", onclick: close }, "Done")));
  openModal(host, box, close, { typed: true });
  return close;
}

// Each tick is shown at once behind the dialog, and kept.
export function chooseColumns(host, write, failed) {
  const attempt = (change) => choose(change, write).catch(failed);
  const note = h("p", { class: "muted", role: "status" });
  const boxes = new Map();
  const count = () => {
    const full = view.columns.length >= MOST;
    for (const [name, box] of boxes) box.disabled = full && !box.checked;
    note.textContent = full ? `At most ${MOST} beside the last price: take one away to choose another.` : "In the order in which you tick them.";
  };
  const tick = (name, checked) => {
    attempt({ columns: checked ? [...view.columns, name] : view.columns.filter((each) => each !== name) });
    count();
  };
  const columns = Object.entries(COLUMNS).map(([name, [words]]) => {
    const box = h("input", { type: "checkbox", checked: view.columns.includes(name), onchange: () => tick(name, box.checked) });
    boxes.set(name, box);
    return h("label", { class: "tick" }, box, words);
  });
  const bases = BASES.map(([name, words]) =>
    h(
      "label",
      { class: "tick" },
      h("input", { type: "radio", name: "watch-base", checked: view.base === name, onchange: () => attempt({ base: name }) }),
      words,
    ),
  );
  count();
  dialog(
    host,
    "Columns of the market watch",
    h("fieldset", { class: "ticks" }, h("legend", { class: "muted" }, "Beside the last price"), columns),
    note,
    h("fieldset", { class: "ticks" }, h("legend", { class: "muted" }, "Change is measured from"), bases),
  );
}

// `does` is {colour(name or null), move(step), last(step), remove()}; `now` is the row's colour.
export function chooseRow(host, symbol, now, does) {
  const name = symbol.slice(symbol.indexOf(":") + 1);
  const swatches = [null, ...COLOURS].map((colour) => {
    const button = h(
      "button",
      {
        type: "button",
        class: "swatch",
        dataset: { colour: colour || "NONE" },
        "aria-pressed": String(colour === (now || null)),
        "aria-label": colour ? colour.toLowerCase() : "no colour",
        title: colour ? colour.toLowerCase() : "no colour",
        onclick: () => {
          for (const each of swatches) each.setAttribute("aria-pressed", String(each === button));
          does.colour(colour);
        },
      },
      colour ? "" : "✕",
    );
    return button;
  });
  const move = (label, run) => h("button", { type: "button", class: "plain", onclick: run }, label);
  const close = dialog(
    host,
    name,
    h("p", { class: "muted" }, "Colour"),
    h("div", { class: "row swatches", role: "group", "aria-label": `Colour of ${name}` }, swatches),
    h("p", { class: "muted" }, "Place in the list (or drag the row)"),
    h(
      "div",
      { class: "row", role: "group", "aria-label": `Place of ${name}` },
      move("To the top", () => does.last(-1)),
      move("Up", () => does.move(-1)),
      move("Down", () => does.move(1)),
      move("To the end", () => does.last(1)),
    ),
    h("div", { class: "row" }, h("button", { type: "button", class: "plain", onclick: () => { close(); does.remove(); } }, "Take off the list")),
  );
}
