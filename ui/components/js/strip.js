// The strip on every page: indices, how fresh the prices are, PAPER, the book in use, Indian time.

import { chooseAskAbove } from "./ask_above.js";
import { link, on, want } from "./bus.js";
import { h, toast, typing } from "./dom.js";
import { keyboard } from "./keyboard.js";
import { callWords } from "./margin_call.js";
import { menu } from "./menu.js";
import { arrow, percent, price, tone } from "./money.js";
import { nextFrame, put, toneOf } from "./paint.js";
import * as palette from "./palette.js";
import { phoneTabs } from "./phone_tabs.js";
import { turnSounds } from "./sound.js";
import { state } from "./store.js";
import { age, clock } from "./time.js";
import { widget } from "./widget.js";

const WORDS = {
  LIVE: "Prices are fresh.",
  STALE: "No fresh price has come for a while: orders wait, nothing fills.",
  DOWN: "The price feed is down: nothing fills.",
  CLOSED: "The market is closed.",
};
const KIND = { sim: "SIMULATED", replay: "REPLAY", live: "LIVE DATA" };

function ticker(symbol, label) {
  const last = h("span", { class: "last" }, "–");
  const moved = h("span", { class: "moved" }, "");
  const node = h("span", { class: "index", title: symbol }, h("span", { class: "muted" }, label), last, moved);
  return {
    symbol,
    node,
    paint() {
      const quote = state.quotes.get(symbol);
      if (!quote) return;
      put(last, price(quote.last_price));
      put(moved, quote.change_percent === undefined ? "" : `${arrow(quote.change)} ${percent(quote.change_percent)}`);
      toneOf(moved, tone(quote.change));
    },
  };
}

function chooser(data, tools) {
  if (data.accounts.length < 2)
    return h("span", { class: "book", title: "The book you trade in" }, data.seat.account || "");
  return h(
    "select",
    { class: "book", "aria-label": "Book", onchange: (event) => tools.trigger("book", event.target.value) },
    data.accounts.map((name) => h("option", { value: name, selected: name === data.seat.account }, name)),
  );
}

// What an exchange with hours does, and how long it does so yet when that is less than an hour.
function phaseText(feed) {
  if (!feed.phase) return null;
  const left = Math.ceil((Date.parse(feed.until) - Date.now()) / 1000);
  if (!(left > 0 && left < 3600)) return feed.phase;
  const two = (number) => String(number).padStart(2, "0");
  return `${feed.phase} · ${Math.floor(left / 60)}:${two(left % 60)}`;
}

let met = false; // whether the line was ever open in this tab: until then it is opened, not broken

// The pill's text and colour from the feed's last word, the age of it, and the state of our own line.
function pill(now) {
  const line = link();
  met ||= line.status === "live";
  if (line.status === "ended") return ["loss", "SIGNED OUT", "You are signed out. No order was sent since."];
  if (line.status === "unreachable")
    return ["warn", "BY RERUN", "The stream cannot be reached here: the page refreshes every two seconds."];
  if (line.status === "connecting" && !met) return ["warn", "CONNECTING", "The line to the exchange is being opened."];
  if (line.status !== "live") {
    return [
      "loss",
      `RECONNECTING ${age(now - line.since)}`,
      "The line to the exchange is broken; figures may be old until it is back.",
    ];
  }
  const feed = state.feed;
  if (!feed) return ["warn", "WAITING", "No word from the price feed yet."];
  const ms = (feed.age_ms ?? 0) + (now - feed.heard);
  const late = feed.state === "LIVE" && now - feed.heard > 5000;
  const name = late ? "STALE" : feed.state;
  const phase = phaseText(feed);
  if (phase && name !== "STALE" && name !== "DOWN") {
    const why = name === "CLOSED" ? "Nothing trades now; orders after hours wait for the opening." : WORDS[name];
    return [name === "CLOSED" ? "" : "gain", phase, why];
  }
  return [
    { LIVE: "gain", CLOSED: "" }[name] ?? "loss",
    name === "CLOSED" ? "MARKET CLOSED" : `${name} ${ms < 1000 ? "<1 s" : age(ms)}`,
    WORDS[name],
  ];
}

