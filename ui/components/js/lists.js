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

// Replaces what a list holds, with rows in other sections where `sections` says so ({symbol: name, or null}). When the
// server refuses, the list is put back and the refusal thrown.
export async function keep(list, symbols, sections = {}) {
  const before = { symbols: list.symbols, sections: list.sections };
  // The server forgets colour and section of what leaves a list: who comes back, as by an undo, brings them along.
  const there = new Set(list.symbols);
  const back = (kept) => symbols.filter((each) => !there.has(each) && kept?.[each]).map((each) => [each, kept[each]]);
  const colours = Object.fromEntries(back(list.colours));
  const moved = { ...Object.fromEntries(back(list.sections)), ...sections };
  Object.assign(list, { symbols, sections: { ...list.sections, ...moved } });
  emit("lists");
  const more = [["colours", colours], ["sections", moved]].filter(([, each]) => Object.keys(each).length);
  try {
    await send(list, { symbols, ...Object.fromEntries(more) });
  } catch (refused) {
    Object.assign(list, before);
    emit("lists");
    throw refused;
  }
}

// Puts an instrument at the end of a list, into the section of the row that was the last; one that is there stays.
export async function append(list, symbol) {
  if (list.symbols.includes(symbol)) return;
  await keep(list, [...list.symbols, symbol], { [symbol]: sectionOf(list, list.symbols.at(-1)) });
}

export const sectionOf = (list, symbol) => list.sections?.[symbol] || null;

// The list's rows by section, in their order: [{name or null, symbols}].
export function runs(list) {
  const found = [];
  for (const symbol of list.symbols) {
    const name = sectionOf(list, symbol);
    if (found.at(-1)?.name !== name) found.push({ name, symbols: [] });
    found.at(-1).symbols.push(symbol);
  }
  return found;
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
