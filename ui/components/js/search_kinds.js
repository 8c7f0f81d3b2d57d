// The chips above what a search has found: all of it, or one kind of instrument.

import { h } from "./dom.js";

const FIRST = 12; // of what is found
const MANY = 50; // asked for where the server cannot tell the kinds apart
const any = () => true;

// [words, segment to ask for, which of the answer to keep, what one of them is called]
const KINDS = [
  ["All", "", any, ""],
  ["Shares", "CASH", (item) => item.kind !== "INDEX", "share"],
  ["F&O", "DERIVATIVES", any, "contract"],
  ["Indices", "CASH", (item) => item.kind === "INDEX", "index"],
];

// What to ask for, what of the answer is shown, and what one of it is called.
export function kindOf(chosen) {
  const [, segment, keep, called] = KINDS[chosen];
  const limit = segment === "CASH" ? MANY : FIRST;
  return { query: `limit=${limit}${segment ? `&segment=${segment}` : ""}`, keep: (items) => items.filter(keep).slice(0, FIRST), called };
}

// A line of the list; `choose(number)` is called with the chip that was pressed. Pressed by a pointer it leaves the focus in the
// field; by keys it is reached with Tab.
export const chips = (chosen, choose) =>
  h(
    "li",
    { class: "kinds", role: "presentation" },
    KINDS.map(([label], number) =>
      h(
        "button",
        {
          type: "button",
          "aria-pressed": String(number === chosen),
          onmousedown: (event) => event.preventDefault(),
          onclick: () => choose(number),
        },
        label,
      ),
    ),
  );
