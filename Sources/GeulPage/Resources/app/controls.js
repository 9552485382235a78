import { button, h } from "./dom.js";
import { t } from "./strings.js";

/** Creates a labeled slider with its value beside it; `onInput` gets the number. `format` writes the value. */
export function slider({ label, min, max, step, value, format = String, onInput }) {
  const output = h("output", { text: format(value) });
  const input = h("input", { type: "range", min, max, step, value: String(value), on: {
    input: () => {
      output.textContent = format(Number(input.value));
      onInput(Number(input.value));
    },
  } });
  return h("label", { class: "slider" }, h("span", { text: label }), input, output);
}

/** Creates a labeled selection of `[value, text]` pairs; `onChange` gets the value. */
export function selectBox({ label, options, value, onChange }) {
  const select = h("select", { on: { change: () => onChange(select.value) } },
    options.map(([key, text]) => h("option", { value: key, text, selected: key === value })));
  return h("label", { class: "select" }, h("span", { text: label }), select);
}

/** Creates a check box with its label; `onChange` gets true or false. */
export function checkBox({ label, isChecked, onChange }) {
  const box = h("input", { type: "checkbox", checked: isChecked, on: { change: () => onChange(box.checked) } });
  return h("label", { class: "check" }, box, h("span", { text: label }));
}

/**
 * Creates a group of buttons, of `[value, text]` pairs, of which that of the value is pressed; `onChange` gets the value.
 *
 * `value` is a function; `update()` shows its result again.
 */
export function segmented({ label, options, value, onChange }) {
  const buttons = options.map(([key, text]) => button(text, () => onChange(key), { dataset: { value: String(key) } }));
  const update = () => buttons.forEach((item, index) => {
    item.setAttribute("aria-pressed", String(options[index][0] === value()));
  });
  update();
  return { element: h("div", { class: "segmented", role: "group", "aria-label": label }, buttons), update };
}

/** Returns the options of some values, whose texts are the strings `prefix.value`. */
export function namedOptions(prefix, values) {
  return values.map((value) => [value, t(`${prefix}.${value}`)]);
}