export const mount = widget((root, data, tools) => {
  const indices = data.indices.map(([symbol, label]) => ticker(symbol, label));
  const feed = h("span", { class: "pill" }, "WAITING");
  // How the feed is, for who listens: told when it changes, and not each second as its age does.
  const spoken = h("span", { class: "visually-hidden", role: "status" });
  const kind = h("span", { class: "chip" });
  const time = h("span", { class: "time muted", title: "Indian Standard Time" }, "");
  const book = h("span");
  const user = menu(`${data.user.name} ▾`, "Who is signed in", `${data.user.name}, ${data.user.role}`, [
    ["Account", () => tools.trigger("go", "account")],
    ["Keyboard", () => keyboard(root)],
    ["Colours: green and red, or blue and orange", palette.turn],
    ["Sound of alerts", () => toast(root, turnSounds())],
    ...(data.write ? [["Ask before large orders", () => chooseAskAbove(root)]] : []),
    ["Sign out", () => tools.trigger("leave", true)],
  ]);
  const banner = h("div", { class: "banner", role: "alert", hidden: true });
  // The page Funds tells of it itself.
  const call = h("div", { class: "banner call", role: "alert", hidden: true });
  let told = null;
  function drawCall() {
    const now = data.page === "wallet" ? null : state.wallet?.margin_call || null;
    call.hidden = !now;
    const words = now && callWords(now);
    if (JSON.stringify(words) === told) return;
    told = JSON.stringify(words);
    if (words)
      call.replaceChildren(
        h("span", { class: "grow" }, h("strong", null, words[0]), words[1]),
        h("button", { type: "button", class: "plain", onclick: () => tools.trigger("go", "wallet") }, "Funds"),
      );
  }
  const foot = phoneTabs((name) => tools.trigger("go", name));
  root.append(
    h(
      "div",
      { class: "strip" },
      h(
        "div",
        { class: "indices grow" },
        indices.map((each) => each.node),
      ),
      h(
        "div",
        { class: "right" },
        feed,
        spoken,
        h("span", { class: "chip warn", title: "Virtual money: no order leaves this server" }, "PAPER"),
        kind,
        book,
        time,
        user,
      ),
    ),
    banner,
    call,
    foot.node,
  );
  want(
    tools.name,
    data.indices.map(([symbol]) => symbol),
  );

  function beat() {
    const now = performance.now();
    const [mood, text, why] = pill(now);
    if (feed.dataset.mood !== mood) feed.dataset.mood = mood;
    put(feed, text);
    put(spoken, `${text.replace(/ [<·\d].*$/, "")}. ${why}`);
    feed.title = why;
    put(time, `${clock(Date.now())} IST`);
    const market = state.feed?.market || state.market || data.market || "";
    const past = state.feed?.past_day;
    put(kind, past ? `REPLAY OF ${past}` : KIND[market.split("/")[0]] || market);
    kind.title = past ? `Prices of ${past}, played again under today's rules` : "";
    const status = link().status;
    const ended = state.feed?.ended;
    const broken = status === "ended" || (status === "down" && now - link().since > 2000);
    banner.hidden = !broken && !ended;
    if (broken) {
      put(
        banner,
        status === "ended"
          ? "You are signed out: no order was sent since. Reload the page to sign in."
          : `The line to the exchange is broken since ${age(now - link().since)}. Trying again; orders you sent before are safe.`,
      );
    } else if (ended) put(banner, `No prices come. ${ended}`);
  }
  function fill() {
    book.replaceChildren(chooser(data, tools));
    foot.fill(data.pages || [], data.page);
    drawCall();
    beat();
  }
  fill();
  const help = (event) => {
    if (event.key === "?" && !typing(event)) keyboard(root);
  };
  addEventListener("keydown", help);
  tools.own(() => removeEventListener("keydown", help));
  const timer = setInterval(beat, 1000);
  tools.own(() => clearInterval(timer));
  tools.own(on("feed", beat));
  tools.own(on("go", (name) => tools.trigger("go", name))); // a page that another part of the screen leads to
  tools.own(on("wallet", drawCall));
  // Python hears of it only when it must do something: redraw by reruns, go back to the stream, or show the gate.
  let unreachable = null;
  tools.own(
    on("link", (status) => {
      beat();
      const now = status === "unreachable" ? status : null;
      if (now !== unreachable && (now || status === "live")) {
        unreachable = now;
        tools.args.setStateValue("link", now);
      }
      // The pages' memory of who is signed in is a second old at most; asked sooner they might not know yet.
      if (status === "ended") setTimeout(() => tools.trigger("ended", true), 1500);
    }),
  );
  tools.own(on("quotes", () => nextFrame(tools.name, () => indices.forEach((each) => each.paint()))));
  return {
    update(next) {
      data = next;
      fill();
    },
  };
});
