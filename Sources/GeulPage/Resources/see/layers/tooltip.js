import { h } from "../../app/dom.js";

/** Creates a text beside the pointer: `{ element, show, hide }`; `show(text, event)`. */
export function createTooltip() {
  const element = h("div", { class: "tooltip", "aria-hidden": "true", hidden: true });

  function show(text, { clientX, clientY }) {
    element.hidden = false;
    element.textContent = text;
    element.style.left = `${Math.min(clientX + 12, innerWidth - element.offsetWidth - 4)}px`;
    element.style.top = `${clientY + 16}px`;
  }

  function hide() {
    element.hidden = true;
  }
  return { element, show, hide };
}
