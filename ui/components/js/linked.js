// The symbol that the desk's widgets show together: what the page names, else what was picked last.

import { emit, on } from "./bus.js";

const PLACE = "kagaz.linked";
const FIRST = "NSE:NIFTY 50";

on("linked", (symbol) => sessionStorage.setItem(PLACE, symbol));

export function linked(data) {
  if (data.symbol && data.follow && data.symbol !== picked()) queueMicrotask(() => emit("linked", data.symbol));
  return data.symbol || (data.follow && sessionStorage.getItem(PLACE)) || FIRST;
}
export const picked = () => sessionStorage.getItem(PLACE);
