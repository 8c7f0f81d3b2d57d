// Names that were told already, in what a tab (sessionStorage) or all of them (localStorage) keep.

const KEPT = 100; // more than come within the minute in which one may come again

// Whether `name` was told before; from now on it was. A browser that keeps nothing tells it again.
export function told(storage, place, name) {
  let names = [];
  try {
    names = JSON.parse(storage.getItem(place) || "[]");
    if (!names.includes(name)) storage.setItem(place, JSON.stringify([...names, name].slice(-KEPT)));
  } catch {
    return false;
  }
  return names.includes(name);
}
