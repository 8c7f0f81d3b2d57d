// The symbol that the desk's widgets show together: what the page names, else what was picked last.

import { emit, on } from "./bus.js";

const PLACE = "kagaz.linked";
const FIRST = "NSE:NIFTY 50";

on("linked", (symbol) => sessionStorage.setItem(PLACE, symbol));

// Widgets of this page that follow what is picked: their charts need no other page.
let following = 0;
export const followed = () => following > 0;

// Calls `show` with what is picked from now on; answers how to let go.
export function follow(show) {
  following += 1;
  const off = on("linked", show);
  return () => {
    following -= 1;
    off();
  };
}

// What a page is about that is one instrument's own; null elsewhere.
let page = null;
export const occupy = (symbol) => (page = symbol);

// The instrument that this page shows, on which keys act that are meant for no row; null where it shows none.
export const subject = () => page || (followed() ? picked() : null);

export function linked(data) {
  if (data.symbol && data.follow && data.symbol !== picked()) queueMicrotask(() => emit("linked", data.symbol));
  return data.symbol || (data.follow && sessionStorage.getItem(PLACE)) || FIRST;
}
export const picked = () => sessionStorage.getItem(PLACE);
