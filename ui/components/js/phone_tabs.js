// The bar at the foot of a phone: four pages by their names, the others behind "More". A wide screen has none.

import { h } from "./dom.js";

const FIRST = { watch: "Watch", orders: "Orders", positions: "Positions", wallet: "Funds" };

export function phoneTabs(go) {
  const node = h("nav", { class: "phone-tabs", "aria-label": "Foot of the page" });
  let drawn = "";

  function link(name, label, page, close) {
    return h(
      "a",
      {
        href: name,
        "aria-current": name === page ? "page" : null,
        onclick: (event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          close?.();
          if (name !== page) go(name);
        },
      },
      label,
    );
  }

  return {
    node,
    fill(pages, page) {
      const wanted = JSON.stringify([pages, page]);
      if (wanted === drawn) return;
      drawn = wanted;
      const others = pages.filter(([name]) => !FIRST[name]);
      const list = h("div", { class: "phone-more", popover: "auto" });
      list.append(...others.map(([name, title]) => link(name, title, page, () => list.hidePopover())));
      const more = h(
        "button",
        {
          type: "button",
          "aria-haspopup": "menu",
          "aria-current": others.some(([name]) => name === page) ? "page" : null,
          onclick: () => list.togglePopover(),
        },
        "More",
      );
      node.replaceChildren(
        ...pages.filter(([name]) => FIRST[name]).map(([name]) => link(name, FIRST[name], page)),
        ...(others.length ? [more, list] : []),
      );
    },
  };
}
