// One stream for one browser and session, shared by all its tabs and by every widget in them.
//
// Where the browser has locks, one tab holds the stream and broadcasts what it hears; lock and channel
// carry the session's public name and the account, so another user of the browser shares nothing. When
// that tab closes, the lock passes on. Elsewhere each visible tab has a stream of its own.

import { ask, newKey, withAccount } from "./base.js";
import { Stream } from "./stream.js";
import * as store from "./store.js";

const FORGET_AFTER = 150000; // a hidden tab's clock may tick once a minute
const me = newKey();
const listeners = new Map();
const wants = new Map();
const others = new Map();
const bus = {
  name: null,
  account: null,
  channel: null,
  stream: null,
  leave: null,
  holder: false,
  link: "connecting",
  since: 0,
  heard: 0,
};

export function on(name, listener) {
  if (!listeners.has(name)) listeners.set(name, new Set());
  listeners.get(name).add(listener);
  return () => listeners.get(name).delete(listener);
}

export function emit(name, detail) {
  for (const listener of [...(listeners.get(name) || [])]) listener(detail);
}

export const link = () => ({ status: bus.link, since: bus.since });
export const account = () => bus.account;

// Joins the stream of this session and account; joining the same again does nothing.
export function join({ session, account: name }) {
  const key = session ? `kagaz/${session}/${name}` : null;
  if (key === bus.name && key !== null) return;
  part();
  Object.assign(bus, { name: key, account: name });
  store.clearAccount();
  if (!key) {
    setLink("unreachable");
    return;
  }
  setLink("connecting");
  if (navigator.locks && window.BroadcastChannel) share(key);
  else alone();
}

function part() {
  bus.leave?.();
  bus.channel?.close();
  bus.stream?.close();
  Object.assign(bus, { leave: null, channel: null, stream: null, holder: false });
  others.clear();
}

function share(key) {
  const channel = new BroadcastChannel(key);
  const aborted = new AbortController();
  let release = () => {};
  bus.channel = channel;
  channel.onmessage = (event) => {
    if (bus.channel === channel) hear(event.data);
  };
  navigator.locks
    .request(
      key,
      { signal: aborted.signal },
      () =>
        new Promise((resolve) => {
          if (bus.channel !== channel) {
            resolve();
            return;
          }
          release = resolve;
          hold();
        }),
    )
    .catch(() => {});
  bus.leave = () => {
    say({ t: "bye", tab: me });
    aborted.abort();
    release();
  };
  say({ t: "hello", tab: me, ...mine() });
}

function hold() {
  bus.holder = true;
  bus.stream = new Stream(
    bus.account,
    (name, data) => {
      relay(name, data);
      take(name, data);
    },
    setLink,
  );
  open();
  say({ t: "holder" });
}

function open() {
  const { symbols, depth } = union();
  bus.stream.want(symbols, depth);
  bus.stream.open();
}

function alone() {
  const turn = () => {
    if (document.hidden) {
      bus.stream?.close();
      bus.stream = null;
      setLink("paused");
      return;
    }
    if (bus.stream) return;
    bus.stream = new Stream(bus.account, take, setLink);
    open();
  };
  bus.holder = true;
  document.addEventListener("visibilitychange", turn);
  bus.leave = () => document.removeEventListener("visibilitychange", turn);
  turn();
}

const say = (message) => bus.channel?.postMessage(message);
const relay = (name, data) => {
  if (others.size) say({ t: "event", name, data });
};

function hear(message) {
  bus.heard = performance.now();
  if (message.t === "event") take(message.name, message.data);
  else if (message.t === "holder") say({ t: "want", tab: me, ...mine() });
  else if (message.t === "link" && !bus.holder) setLink(message.status);
  else if (message.t === "state" && message.to === me) restore(message);
  else if (message.t === "bye") {
    others.delete(message.tab);
    refresh();
  } else if (message.t === "hello" || message.t === "want") {
    others.set(message.tab, { symbols: message.symbols, depth: message.depth, at: performance.now() });
    if (bus.holder && message.t === "hello") answer(message.tab);
    refresh();
  }
}

// A tab that has just come gets what the stream said before it came.
function answer(tab) {
  const { orders, positions, wallet, feed, market } = store.state;
  say({
    t: "state",
    to: tab,
    orders: [...orders.values()],
    positions: [...positions.values()],
    wallet,
    feed,
    market,
  });
  say({ t: "link", status: bus.link });
}

