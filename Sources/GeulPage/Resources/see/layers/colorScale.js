import { h } from "../../app/dom.js";

/** Returns the red, green and blue components of a custom property, from 0 to 255, as they apply to an element. */
function resolvedColor(element, name) {
  const probe = element.appendChild(h("span", { style: { color: `var(${name})` } }));
  const components = getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(Number);
  probe.remove();
  return components;
}

/**
 * Returns the colors of a heat map that is a child of `element`: CSS colors by their names in style/base.css, and
 * `scale`, a Uint8Array `[511, 3]` of the colors of -1 to 1.
 */
export function mapColors(element) {
  const names = ["text", "muted", "accent", "background", "border", "high", "low"];
  const components = Object.fromEntries(names.map((name) => [name, resolvedColor(element, `--${name}`)]));
  const scale = new Uint8Array(511 * 3);
  for (let index = 0; index < 511; index++) {
    const value = (index - 255) / 255;
    const end = value < 0 ? components.low : components.high;
    for (let i = 0; i < 3; i++) {
      scale[3 * index + i] = Math.round(components.background[i] + Math.abs(value) * (end[i] - components.background[i]));
    }
  }
  return { ...Object.fromEntries(names.map((name) => [name, `rgb(${components[name].join()})`])), scale };
}

/** Returns the part of the color scale, from -1 to 1, of a value: 0 has no color. */
export function scaled(value, range) {
  const largest = Math.max(Math.abs(range[0]), Math.abs(range[1]));
  return Math.max(-1, Math.min(1, value / largest)) || 0;
}

/** Calls `action` whenever the color scheme changes; returns a function that ends this. */
export function watchColorScheme(action) {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(action);
  query.addEventListener("change", action);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
  return () => {
    query.removeEventListener("change", action);
    observer.disconnect();
  };
}
