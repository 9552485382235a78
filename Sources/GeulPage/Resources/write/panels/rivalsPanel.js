import { button, h } from "../../app/dom.js";
import { replaceKeepingFocus } from "../../app/focus.js";
import { formatNumber, formatPercent, t } from "../../app/strings.js";
import { visibleToken } from "../../app/visibleText.js";
import { characterSurprisal } from "../tints.js";
import { rivalList } from "./rivalList.js";
import { tokenName } from "./tokenName.js";

/**
 * Creates the panel of one character: its probability, and the most likely tokens in its place, each a button.
 *
 * `onChoose(parent, id)`: a token was chosen to follow the node `parent`. `onRewrite(parent)`: the text shall be
 * written again after the node `parent`. `update(tree, index)` shows the character at an index, or the next one for -1.
 */
export function createRivalsPanel({ onChoose, onRewrite }) {
  const element = h("div", { class: "rivals" });

  function update(tree, index) {
    const character = tree.characters[index];
    const nodes = character ? tree.path.slice(character.start, character.end) : [tree.tip];
    const isUnread = nodes.some((node) => node.state === null);
    replaceKeepingFocus(element, isUnread ? [h("p", { class: "muted", text: t("page.reading") })]
      : character ? characterContent(tree, character, nodes)
        : [h("h3", { text: t("write.next") }), rivalList(tree, tree.tip, null, onChoose)]);
  }

  function characterContent(tree, character, nodes) {
    return [
      characterHeading(tree, character), ...unknownNote(tree.model, character, nodes),
      ...nodes.flatMap((node) => tokenContent(tree, node, onChoose)),
      button(t("write.rewrite"), () => onRewrite(nodes[0].parent)),
    ];
  }
  return { element, update };
}

function characterHeading(tree, character) {
  const surprisal = characterSurprisal(tree.path, character);
  const facts = surprisal === null ? "" : t("write.bits", {
    bits: formatNumber(surprisal, 1), percent: formatPercent(2 ** -surprisal),
  });
  return h("h3", {}, h("span", { class: "glyph", text: visibleToken(character.text) }), ` ${facts}`);
}

/** Returns a sentence about a character that is not in the vocabulary; nothing for others. */
function unknownNote({ vocabulary }, { text, isUnknown }, nodes) {
  if (!isUnknown) return [];
  const ids = nodes.map(({ id }) => id).filter((id) => id >= 0);
  const replacement = ids.map((id) => visibleToken(vocabulary.tokens[id])).join("");
  const kind = ids.length === 0 ? "skipped" : ids.includes(vocabulary.unknownID) ? "unknown" : "replaced";
  return [h("p", { text: t(`write.${kind}`, { character: visibleToken(text), replacement }) })];
}

/** Returns the rank of a token of a character, and its rivals. */
function tokenContent(tree, node, onChoose) {
  if (node.id < 0) return [];
  if (node.probability === null) return [h("p", { class: "muted", text: t("write.first") })];
  const token = tokenName(tree.model.vocabulary.tokens[node.id], tree.model.tokenizer.unit);
  return [
    h("p", { class: "muted", text: t("write.rank", { token, rank: formatNumber(rankOf(tree, node)) }) }),
    rivalList(tree, node.parent, node, onChoose),
  ];
}

/** Returns the rank of a token among those that could have followed its parent: 1 for the most likely. */
function rankOf(tree, node) {
  const probabilities = tree.model.network.probabilities(tree.stateAfter(node.parent));
  return probabilities.filter((value) => value > node.probability).length + 1;
}
