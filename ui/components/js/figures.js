// Figures drawn by Plotly: its script once a tab, the theme's colours, and the width of the place they stand in.

import { h } from "./dom.js";

// Digits as they are grouped in India, in ticks and wherever else the library writes a number.
const INDIA = {
  dictionary: {},
  format: { decimal: ".", thousands: ",", grouping: [3, 2, 2, 2, 2, 2, 2, 2], currency: ["₹", ""] },
};
const CONFIG = { displayModeBar: false, showTips: false, doubleClick: false, locale: "en-IN", locales: { "en-IN": INDIA } };
export const MONEY_TICKS = "$,.2~f";

// The library puts itself on `window`. Its address carries its own version, not ours, so that it is kept over our upgrades.
let library = null;
function load(version) {
  library ||= new Promise((resolve, reject) => {
    const script = h("script", { src: new URL(`../../plotly/${version}/plotly.min.js`, import.meta.url).href });
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      library = null;
      script.remove();
      reject(new Error("The chart library could not be loaded."));
    };
    document.head.append(script);
  });
  return library;
}

function colours(node) {
  const style = getComputedStyle(node);
  const pick = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ["text", "muted", "line", "paper", "panel", "hover", "gain", "loss", "buy", "buy-text", "warn"];
  return { family: style.fontFamily, ...Object.fromEntries(names.map((name) => [name, pick(name)])) };
}

// What the layouts of all figures begin with.
export const layout = (ink, width, height, more) => ({
  width,
  height,
  margin: { l: 4, r: 4, t: 8, b: 24 },
  paper_bgcolor: "rgba(0,0,0,0)",
  plot_bgcolor: "rgba(0,0,0,0)",
  font: { family: ink.family, size: 11, color: ink.muted },
  hoverlabel: {
    align: "left",
    bgcolor: ink.paper,
    bordercolor: ink.line,
    font: { family: ink.family, size: 12, color: ink.text },
  },
  showlegend: false,
  dragmode: false,
  ...more,
});

export const axis = (ink, more) => ({
  fixedrange: true,
  automargin: true,
  gridcolor: ink.line,
  linecolor: ink.line,
  zerolinecolor: ink.muted,
  tickangle: 0,
  ticks: "",
  showline: false,
  ...more,
});

// The figures of one component: they follow its theme and its width. `end` lets go of them.
export function easel(root, version) {
  const all = new Map();
  let kit = null;
  let ink = colours(root);

  function paint(node) {
    const { place, make } = all.get(node);
    const width = node.clientWidth;
    place.hidden = !make;
    if (!make || !width) return;
    const made = make(ink, width);
    // Its height is kept free while the library comes.
    place.style.height = `${made.layout.height}px`;
    if (kit) {
      kit.react(place, made.data, made.layout, CONFIG);
      listen(node);
    }
    all.get(node).width = width;
  }

  // A click on a point, where somebody wants to know of it; the library gives a place its events once it has drawn.
  function listen(node) {
    const figure = all.get(node);
    if (figure.heard || !figure.pick || !figure.place.on) return;
    figure.heard = true;
    figure.place.on("plotly_click", (event) => event.points.length && figure.pick(event.points[0]));
    node.classList.add("picks");
  }

  const paintAll = () => [...all.keys()].forEach(paint);

  const sizes = new ResizeObserver((seen) => {
    for (const { target } of seen) if (all.get(target).width !== target.clientWidth) paint(target);
  });

  function dress() {
    const now = colours(root);
    if (JSON.stringify(now) === JSON.stringify(ink)) return;
    ink = now;
    paintAll();
  }
  const themes = new MutationObserver(() => setTimeout(dress, 50));
  themes.observe(document.documentElement, { attributes: true, attributeFilter: ["style", "class"] });

  return {
    dress,
    paint: paintAll,
    loaded: () => kit !== null,
    // Fetches the library, the first time that a figure is wanted; throws when it cannot be had.
    async ready() {
      kit = await load(version);
    },
    // `show(make, told)`: make(ink, width) gives data and layout, null hides it; `told` says it to who cannot see it.
    // `pick(point)` is called with a point that is clicked.
    figure(pick = null) {
      const place = h("div", { role: "img" });
      const node = h("div", { class: "chart" }, place);
      all.set(node, { place, pick, make: null, width: 0, heard: false });
      sizes.observe(node);
      return {
        node,
        show(make, told) {
          all.get(node).make = make;
          place.setAttribute("aria-label", told);
          paint(node);
        },
      };
    },
    end() {
      themes.disconnect();
      sizes.disconnect();
      if (kit) for (const { place } of all.values()) kit.purge(place);
      all.clear();
    },
  };
}
