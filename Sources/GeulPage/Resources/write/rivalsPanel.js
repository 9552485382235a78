import { button, h } from "../app/dom.js";
import { replaceKeepingFocus } from "../app/focus.js";
import { formatNumber, formatPercent, t } from "../app/strings.js";
import { mostLikely } from "../app/textTree.js";
import { jamoParts, visibleToken } from "../app/visibleText.js";
import { characterSurprisal } from "./tints.js";

/** The number of rivals of a token that are shown. */
const rivalCount = 5;

/**
 * Creates the panel of one character: its probability, and the most likely tokens in its place, each a button.
 *
 * `onChoose(parent, id)`: a token was chosen to follow the node `parent`. `onRewrite(parent)`: the text shall be
 * written again after the node `parent`. `update(tree, index)` shows the character at an index, or the next one for -1.
 */
export function createRivalsPanel({ onChoose, onRewrite }) {
  const content = h("div", { class: "rivals" });

  function update(tree, index) {
    const character = tree.characters[index];
    const nodes = character ? tree.path.slice(character.start, character.end) : [];
    const isUnread = character ? nodes.some((node) => node.state === null) : tree.tip.state === null;
    replaceKeepingFocus(content, [
      ...(isUnread ? [h("p", { class: "muted", text: t("page.reading") })]
        : character ? characterContent(tree, character, nodes) : [
          h("h3", { text: t("write.next") }),
          rivalList(tree, tree.tip, null),
        ]),
    ]);
  }

  function characterContent(tree, character, nodes) {
    const { unit } = tree.model.tokenizer;
    const surprisal = characterSurprisal(tree.path, character);
    const facts = surprisal === null ? "" : t("write.bits", {
      bits: formatNumber(surprisal, 1), percent: formatPercent(2 ** -surprisal) });
    const parts = [h("h3", {}, h("span", { class: "glyph", text: visibleToken(character.text) }), ` ${facts}`)];
    const note = unknownNote(tree.model, character, nodes);
    if (note) parts.push(h("p", { text: note }));
    for (const node of nodes) {
      if (node.id < 0) continue;
      if (node.probability === null) {
        parts.push(h("p", { class: "muted", text: t("write.first") }));
        continue;
      }
      const name = tokenName(tree.model.vocabulary.tokens[node.id], unit);
      const rank = formatNumber(rankOf(tree, node));
      parts.push(h("p", { class: "muted", text: t("write.rank", { token: name, rank }) }));
      parts.push(rivalList(tree, node.parent, node));
    }
    parts.push(button(t("write.rewrite"), () => onRewrite(nodes[0].parent)));
    return parts;
  }

  /** The rivals of `node`, which follows `parent`, with itself; without `node`, the most likely tokens. */
  function rivalList(tree, parent, node) {
    const { network, vocabulary, tokenizer } = tree.model;
    const probabilities = network.probabilities(tree.stateAfter(parent));
    const entries = mostLikely(probabilities, rivalCount + 2)
      .filter(({ id }) => id !== node?.id && id !== vocabulary.unknownID).slice(0, rivalCount);
    // Branches that begin with a less likely token can be reached here too.
    for (const { id, written } of parent.children) {
      if (id === node?.id || id < 0 || written !== undefined || entries.some((entry) => entry.id === id)) continue;
      entries.push({ id, probability: probabilities[id] });
    }
    const row = ({ id, probability }, isChosen) => {
      const token = vocabulary.tokens[id] || "�";
      const hasBranch = !isChosen && parent.children.some((child) => child.id === id);
      const label = t(isChosen ? "write.chosen" : hasBranch ? "write.rivalBranch" : "write.rival", {
        token: tokenName(token, tokenizer.unit), percent: formatPercent(probability) });
      const cells = [
        h("span", { class: "glyph", text: `${visibleToken(token, tokenizer.unit)}${hasBranch ? " →" : ""}` }),
        h("span", { class: "bar" }, h("span", { style: { width: `${(probability * 100).toFixed(1)}%` } })),
        h("span", { class: "percent", text: formatPercent(probability) }),
      ];
      if (isChosen) return h("li", {}, h("div", { class: "rival chosen", role: "img", "aria-label": label }, cells));
      return h("li", {}, h("button", {
        type: "button", class: "rival", "aria-label": label, on: { click: () => onChoose(parent, id) },
      }, cells));
    };
    return h("ol", {}, node && row(node, true), entries.map((entry) => row(entry, false)));
  }

  return { element: content, update };
}

/** Returns the rank of a token among those that could have followed its parent: 1 for the most likely. */
function rankOf(tree, node) {
  const probabilities = tree.model.network.probabilities(tree.stateAfter(node.parent));
  return probabilities.filter((value) => value > node.probability).length + 1;
}

/** Returns a sentence about a character that is not in the vocabulary; null for others. */
function unknownNote(model, { text, isUnknown }, nodes) {
  if (!isUnknown) return null;
  const { tokens, unknownID } = model.vocabulary;
  const ids = nodes.map(({ id }) => id).filter((id) => id >= 0);
  const values = { character: visibleToken(text) };
  if (ids.length === 0) return t("write.skipped", values);
  if (ids.includes(unknownID)) return t("write.unknown", values);
  return t("write.replaced", { ...values, replacement: ids.map((id) => visibleToken(tokens[id])).join("") });
}

/** Returns a token as it is called in a sentence. */
function tokenName(token, unit) {
  const names = { " ": "write.space", "\n": "write.lineBreak", "\r\n": "write.lineBreak" };
  if (names[token]) return t(names[token]);
  const jamo = jamoParts(token);
  return jamo ? t(`write.${jamo.part}`, { letter: jamo.letter }) : visibleToken(token, unit);
}
