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

const calm = matchMedia("(prefers-reduced-motion: reduce)");

export function put(node, text) {
  if (node.firstChild === null || node.firstChild.nodeValue !== text) node.textContent = text;
}

export function toneOf(node, tone) {
  if (node.dataset.tone !== tone) node.dataset.tone = tone;
}

// A tint that fades within 300 ms; none for those who asked for less motion.
export function flash(node, direction) {
  if (calm.matches || !direction) return;
  const colour = direction > 0 ? "var(--gain-tint)" : "var(--loss-tint)";
  node.animate([{ backgroundColor: colour }, { backgroundColor: "transparent" }], { duration: 280 });
}
