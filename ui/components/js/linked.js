// The symbol that the desk's widgets show together: what the page names, else what was picked last.

import { on } from "./bus.js";

const PLACE = "kagaz.linked";
const FIRST = "NSE:NIFTY 50";

on("linked", (symbol) => sessionStorage.setItem(PLACE, symbol));

export const linked = (data) => data.symbol || (data.follow && sessionStorage.getItem(PLACE)) || FIRST;
export const picked = () => sessionStorage.getItem(PLACE);
