import { decodeCharacters } from "../engine/decoder.js";
import { compactState } from "../engine/network.js";

/** The maximum number of tokens of a text: each keeps the states of all layers. */
export const maximumTextLength = 10000;

/**
 * A text that a model reads and continues, with all its branches: a tree of tokens.
 *
 * A node is `{ id, written, isTyped, parent, children, state, probability }`:
 * - `id`: the token; -1 for a character that is not in the vocabulary and was skipped.
 * - `written`: the character as it was typed, if the token stands for another one; "" for its further tokens.
 * - `isTyped`: true if it was typed, false if the model generated it.
 * - `state`: the state of the network after reading the token; null until it is read.
 * - `probability`: the probability of the token given those before it; null for the first token and for skipped ones.
 *
 * The text is the path from the root to the tip.
 */
export class TextTree {
  constructor(model) {
    const { network, vocabulary } = model;
    this.model = model;
    this.root = createNode(-1, null);
    this.root.state = network.initialState();
    this.tip = this.root;
    this.history = [];
    this.future = [];
    /** The state in which an empty text begins: after a line break. */
    this.emptyState = compactState(network.step(vocabulary.lineBreakID, this.root.state));
    this.cachedPath = null;
    this.cachedCharacters = { nodes: [], characters: [] };
  }

  /** The nodes of the text in reading order, without the root. */
  get path() {
    if (this.cachedPath?.tip !== this.tip) {
      const nodes = [];
      for (let node = this.tip; node !== this.root; node = node.parent) nodes.push(node);
      this.cachedPath = { tip: this.tip, nodes: nodes.reverse(), characters: null };
    }
    return this.cachedPath.nodes;
  }

  /** The ids of the text's tokens; -1 for a skipped character. */
  get ids() {
    return this.path.map((node) => node.id);
  }

  /**
   * The characters of the text: `{ text, start, end, isUnknown }`. `[start, end)` is the range of a character's nodes in
   * `path`.
   */
  get characters() {
    const path = this.path;
    if (this.cachedPath.characters === null) {
      // A character depends only on the one before it, so that generated text costs little.
      const { nodes, characters } = this.cachedCharacters;
      let common = 0;
      while (common < nodes.length && nodes[common] === path[common]) common++;
      let kept = characters.length;
      while (kept > 0 && characters[kept - 1].end > common) kept--;
      kept = Math.max(0, kept - 2);
      const start = kept === 0 ? 0 : characters[kept - 1].end;
      this.cachedPath.characters = characters.slice(0, kept).concat(groupCharacters(this.model, path, start));
      this.cachedCharacters = this.cachedPath;
    }
    return this.cachedPath.characters;
  }

  /** The text. */
  get text() {
    return this.characters.map((character) => character.text).join("");
  }

  /** The index of the character that contains the node at `index` of the path. */
  characterAt(index) {
    return this.characters.findIndex(({ start, end }) => start <= index && index < end);
  }

  /** The state before the token that follows `node`. */
  stateAfter(node) {
    return node === this.root ? this.emptyState : node.state;
  }

  /** The state before the first token of the text. */
  get initialState() {
    return this.path.length > 0 && !this.path[0].isTyped ? this.emptyState : this.root.state;
  }

  /**
   * Replaces the text by `text`, which a person typed. Tokens that stay at its beginning are kept; the others become a
   * new branch. Typed text that nothing else follows is removed when it is deleted and `undo` cannot return to it.
   *
   * With `continuesTyping`, the change belongs to the one before: `undo` reverts both.
   */
  setText(text, continuesTyping = false) {
    const typed = typedTokens(this.model, text).slice(0, maximumTextLength);
    const kept = commonPrefixLength(this.path, typed);
    if (kept === typed.length && kept === this.path.length) return;
    if (!continuesTyping) this.record();
    const left = this.tip;
    this.tip = kept === 0 ? this.root : this.path[kept - 1];
    for (const token of typed.slice(kept)) {
      this.tip = childOf(this.tip, token) ?? addChild(this.tip, { ...token, isTyped: true });
    }
    this.removeLeaves(left, (node) => node.isTyped);
    this.forgetStates(left);
  }

  /** Appends a generated token with its probability and the state after it. */
  append(id, probability, state) {
    const node = childOf(this.tip, { id }) ?? addChild(this.tip, { id, isTyped: false });
    node.probability = probability;
    node.state = compactState(state);
    this.tip = node;
    return node;
  }

  /** Returns a tree of this text alone, to which other texts can be appended. */
  copy() {
    const copy = new TextTree(this.model);
    for (const node of this.path) {
      copy.tip = addChild(copy.tip, node);
      Object.assign(copy.tip, { state: node.state, probability: node.probability });
    }
    return copy;
  }

  /** Appends `id` after `node` instead of what follows it there; the rest stays as a branch. */
  branch(node, id) {
    this.record();
    this.tip = childOf(node, { id }) ?? addChild(node, { id, isTyped: false });
  }

  /** Makes the path to `node` the text. */
  moveTo(node) {
    this.record();
    this.tip = node;
  }

