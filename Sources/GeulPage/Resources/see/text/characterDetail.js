import { h } from "../../app/dom.js";
import { formatNumber, formatPercent, t } from "../../app/strings.js";
import { tokenSurprisal } from "../../app/surprisal.js";
import { visibleToken } from "../../app/visibleText.js";
import { neuronValues } from "../layers/layerValues.js";
import { cursorIndex } from "../windowPositions.js";
import { textInLine } from "./tokenLabel.js";

/** The number of likely tokens that are shown. */
const likelyCount = 5;

/** Creates what is known of the character at the cursor: surprisal, probability and likely tokens of each of its tokens. */
export function createCharacterDetail(view) {
  const element = h("div", { class: "detail", "aria-live": "polite" });

  function update() {
    const index = cursorIndex(view);
    if (index < 0) {
      element.replaceChildren(h("p", { class: "muted", text: t("see.noCursor") }));
      return;
    }
    const { start, end, text } = view.window.characters[index];
    const { neuron, quantity, tint } = view.state;
    const values = tint === "neuron" && neuron !== null && view.layer ? neuronValues(view.layer, quantity, neuron) : null;
    const rows = view.window.nodes.slice(start, end).map((node, offset) => (
      tokenRow(view, node, view.labels[start + offset], values && values[start + offset])));
    const columns = ["token", "surprisal", "probability", ...(values ? ["neuron"] : []), "likely"];
    const headers = columns.map((key) => h("th", { scope: "col", text: t(`see.${key}`) }));
    const head = h("thead", { class: "visually-hidden" }, h("tr", {}, headers));
    element.replaceChildren(
      ...(rows.length > 1 ? [h("p", {}, h("strong", { text: textInLine(text) }), ` ${bitsText(view.surprisals[index])}`)] : []),
      h("table", {}, head, h("tbody", {}, rows)));
  }
  return { element, update };
}

/** Returns the row of a token; `neuronValue` is null if no neuron is chosen. */
function tokenRow({ state, window, model }, node, label, neuronValue) {
  const surprisal = tokenSurprisal(node);
  const isPredicted = !Number.isNaN(surprisal);
  const likely = isPredicted ? window.tree.predictions(node.parent, likelyCount) : [];
  const missing = t(node.id < 0 ? "see.skipped" : "see.first");
  return h("tr", {},
    h("th", { scope: "row", class: label.part, text: label.text }),
    h("td", { text: isPredicted ? bitsText(surprisal) : missing }),
    h("td", { class: "probability", text: isPredicted ? formatPercent(node.probability) : "" }),
    neuronValue !== null && h("td", { text: `${t("see.neuronNumber", { neuron: state.neuron })}: ${formatNumber(neuronValue, 2)}` }),
    h("td", { class: "likely" }, likely.map(({ id, probability }) => h("span", { class: id === node.id ? "actual" : null },
      h("b", { text: visibleToken(model.vocabulary.tokens[id], model.tokenizer.unit) }), ` ${formatPercent(probability)} `))));
}

function bitsText(surprisal) {
  return Number.isNaN(surprisal) ? "" : t("see.bits", { bits: formatNumber(surprisal, 2) });
}
