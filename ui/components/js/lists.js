// The user's named lists: loaded once a tab, changed here at once and on the server right after.

import { ask, inTurn } from "./base.js";
import { emit } from "./bus.js";

export const all = { items: [], active: null, loaded: false };
let loading = null;

export function load() {
  loading ||= ask("/watchlists").then(
    (answer) => {
      all.items = answer.items;
      all.loaded = true;
      const kept = +localStorage.getItem("kagaz.list");
      all.active =
        (answer.items.find((list) => +list.watchlist_id === kept) || answer.items[0])?.watchlist_id ?? null;
      emit("lists");
    },
    (refused) => {
      loading = null;
      throw refused;
    },
  );
  return loading;
}

export const active = () => all.items.find((list) => list.watchlist_id === all.active) || null;

export function choose(id) {
  all.active = id;
  localStorage.setItem("kagaz.list", id);
  emit("lists");
}

const queue = inTurn();
const send = (list, body) => queue(() => ask(`/watchlists/${list.watchlist_id}`, { method: "PATCH", body }));

// Replaces what a list holds. When the server refuses, the list is put back and the refusal thrown.
export async function keep(list, symbols) {
  const before = list.symbols;
  // The server forgets the colour of what leaves a list: who comes back, as by an undo, brings it along.
  const there = new Set(before);
  const colours = symbols.filter((each) => !there.has(each) && list.colours?.[each]).map((each) => [each, list.colours[each]]);
  list.symbols = symbols;
  emit("lists");
  try {
    await send(list, colours.length ? { symbols, colours: Object.fromEntries(colours) } : { symbols });
  } catch (refused) {
    list.symbols = before;
    emit("lists");
    throw refused;
  }
}

// Gives a row its colour, or takes it away (null).
export async function mark(list, symbol, colour) {
  const before = list.colours;
  const { [symbol]: _, ...others } = before || {};
  list.colours = colour ? { ...others, [symbol]: colour } : others;
  emit("lists");
  try {
    await send(list, { colours: { [symbol]: colour } });
  } catch (refused) {
    list.colours = before;
    emit("lists");
    throw refused;
  }
}

// A new list at the end, which becomes the one shown.
export async function add(name) {
  const list = await ask("/watchlists", { method: "POST", body: { name } });
  all.items.push(list);
  choose(list.watchlist_id);
}

export async function rename(list, name) {
  const changed = await ask(`/watchlists/${list.watchlist_id}`, { method: "PATCH", body: { name } });
  list.name = changed.name;
  emit("lists");
}

export async function remove(list) {
  await ask(`/watchlists/${list.watchlist_id}`, { method: "DELETE" });
  all.items = all.items.filter((each) => each !== list);
  choose(all.items[0]?.watchlist_id ?? null);
}
