import { h } from "../app/dom.js";

/**
 * Creates a list of labeled bars.
 *
 * `update([{ text, value, valueText, isMarked }])` shows values as fractions of the width; negative ones extend to the left
 * of the middle if `isSigned`. `text` is a string or an array of nodes.
 */
export function createBarList({ label, isSigned = false }) {
  const element = h("ul", { class: "bars", "aria-label": label });
  return {
    element,
    update(items) {
      element.replaceChildren(...items.map(({ text, value, valueText, isMarked = false }) => {
        const size = Math.min(1, Math.abs(value)) * (isSigned ? 50 : 100);
        const left = !isSigned ? 0 : value < 0 ? 50 - size : 50;
        return h("li", { class: isMarked ? "marked" : null },
          h("span", { class: "bar-label" }, text),
          h("span", { class: isSigned ? "bar-track signed" : "bar-track" },
            h("span", { class: value < 0 ? "bar negative" : "bar", style: { left: `${left}%`, width: `${size}%` } })),
          h("span", { class: "bar-value", text: valueText }));
      }));
    },
  };
}
