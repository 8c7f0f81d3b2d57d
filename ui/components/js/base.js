// Where the server is, and how to ask it. Some hosts put the app below a prefix ending in "/~/+".

export const BASE = (location.pathname.match(/^(.*?\/~\/\+)(\/|$)/) || ["", ""])[1];
export const API = `${BASE}/api/v1`;

// An answer that is not a success. `problem` is the server's own account of it, when it gave one.
export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail || problem?.title || wordsFor(status));
    this.status = status;
    this.problem = problem || {};
    this.errors = problem?.errors?.length
      ? problem.errors
      : problem?.field
        ? [{ field: problem.field, detail: problem.detail, reason_code: problem.reason_code }]
        : [];
  }
}

function wordsFor(status) {
  if (status === 0) return "The server could not be reached.";
  if (status === 401) return "You are signed out.";
  if (status === 429) return "Too many orders in one second. Wait a moment and send again.";
  if (status === 503) return "The exchange is starting. Try again in a few seconds.";
  return `The server answered ${status}.`;
}

// JSON of an answer. Rejects with Refused: status 0 when no answer came, so the fate of a write is unknown.
export async function ask(path, { method = "GET", body, key, signal, timeout = 10000 } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  let answer;
  try {
    answer = await fetch(API + path, {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal || AbortSignal.timeout(timeout),
    });
  } catch (error) {
    if (error?.name === "AbortError") throw error;
    throw new Refused(0, null);
  }
  const text = await answer.text();
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    throw new Refused(answer.ok ? 0 : answer.status, null);
  }
  if (!answer.ok) throw new Refused(answer.status, value);
  return value;
}

// Runs work one after the other: what was asked for last is what stays, however the answers come in.
export function inTurn() {
  let before = Promise.resolve();
  return (work) => {
    const answer = before.then(work);
    before = answer.catch(() => {});
    return answer;
  };
}

// Keys for what is asked again as it was: the same as long as it was not answered, so that no second click doubles it.
export function sameKey() {
  let [asked, key] = [null, null];
  return {
    of(what) {
      const text = JSON.stringify(what);
      if (text !== asked) [asked, key] = [text, newKey()];
      return key;
    },
    answered() {
      asked = null;
    },
  };
}

// A key names one intention of the user: a retry with the same key has its effect once.
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

export const keyOf = (row) => `${row.exchange}:${row.symbol}`;

export function withAccount(path, account) {
  return account ? `${path}${path.includes("?") ? "&" : "?"}account=${encodeURIComponent(account)}` : path;
}
