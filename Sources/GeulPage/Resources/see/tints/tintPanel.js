import { h } from "../../app/dom.js";
import { replaceKeepingFocus } from "../../app/focus.js";
import { t } from "../../app/strings.js";

/** Creates the panel that explains the tint of the text. `update(tint)` shows it again if something changed. */
export function createTintPanel(view) {
  const element = h("div", { class: "panel mode", hidden: true });
  let shownKey = null;

  function update(tint) {
    const key = JSON.stringify([tint.name, view.version, tint.panelKey(view)]);
    if (key === shownKey) {
      tint.updatePanel?.(view, element);
      return;
    }
    shownKey = key;
    const content = tint.panel(view);
    element.hidden = content.length === 0;
    replaceKeepingFocus(element, [h("h2", { text: t(`see.tint.${tint.name}`) }), ...content]);
  }
  return { element, update };
}
