import { namedOptions, segmented } from "../../app/controls.js";
import { h } from "../../app/dom.js";
import { t } from "../../app/strings.js";
import { jamoParts } from "../../app/visibleText.js";
import { textTints } from "./tints.js";

/** Creates the choice of what colors the text, with a legend of its colors. */
export function createTintChoice(view) {
  const choice = segmented({
    label: t("see.tint"), options: namedOptions("see.tint", textTints.map(({ name }) => name)),
    value: () => view.state.tint, onChange: (tint) => view.change({ tint }),
  });
  const legend = h("p", { class: "tint-legend" });

  function update(tint) {
    choice.update();
    const { isSigned, low, high } = tint.legend(view);
    const hasJamo = view.labels.some(({ part }) => part);
    legend.replaceChildren(
      h("span", { class: `scale ${isSigned ? "signed" : "gate"}` }, low, h("i", {}), high),
      ...(hasJamo ? [jamoLegend()] : []));
  }
  return { element: h("div", { class: "controls" }, choice.element, legend), update };
}

/** Returns what says how the jamo of a syllable are drawn. */
function jamoLegend() {
  return h("span", { class: "jamo-legend" }, ["ᄀ", "ᅡ", "ᆨ"].map((jamo) => {
    const { part, letter } = jamoParts(jamo);
    return h("span", {}, h("span", { class: part, lang: "ko", text: letter }), ` ${t(`see.${part}`)}`);
  }));
}
