// The one event stream: opened by the tab that holds it, restored when it breaks, told which symbols matter.

import { API, ask, withAccount } from "./base.js";

const EVENTS = [
  "hello",
  "snapshot",
  "quotes",
  "depth",
  "candle",
  "order",
  "trade",
  "position",
  "wallet",
  "alert",
  "feed",
  "gap",
  "bye",
];
const TOPICS = ["quotes", "orders", "trades", "positions", "wallet", "alerts", "feed"];
const FIRST_WAIT = 500;
const LONGEST_WAIT = 10000;

// `deliver(name, data)` gets every event; `report(link)` gets "connecting", "live", "down", "unreachable", "ended".
export class Stream {
  constructor(account, deliver, report) {
    Object.assign(this, { account, deliver, report, source: null, id: null, failures: 0, timer: 0, closed: false });
    this.wanted = { symbols: [], topics: TOPICS };
    this.posted = "";
    this.posting = false;
  }

  open() {
    if (this.closed) return;
    const { symbols, topics } = this.wanted;
    // A long list would not fit into an address; it follows by POST once the stream has said its name.
    const first = symbols.length <= 40 ? symbols : [];
    this.posted = first.length === symbols.length ? this.wish() : "";
    const query = new URLSearchParams({ symbols: first.join(","), topics: topics.join(",") });
    const source = new EventSource(withAccount(`${API}/stream?${query}`, this.account));
    this.source = source;
    this.report("connecting");
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => {
        if (this.source === source) this.take(name, JSON.parse(event.data));
      });
    }
    source.onerror = () => {
      if (this.source === source) this.failed();
    };
  }

  take(name, data) {
    if (name === "hello") {
      this.id = data.stream_id;
      this.failures = 0;
      this.report("live");
      this.send();
    }
    this.deliver(name, data);
    if (name === "bye") {
      this.drop();
      if (data.reason === "session") this.end();
      else this.again(1500 + Math.random() * 2000); // not to a server that is still on its way out
    }
  }

  wish() {
    return JSON.stringify([this.wanted.symbols, this.wanted.topics]);
  }

  want(symbols, depth) {
    this.wanted = { symbols, topics: depth ? [...TOPICS, "depth"] : TOPICS };
    this.send();
  }

  async send() {
    if (!this.id || this.posting || this.posted === this.wish()) return;
    this.posting = true;
    const sent = this.wish();
    try {
      await ask(`/stream/${this.id}`, { method: "POST", body: this.wanted });
      this.posted = sent;
    } catch (refused) {
      // The server no longer knows this stream: a new one carries the wish with it.
      if (refused.status === 404 || refused.status === 410) {
        this.drop();
        this.again(0);
      } else setTimeout(() => this.send(), 1000);
    } finally {
      this.posting = false;
    }
    if (this.posted === sent) this.send();
  }

  // The browser itself reconnects after a break and names the last event it saw; only when it gives up,
  // or fails again and again, the stream is opened anew.
  async failed() {
    this.failures += 1;
    const resuming = this.source.readyState === EventSource.CONNECTING && this.failures < 3;
    if (!resuming) this.drop();
    const status = await ask("/wallet", { timeout: 4000 }).then(
      () => 200,
      (refused) => refused.status,
    );
    if (this.closed) return;
    if (status === 401) {
      this.end();
      return;
    }
    // Three failures with an answer that is no API's: this host does not route our addresses to us.
    if (this.failures === 0) return; // it came back while we asked
    this.report(this.failures >= 3 && (status === 0 || status === 404) ? "unreachable" : "down");
    if (!resuming)
      this.again(Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (this.failures - 1)) * (0.7 + Math.random() * 0.6));
  }

  again(wait) {
    clearTimeout(this.timer);
    if (!this.closed) this.timer = setTimeout(() => this.open(), wait);
  }

  drop() {
    this.source?.close();
    this.source = null;
    this.id = null;
    this.posted = "";
  }

  end() {
    this.close();
    this.report("ended");
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.drop();
  }
}
