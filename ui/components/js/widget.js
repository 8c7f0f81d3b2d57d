// What every widget does first: join the stream of this session, find its root, remember how to let go.

import { join } from "./bus.js";
import { rootOf, unique } from "./dom.js";
import { keepFocus } from "./focus.js";
import { wear } from "./palette.js";

// `build(root, data, tools)` returns {update(data), destroy()}; `tools.own(off)` is called at the end.
// `tools.soon(work, wait)` books `work` for `wait` ms later: booked often it runs once, booked at the end never.
export function widget(build) {
  return (args) => {
    const root = rootOf(args.parentElement);
    const ends = [wear(root), keepFocus(root)];
    const tools = {
      name: unique("widget"),
      own: (off) => ends.push(off),
      soon(work, wait) {
        let timer = 0;
        ends.push(() => clearTimeout(timer));
        return () => {
          clearTimeout(timer);
          timer = setTimeout(work, wait);
        };
      },
      trigger: (name, value) => tools.args.setTriggerValue(name, value),
      args,
    };
    if (args.data.seat) join(args.data.seat);
    const made = build(root, args.data, tools) || {};
    return {
      update(next) {
        tools.args = next;
        if (next.data.seat) join(next.data.seat);
        made.update?.(next.data);
      },
      destroy() {
        made.destroy?.();
        ends.forEach((off) => off());
        root.replaceChildren();
      },
    };
  };
}