  /** Remembers the text for `undo`. */
  record() {
    this.history.push(this.tip);
    const forgotten = this.future;
    this.future = [];
    if (this.history.length > 200) forgotten.push(this.history.shift());
    for (const tip of forgotten) this.removeLeaves(tip, (node) => node.isTyped);
  }

  /** Shortens the text to the path to `node` and removes what followed, unless other branches or `undo` need it. */
  shorten(node) {
    const left = this.tip;
    this.tip = node;
    this.removeLeaves(left, () => true);
  }

  /** Reverts the last change without a way to repeat it. */
  discardChange() {
    if (this.canUndo) this.shorten(this.history.pop());
  }

  get canUndo() {
    return this.history.length > 0;
  }

  get canRedo() {
    return this.future.length > 0;
  }

  /** Returns to the text before the last change. */
  undo() {
    if (!this.canUndo) return;
    this.future.push(this.tip);
    this.tip = this.history.pop();
  }

  /** Repeats the change that was undone last. */
  redo() {
    if (!this.canRedo) return;
    this.history.push(this.tip);
    this.tip = this.future.pop();
  }

  /** Reads tokens of the text that the network has not read, for about `milliseconds`; returns true if all are read. */
  advance(milliseconds) {
    const end = performance.now() + milliseconds;
    const { network } = this.model;
    const path = this.path;
    // A node without state has only nodes without state below it, so the unread ones are a suffix of the path.
    let index = path.length;
    while (index > 0 && path[index - 1].state === null) index--;
    for (; index < path.length; index++) {
      if (performance.now() > end) return false;
      const node = path[index];
      const before = index > 0 ? path[index - 1].state : this.initialState;
      if (node.id < 0) node.state = before;
      else {
        const isFirst = index === 0 && node.isTyped;
        node.probability = isFirst ? null : network.probabilities(before)[node.id];
        node.state = compactState(network.step(node.id, before));
      }
    }
    return true;
  }

  /** The `count` most likely tokens after a node that was read: `[{ id, probability }]`. */
  predictions(node, count) {
    return mostLikely(this.model.network.probabilities(this.stateAfter(node)), count);
  }

  /** Removes nodes without children from `node` upward while `isRemovable`, unless the text or the history needs them. */
  removeLeaves(node, isRemovable) {
    const kept = new Set([...this.path, ...this.history, ...this.future]);
    while (node !== this.root && node.children.length === 0 && !kept.has(node) && isRemovable(node)) {
      const { parent } = node;
      // Several texts of the history may share a node that is removed already.
      parent.children = parent.children.filter((child) => child !== node);
      node = parent;
    }
  }

  /** Frees the states of typed text that only `undo` needs, from `node` upward; it is read again then. */
  forgetStates(node) {
    const kept = new Set(this.path);
    while (node.isTyped && !kept.has(node) && node.children.every((child) => child.state === null)) {
      node.state = null;
      node = node.parent;
    }
  }
}

/** Returns the `count` largest probabilities with their ids, in descending order. */
export function mostLikely(probabilities, count) {
  const best = [];
  for (let id = 0; id < probabilities.length; id++) {
    const probability = probabilities[id];
    if (best.length === count && probability <= best[count - 1].probability) continue;
    let index = best.length;
    while (index > 0 && best[index - 1].probability < probability) index--;
    best.splice(index, 0, { id, probability });
    if (best.length > count) best.pop();
  }
  return best;
}

function createNode(id, parent, written, isTyped = false) {
  return { id, written, isTyped, parent, children: [], state: null, probability: null };
}

function addChild(parent, { id, written, isTyped }) {
  const node = createNode(id, parent, written, isTyped);
  parent.children.push(node);
  return node;
}

function childOf(node, { id, written }) {
  return node.children.find((child) => child.id === id && child.written === written);
}

/** Returns the tokens of a typed text as `{ id, written }`. */
function typedTokens(model, text) {
  const { ids, characters } = model.encode(text);
  return characters.flatMap(({ text: written, start, end, outcome }) => {
    if (outcome === "known") return ids.slice(start, end).map((id) => ({ id }));
    if (outcome === "skipped") return [{ id: -1, written }];
    return ids.slice(start, end).map((id, index) => ({ id, written: index === 0 ? written : "" }));
  });
}

/** Returns the number of tokens at the beginning of a path that are those of a typed text. */
function commonPrefixLength(path, typed) {
  let count = 0;
  while (count < path.length && count < typed.length && path[count].id === typed[count].id
    && path[count].written === typed[count].written) count++;
  return count;
}

/** Returns the characters of the nodes of a path from the index `first` on, where a character begins. */
export function groupCharacters(model, path, first = 0) {
  const characters = [];
  let index = first;
  while (index < path.length) {
    let end = index + 1;
    if (path[index].written !== undefined) {
      while (end < path.length && path[end].written === "") end++;
      characters.push({ text: path[index].written, start: index, end, isUnknown: true });
    } else {
      while (end < path.length && path[end].written === undefined) end++;
      const ids = path.slice(index, end).map((node) => node.id);
      for (const { text, start, end: stop } of decodeCharacters(model, ids)) {
        characters.push({ text, start: index + start, end: index + stop, isUnknown: false });
      }
    }
    index = end;
  }
  return characters;
}
