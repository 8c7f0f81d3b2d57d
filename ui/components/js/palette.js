// Green and red for gains and losses, or blue and orange for who cannot tell those apart. Kept by the browser.

const PLACE = "kagaz.palette";
const roots = new Set();

export const chosen = () => (localStorage.getItem(PLACE) === "blue" ? "blue" : "green");

// A component wears the palette while it lives; answers how to let go of it.
export function wear(root) {
  roots.add(root);
  root.dataset.palette = chosen();
  return () => roots.delete(root);
}

// Charts are drawn with colours that were read once: they look again when this changes, so it is true from the start.
const mark = () => document.documentElement.classList.toggle("kagaz-blue", chosen() === "blue");

function dress() {
  for (const root of roots) root.dataset.palette = chosen();
  mark();
}

export function turn() {
  localStorage.setItem(PLACE, chosen() === "blue" ? "green" : "blue");
  dress();
}

mark();
addEventListener("storage", (event) => event.key === PLACE && dress()); // another tab chose
