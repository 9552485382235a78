import { h } from "../../app/dom.js";
import { t } from "../../app/strings.js";

/** Creates the field in which the text is edited. */
export function createTextField(store) {
  const field = h("textarea", { rows: 4, "aria-label": t("see.edit"), on: { input: () => store.setText(field.value) } });

  function update() {
    const { text } = store.tree.value;
    // While a person types, the field is ahead: a character may not be complete yet.
    if (document.activeElement !== field && field.value !== text) field.value = text;
  }
  return { element: h("details", {}, h("summary", { text: t("see.edit") }), field), update };
}
