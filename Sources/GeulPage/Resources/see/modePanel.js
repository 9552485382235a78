import { h } from "../app/dom.js";
import { replaceKeepingFocus } from "../app/focus.js";
import { t } from "../app/strings.js";
import { influencePanel } from "./influencePanel.js";
import { matchesPanel, neuronPanel, showMatches, surprisePanel } from "./modePanels.js";

/** Creates the panel that explains the chosen tint of the text. `update(matches)` shows it again if something changed. */
export function createModePanel(view) {
  const { state } = view;
  const element = h("div", { class: "panel mode", hidden: true });
  let shown = null;

  function update(matches) {
    const { tint } = state;
    const key = JSON.stringify([tint, view.version, {
      neuron: [state.layer, state.neuron, state.quantity],
      influence: [view.influence?.position, view.influence?.isDone, state.influence, state.isLogarithmic],
      matches: [state.layer],
    }[tint]]);
    if (key === shown) {
      if (tint === "matches") showMatches(view, matches, element.querySelector(".results"));
      return;
    }
    shown = key;
    const nodes = {
      surprise: () => surprisePanel(view),
      neuron: () => neuronPanel(view),
      influence: () => influencePanel(view),
      matches: () => matchesPanel(view, matches),
    }[tint]();
    element.hidden = nodes.length === 0;
    replaceKeepingFocus(element, [h("h2", { text: t(`see.tint.${tint}`) }), ...nodes]);
  }
  return { element, update };
}
