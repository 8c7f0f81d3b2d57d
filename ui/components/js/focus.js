// The focus of who uses keys: it stays with what they were at when that is made anew, and comes back when a dialog closes.
//
// A place is found again by what it is called: its data-act where it has one, which names a row's own button, else its
// label. Where nothing is called so any more, as with the row of an order that was cancelled, what stands in its stead
// gets the focus, at the first thing there, lest a second press does to the next row what was meant for this one.

const STOPS = "button, a[href], input, select, textarea, summary, [tabindex='0']";

// What has the focus, in whatever component that is.
export function focused() {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node;
}

const called = (node) => `${node.tagName} ${node.getAttribute("aria-label") || node.dataset.act || node.textContent}`;
const hides = (node) => Boolean(node.closest("[hidden]"));
const usable = (node) => !node.disabled && node.checkVisibility();
const stops = (parent) => [...parent.querySelectorAll(STOPS)].filter(usable);

function mark(node) {
  const root = node.closest("dialog, [popover], .kagaz"); // of a box that has closed nothing is looked for
  const up = [];
  for (let each = node; root && each !== root; each = each.parentElement) up.push([each.parentElement, [...each.parentElement.children].indexOf(each)]);
  const alike = root ? stops(root).filter((each) => called(each) === called(node)) : [];
  return { node, root, up, act: node.dataset.act, name: called(node), nth: alike.indexOf(node) };
}

// What there is now in the place of what was marked; null where its component is gone.
function heir({ node, root, up, act, name, nth }) {
  if (node.isConnected && usable(node)) return node;
  if (!root?.isConnected || !root.checkVisibility()) return null;
  const all = stops(root);
  const own = act ? all.filter((each) => each.dataset.act === act) : all;
  const same = own.filter((each) => called(each) === name);
  if (same.length || (act && own.length)) return same[Math.min(Math.max(nth, 0), same.length - 1)] || own[0];
  for (const [parent, at] of up) {
    if (!parent.isConnected || !parent.checkVisibility()) continue;
    const near = [...parent.children].slice(Math.max(0, Math.min(at, parent.children.length - 1)));
    const found = near.flatMap((each) => (each.matches(STOPS) && usable(each) ? [each] : stops(each)))[0] || stops(parent)[0];
    if (found) return found;
  }
  if (!root.offsetHeight) return null;
  root.tabIndex = -1; // from here Tab goes on
  return root;
}

// Marks what has the focus now; the answer gives it back. A button that was pressed by a pointer is left alone: after it
// single letters are for the page again.
export function wayBack() {
  const node = focused();
  if (!node || node === document.body || (node.tagName === "BUTTON" && !node.matches(":focus-visible"))) return () => null;
  const place = mark(node);
  return () => heir(place)?.focus({ preventScroll: true });
}

// Lets no redrawing of this component take the focus away from who uses keys; answers how to stop.
export function keepFocus(root) {
  let place = null;
  const settle = () => {
    if (!place || (place.node.isConnected && place.node.disabled)) return; // one that waits for an answer gets it back after that
    const lost = place;
    const there = lost.node.isConnected && !hides(lost.node);
    if (!there) place = null;
    const now = focused();
    if (!now || now === document.body || (!there && now === lost.node)) heir(lost)?.focus({ preventScroll: true });
  };
  const eye = new MutationObserver(settle);
  const enter = (event) => {
    const node = event.target;
    place = node !== root && node.matches(":focus-visible") ? mark(node) : null;
    if (place) eye.observe(root, { childList: true, subtree: true, attributeFilter: ["hidden", "disabled"] });
    else eye.disconnect();
  };
  // It goes elsewhere; what is taken away leaves as well, and is there no more by the time that this is asked.
  const leave = (event) =>
    queueMicrotask(() => {
      if (place?.node !== event.target || !event.target.isConnected || event.target.disabled || hides(event.target)) return;
      place = null;
      eye.disconnect();
    });
  root.addEventListener("focusin", enter);
  root.addEventListener("focusout", leave);
  return () => {
    eye.disconnect();
    root.removeEventListener("focusin", enter);
    root.removeEventListener("focusout", leave);
  };
}
