// Tabs of the order book beside open, executed and all: what waits for its hour or its price elsewhere.
//
// A tab is made by a function of (root, data, tools, redraw) and is an object of
//   name, label     its name in the address of the eye, and the word on it
//   node            what is shown while it is chosen
//   count()         the figure beside the word; null while it is not known
//   open(data)      it was chosen, or the book was changed: load what it shows, then call `redraw`
// The tab owns its node; the order book hides it and asks for the count again at each redraw.

import { gttTab } from "./gtt_tab.js";

export const MORE_TABS = [gttTab];