function restore(message) {
  message.orders.forEach(store.takeOrder);
  message.positions.forEach(store.takePosition);
  if (message.wallet) store.takeWallet(message.wallet);
  store.state.feed = message.feed || store.state.feed;
  enter(message.market || store.state.market);
  for (const name of ["orders", "positions", "wallet", "feed"]) emit(name);
}

function take(name, data) {
  const now = performance.now();
  if (name === "quotes") emit("quotes", store.takeTicks(data, now));
  else if (name === "depth") {
    store.state.depth.set(data.symbol, data);
    emit("depth", data.symbol);
  } else if (name === "order") {
    if (store.takeOrder(data)) {
      emit("orders", data);
      emit("order", data);
    }
  } else if (name === "position") {
    if (store.takePosition(data)) emit("positions", data);
  } else if (name === "wallet") {
    if (store.takeWallet(data)) emit("wallet", data);
  } else if (name === "feed") {
    store.state.feed = { ...data, heard: now };
    emit("feed", data);
  } else if (name === "hello") {
    enter(data.market);
    emit("hello", data);
  } else if (name === "snapshot") snapshot(data, now);
  else if (name === "bye" && data.reason === "session") setLink("ended");
  else emit(name, data);
}

// What is known of another market is forgotten, and what ticks do not carry is asked of the new one.
function enter(market) {
  const left = store.state.market;
  store.state.market = market;
  if (left === null || left === market) return;
  const symbols = store.clearMarket();
  emit("quotes", symbols);
  emit("depth", null);
  emit("market", market);
  fetchQuotes([...symbols]);
}

function snapshot(data, now) {
  if (data.rows) emit("quotes", store.takeTicks(data, now));
  (data.orders || []).forEach(store.takeOrder);
  if (data.positions) store.takePositions(data.positions, data.wallet?.version);
  if (data.wallet) store.takeWallet(data.wallet);
  for (const name of ["orders", "positions", "wallet", "snapshot"]) emit(name);
}

function setLink(status) {
  if (bus.link === status) return;
  Object.assign(bus, { link: status, since: performance.now() });
  if (bus.holder) say({ t: "link", status });
  emit("link", status);
}

// What a widget needs to tick; said again it replaces what it said before.
export function want(owner, symbols, depth = false) {
  const fresh = symbols.filter((symbol) => !known(symbol));
  wants.set(owner, { symbols: [...symbols], depth });
  if (fresh.length) fetchQuotes(fresh);
  refresh();
}

export function unwant(owner) {
  if (wants.delete(owner)) refresh();
}

const known = (symbol) => [...wants.values()].some((wish) => wish.symbols.includes(symbol));

function mine() {
  const lists = [...wants.values()];
  return { symbols: [...new Set(lists.flatMap((wish) => wish.symbols))], depth: lists.some((wish) => wish.depth) };
}

function union() {
  const own = mine();
  const all = new Set(own.symbols);
  let depth = own.depth;
  const now = performance.now();
  for (const [tab, wish] of others) {
    if (now - wish.at > FORGET_AFTER) {
      others.delete(tab);
      continue;
    }
    wish.symbols.forEach((symbol) => all.add(symbol));
    depth ||= wish.depth;
  }
  return { symbols: [...all].sort(), depth };
}

let timer = 0;
function refresh() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (bus.holder) {
      const { symbols, depth } = union();
      bus.stream?.want(symbols, depth);
    } else say({ t: "want", tab: me, ...mine() });
  }, 25);
}

// The day's open, high, low, close and bands, which ticks do not carry.
export async function fetchQuotes(symbols) {
  for (let at = 0; at < symbols.length; at += 400) {
    const some = symbols.slice(at, at + 400);
    try {
      const of = bus.account;
      const answer = await ask(withAccount(`/quotes?symbols=${encodeURIComponent(some.join(","))}`, of));
      if (of !== bus.account) return; // of a book that was left meanwhile, perhaps in another market
      emit("quotes", store.takeQuotes(answer, performance.now()));
      emit("depth", null);
    } catch {
      /* ticks fill the rows; the banner tells of a server that is gone */
    }
  }
}

setInterval(() => {
  if (bus.channel && !bus.holder) say({ t: "want", tab: me, ...mine() });
  if (bus.holder) say({ t: "link", status: bus.link });
}, 10000);
addEventListener("pagehide", () => say({ t: "bye", tab: me }));
addEventListener("pageshow", (event) => {
  if (event.persisted) say({ t: "hello", tab: me, ...mine() });
});
