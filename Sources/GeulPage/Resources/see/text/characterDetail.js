import { h } from "../../app/dom.js";
import { predictedTokens } from "../../app/predictions.js";
import { formatNumber, formatPercent, t } from "../../app/strings.js";
import { tokenSurprisal } from "../../app/surprisal.js";
import { createTable } from "../../app/table.js";
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
      tokenCells(view, node, view.labels[start + offset], values && values[start + offset])));
    const columns = ["token", "surprisal", "probability", ...(values ? ["neuron"] : []), "likely"];
    const table = createTable(columns.map((key) => t(`see.${key}`)), rows);
    table.tHead.classList.add("visually-hidden");
    const summary = h("p", {}, h("strong", { text: textInLine(text) }), ` ${bitsText(view.surprisals[index])}`);
    element.replaceChildren(...(rows.length > 1 ? [summary] : []), table);
  }
  return { element, update };
}

/** Returns the cells of a token; `neuronValue` is null if no neuron is chosen. */
function tokenCells({ state, window, model }, node, label, neuronValue) {
  const surprisal = tokenSurprisal(node);
  const isPredicted = !Number.isNaN(surprisal);
  const likely = isPredicted ? window.tree.predictions(node.parent, likelyCount) : [];
  const missing = t(node.id < 0 ? "see.skipped" : "see.first");
  const neuronName = t("see.neuronNumber", { neuron: state.neuron });
  return [
    h("th", { scope: "row", class: label.part, text: label.text }),
    h("td", { text: isPredicted ? bitsText(surprisal) : missing }),
    h("td", { class: "probability", text: isPredicted ? formatPercent(node.probability) : "" }),
    neuronValue !== null && h("td", { text: `${neuronName}: ${formatNumber(neuronValue, 2)}` }),
    h("td", { class: "likely" }, predictedTokens(model, likely, node.id)),
  ];
}

function bitsText(surprisal) {
  return Number.isNaN(surprisal) ? "" : t("see.bits", { bits: formatNumber(surprisal, 2) });
}
