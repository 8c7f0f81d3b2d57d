// A few words for building elements. Text goes in as text: nothing here can carry markup.

export function h(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(node.dataset, value);
    else if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Makes `nodes` the children of `parent`; those that are in their place already are not touched.
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, place) => {
    if (parent.children[place] !== node) parent.insertBefore(node, parent.children[place] || null);
  });
}

// In place of what could not be had: what that is, why, and the way to ask for it again.
export const missed = (what, refused, again) => [
  h("strong", null, what),
  refused.message,
  " ",
  h("button", { type: "button", class: "plain", onclick: () => again() }, "Try again"),
];

// A short table of sums under its heading.
export const sums = (title, rows) => h("section", { class: "sum" }, h("h3", null, title), h("table", null, h("tbody", null, rows)));

// The head of a table: the label of each column, and its class.
export const thead = (columns) =>
  h("thead", null, h("tr", null, columns.map(([label, kind]) => h("th", { class: kind || "", scope: "col" }, label))));

// The number of a rule, small beside its sentence: what to look for in the documents and in the API.
export const rule = (code) => (code ? h("small", { class: "code" }, ` rule ${code}`) : null);

// The element that our own markup put into the component, whatever wrapper Streamlit gave it.
export const rootOf = (parent) => parent.querySelector(".kagaz") || parent;

// True while the user is typing somewhere, so that single-letter keys stay letters.
export function typing(event) {
  const target = event.composedPath()[0];
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

// Whether fingers point here, so that there are no keys to be told of.
export const fingers = () => matchMedia("(pointer: coarse)").matches;

let seen = 0;
export const unique = (prefix) => `${prefix}-${(seen += 1)}`;

// A message in the corner. Refusals stay until they are dismissed; the rest leave by themselves.
let shelf = null;
export function toast(host, text, { tone = "", stays = false, action = null } = {}) {
  if (!shelf || !shelf.isConnected) {
    // The top layer: no panel of the page, whatever its stacking, covers a message.
    shelf = h("div", { class: "shelf", role: "status", "aria-live": "polite", popover: "manual" });
    host.append(shelf);
  }
  if (shelf.matches(":popover-open")) shelf.hidePopover();
  shelf.showPopover();
  const note = h(
    "div",
    { class: `toast ${tone}` },
    h("span", null, text),
    action
      ? h(
          "button",
          {
            type: "button",
            class: "quiet",
            onclick: () => {
              action.run();
              note.remove();
            },
          },
          action.label,
        )
      : null,
    h("button", { type: "button", class: "quiet", "aria-label": "Dismiss", onclick: () => note.remove() }, "✕"),
  );
  shelf.append(note);
  if (!stays) setTimeout(() => note.remove(), action ? 8000 : 4500);
  return note;
}

// Opens a modal box, which Escape leaves by `leave`. In one that is `typed` into, keys are its own and not the page's
// shortcuts.
export function openModal(host, box, leave, { typed = false } = {}) {
  if (typed) box.addEventListener("keydown", (event) => event.stopPropagation());
  box.addEventListener("cancel", (event) => {
    event.preventDefault();
    leave();
  });
  host.append(box);
  box.showModal();
}

// Asks in a modal box and resolves to true or false; `no` leaves things as they are.
export function confirmed(host, question, yes, { no = "Keep", kind = "danger" } = {}) {
  return new Promise((resolve) => {
    const box = h("dialog", { class: "confirm", "aria-label": question });
    const answer = (value) => {
      box.close();
      box.remove();
      resolve(value);
    };
    box.append(
      h("p", null, question),
      h(
        "div",
        { class: "row end" },
        h("button", { type: "button", class: "plain", onclick: () => answer(false) }, no),
        h("button", { type: "button", class: kind, onclick: () => answer(true) }, yes),
      ),
    );
    openModal(host, box, () => answer(false));
  });
}

// Asks for one line of text in a modal box and resolves to it, or to null.
export function typedIn(host, question, value = "") {
  return new Promise((resolve) => {
    const input = h("input", { type: "text", "aria-label": question, maxlength: "40" });
    input.value = value;
    const box = h("dialog", { class: "confirm", "aria-label": question });
    const answer = (told) => {
      box.close();
      box.remove();
      resolve(told);
    };
    const form = h(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          answer(input.value.trim() || null);
        },
      },
      h("p", null, question),
      input,
      h(
        "div",
        { class: "row end" },
        h("button", { type: "button", class: "plain", onclick: () => answer(null) }, "Close"),
        h("button", { type: "submit", class: "primary" }, "Save"),
      ),
    );
    box.append(form);
    openModal(host, box, () => answer(null), { typed: true });
    input.select();
  });
}
