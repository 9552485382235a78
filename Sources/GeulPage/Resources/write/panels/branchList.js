import { button, h } from "../../app/dom.js";
import { replaceKeepingFocus } from "../../app/focus.js";
import { t } from "../../app/strings.js";
import { groupCharacters } from "../../app/textCharacters.js";

/** The number of characters that are shown of a branch. */
const excerptLength = 20;

/**
 * Creates the list of branches: nested lists of the pieces of text between two forks. A piece is a button that shows
 * the text up to its end: `onChoose(node)` gets its last node.
 */
export function createBranchList({ onChoose }) {
  const element = h("div", { class: "branches" });

  function update(tree) {
    const needed = neededNodes(tree);
    const onPath = new Set(tree.path);
    const isShown = (node) => needed.has(node);
    const list = (start) => h("ul", {}, start.map((first) => {
      const piece = pieceFrom(first, tree.tip, isShown);
      const end = piece.at(-1);
      const children = end.children.filter(isShown);
      return h("li", {},
        button(excerpt(tree.model, piece), () => onChoose(end), {
          class: onPath.has(end) ? "on-path" : null, "aria-current": end === tree.tip ? "true" : null,
        }),
        children.length > 0 && list(children));
    }));
    const roots = tree.root.children.filter(isShown);
    const hasOther = roots.length > 1 || (
      roots.length === 1 && pieceFrom(roots[0], tree.tip, isShown).at(-1).children.some(isShown)
    );
    replaceKeepingFocus(element, [hasOther ? list(roots) : h("p", { class: "muted", text: t("write.noBranches") })]);
  }

  return { element, update };
}

/** Returns the nodes of the text and those that lead to generated text. Typed text alone can be reached by undoing. */
function neededNodes(tree) {
  const needed = new Set(tree.path);
  const open = [...tree.root.children];
  while (open.length > 0) {
    const node = open.pop();
    open.push(...node.children);
    if (node.isTyped) continue;
    for (let above = node; above !== tree.root && !needed.has(above); above = above.parent) needed.add(above);
  }
  return needed;
}

/** Returns the nodes from `first` to the next fork, the tip or a leaf. */
function pieceFrom(first, tip, isShown) {
  const piece = [first];
  for (;;) {
    const last = piece.at(-1);
    const children = last.children.filter(isShown);
    if (children.length !== 1 || last === tip) return piece;
    piece.push(children[0]);
  }
}

/** Returns the beginning of a piece of text, from the character on to which its first token belongs. */
function excerpt(model, piece) {
  const before = [];
  for (let node = piece[0].parent; node.parent !== null && before.length < 8; node = node.parent) {
    before.unshift(node);
  }
  const nodes = [...before, ...piece.slice(0, 4 * excerptLength)];
  const characters = groupCharacters(model, nodes).filter(({ end }) => end > before.length);
  const text = characters.slice(0, excerptLength).map((character) => character.text).join("");
  return text.replace(/[\r\n]+/g, "↵") + (characters.length > excerptLength ? "…" : "");
}
