// The two dialogs of the market watch: which columns it shows, and the colour and the place of a row.

import { fingers, h, openModal } from "./dom.js";
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
  box.append(h("h3", null, title), ...children.filter(Boolean), h("div", { class: "row end" }, h("button", { type: "button", class: "primary", onclick: close }, "Done")));
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

// `does` is {colour(name or null), move(step), last(step), begin(), join(name), remove()}, null for who may change nothing; `now` is
// the row's colour, its section and the names of all sections. `acts` are [words, run]: what keys and pointers do on the row itself,
// for fingers.
export function chooseRow(host, symbol, now, does, acts) {
  const name = symbol.slice(symbol.indexOf(":") + 1);
  const press = (label, run) => h("button", { type: "button", class: "plain", onclick: () => { close(); run(); } }, label);
  const first = acts.length ? h("div", { class: "row deeds" }, acts.map(([label, run]) => press(label, run))) : null;
  const close = dialog(host, name, first, ...(does ? kept(name, now, does, (run) => { close(); run(); }) : []));
}

// The part of it that changes the list; `after(run)` closes the dialog first.
function kept(name, now, does, after) {
  const swatches = [null, ...COLOURS].map((colour) => {
    const button = h(
      "button",
      {
        type: "button",
        class: "swatch",
        dataset: { colour: colour || "NONE" },
        "aria-pressed": String(colour === now.colour),
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
  const join = h(
    "select",
    { "aria-label": `Section of ${name}`, onchange: () => after(() => does.join(join.value)) },
    now.section ? null : h("option", { value: "" }, "In no section"),
    now.sections.map((each) => h("option", { value: each }, each)),
  );
  join.value = now.section || "";
  const move = (label, run) => h("button", { type: "button", class: "plain", onclick: run }, label);
  return [
    h("p", { class: "muted" }, "Colour"),
    h("div", { class: "row swatches", role: "group", "aria-label": `Colour of ${name}` }, swatches),
    h("p", { class: "muted" }, fingers() ? "Place in the list" : "Place in the list (or drag the row)"),
    h(
      "div",
      { class: "row", role: "group", "aria-label": `Place of ${name}` },
      move("To the top", () => does.last(-1)),
      move("Up", () => does.move(-1)),
      move("Down", () => does.move(1)),
      move("To the end", () => does.last(1)),
    ),
    h("p", { class: "muted" }, "Section"),
    h("div", { class: "row" }, now.sections.length ? join : null, move("Begin one here …", () => after(does.begin))),
    h("div", { class: "row" }, h("button", { type: "button", class: "plain", onclick: () => after(does.remove) }, "Take off the list")),
  ];
}
