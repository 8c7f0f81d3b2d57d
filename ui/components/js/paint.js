// Painting: once an animation frame, text only, and only what changed.

const pending = new Map();
let booked = false;

// Runs `work` in the next frame; booked twice under one name, the later one runs, once.
export function nextFrame(name, work) {
  pending.set(name, work);
  if (booked) return;
  booked = true;
  // A hidden tab gets no animation frames; what it booked is painted when it is seen again.
  requestAnimationFrame(() => {
    booked = false;
    const jobs = [...pending.values()];
    pending.clear();
    for (const job of jobs) job();
  });
}

// A listener that gathers what changed and, in the next frame, calls `work` with all of it once.
export function gathered(name, work) {
  let keys = new Set();
  return (changed) => {
    for (const key of changed) keys.add(key);
    nextFrame(name, () => {
      const now = keys;
      keys = new Set();
      work(now);
    });
  };
}

// Runs `work` now, so that the frame which is due already shows it; again within that frame, it waits for the next.
const drawn = new Set();
export function atOnce(name, work) {
  if (drawn.has(name)) {
    nextFrame(name, work);
    return;
  }
  if (!drawn.size) requestAnimationFrame(() => drawn.clear());
  drawn.add(name);
  work();
}

// Runs `work` once the frame that is due has been painted: for what may follow a moment after what was waited for.
const NO_FRAME = 250; // ms after which a tab that gets no frames goes on without
export function afterPaint(work) {
  let due = true;
  const once = () => {
    if (due) work();
    due = false;
  };
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, document.hidden ? 0 : NO_FRAME);
}

export function put(node, text) {
  const held = node.firstChild;
  if (held === null) node.textContent = text;
  else if (held.nodeValue !== text) {
    if (held === node.lastChild && held.nodeType === Node.TEXT_NODE) held.nodeValue = text;
    else node.textContent = text;
  }
}

export function toneOf(node, tone) {
  if (node.dataset.tone !== tone) node.dataset.tone = tone;
}

// A tint for about 300 ms; none for those who asked for less motion. It does not fade: a fade of one cell has the
// browser draw sixty frames a second for as long as any price moves, which is always.
const TINT = 280;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const lit = new Map();
let dimming = 0;

export function flash(node, direction) {
  if (calm.matches || !direction) return;
  node.dataset.flash = direction > 0 ? "up" : "down";
  lit.set(node, performance.now());
  dimming ||= setTimeout(dim, TINT);
}

function dim() {
  const now = performance.now();
  let oldest = Infinity;
  for (const [node, at] of lit) {
    if (now - at < TINT) oldest = Math.min(oldest, at);
    else {
      lit.delete(node);
      delete node.dataset.flash;
    }
  }
  dimming = oldest < Infinity ? setTimeout(dim, TINT - (now - oldest)) : 0;
}
