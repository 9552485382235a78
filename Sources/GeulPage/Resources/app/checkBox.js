import { h } from "./dom.js";

/** Creates a labeled check box; `onChange` gets whether it is checked. */
export function checkBox({ label, isChecked, onChange }) {
  const box = h("input", { type: "checkbox", checked: isChecked, on: { change: () => onChange(box.checked) } });
  return h("label", { class: "check" }, box, h("span", { text: label }));
}
