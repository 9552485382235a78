import { h } from "../../app/dom.js";
import { mostLikely } from "../../app/mostLikely.js";
import { formatPercent, t } from "../../app/strings.js";
import { visibleToken } from "../../app/visibleText.js";
import { tokenName } from "./tokenName.js";

/** The number of rivals of a token that are shown. */
const rivalCount = 5;

/**
 * Returns a list of tokens that can follow the node `parent`: `node`, which does, and its rivals; without `node`, the
 * most likely tokens. `onChoose(parent, id)`: one was chosen.
 */
export function rivalList(tree, parent, node, onChoose) {
  const { network, vocabulary, tokenizer } = tree.model;
  const probabilities = network.probabilities(tree.stateAfter(parent));
  const entries = mostLikely(probabilities, rivalCount + 2)
    .filter(({ id }) => id !== node?.id && id !== vocabulary.unknownID).slice(0, rivalCount);
  // Branches that begin with a less likely token can be reached here too.
  for (const { id, written } of parent.children) {
    if (id === node?.id || id < 0 || written !== undefined || entries.some((entry) => entry.id === id)) continue;
    entries.push({ id, probability: probabilities[id] });
  }
  const row = ({ id, probability }, action) => rivalRow({
    token: vocabulary.tokens[id] || "�", unit: tokenizer.unit, probability, action,
    hasBranch: action !== null && parent.children.some((child) => child.id === id),
  });
  return h("ol", {}, node && row(node, null), entries.map((entry) => row(entry, () => onChoose(parent, entry.id))));
}

/** Returns the row of a token: a button for a rival, for which `action` is not null. */
function rivalRow({ token, unit, probability, hasBranch, action }) {
  const kind = hasBranch ? "rivalBranch" : "rival";
  const percent = formatPercent(probability);
  const label = t(`write.${action ? kind : "chosen"}`, { token: tokenName(token, unit), percent });
  const cells = [
    h("span", { class: "glyph", text: `${visibleToken(token, unit)}${hasBranch ? " →" : ""}` }),
    h("span", { class: "bar" }, h("span", { style: { width: `${(probability * 100).toFixed(1)}%` } })),
    h("span", { class: "percent", text: percent }),
  ];
  return h("li", {}, action
    ? h("button", { type: "button", class: "rival", "aria-label": label, on: { click: action } }, cells)
    : h("div", { class: "rival chosen", role: "img", "aria-label": label }, cells));
}
