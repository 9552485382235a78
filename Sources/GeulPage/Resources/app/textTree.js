import { compactState } from "../engine/network.js";
import { mostLikely } from "./mostLikely.js";
import { regroupCharacters, typedTokens } from "./textCharacters.js";
import { TextHistory } from "./textHistory.js";
import { addChild, childOf, commonPrefixLength, createNode, forgetStates, newestEnd, removeLeaves } from "./textNode.js";

/** The maximum number of tokens of a text: each keeps the states of all layers. */
export const maximumTextLength = 10000;

/**
 * A text that a model reads and continues, with all its branches: a tree of tokens, whose nodes textNode.js describes.
 *
 * The text is the path from the root to the tip.
 */
export class TextTree {
  /** The texts that `undo` and `redo` return to. */
  history = new TextHistory();
  /** The nodes of the path and its characters, null until they are asked for. */
  #cachedPath = null;
  /** The last of `#cachedPath` whose characters are known. */
  #cachedCharacters = { nodes: [], characters: [] };

  constructor(model) {
    const { network, vocabulary } = model;
    this.model = model;
    this.root = createNode({ id: -1 }, null);
    this.root.state = network.initialState();
    this.tip = this.root;
    /** The state in which an empty text begins: after a line break. */
    this.emptyState = compactState(network.step(vocabulary.lineBreakID, this.root.state));
  }

  /** The nodes of the text in reading order, without the root. */
  get path() {
    if (this.#cachedPath?.tip !== this.tip) {
      const nodes = [];
      for (let node = this.tip; node !== this.root; node = node.parent) nodes.push(node);
      this.#cachedPath = { tip: this.tip, nodes: nodes.reverse(), characters: null };
    }
    return this.#cachedPath.nodes;
  }

  /** The ids of the text's tokens; -1 for a skipped character. */
  get ids() {
    return this.path.map((node) => node.id);
  }

  /** The characters of the text, `{ text, start, end, isUnknown }`; `[start, end)` is the range of their nodes in `path`. */
  get characters() {
    const { path } = this;
    if (this.#cachedPath.characters === null) {
      this.#cachedPath.characters = regroupCharacters(this.model, path, this.#cachedCharacters);
      this.#cachedCharacters = this.#cachedPath;
    }
    return this.#cachedPath.characters;
  }

  /** The text. */
  get text() {
    return this.characters.map((character) => character.text).join("");
  }

  /** The state before the first token of the text. */
  get initialState() {
    return this.path.length > 0 && !this.path[0].isTyped ? this.emptyState : this.root.state;
  }

  /** The state before the token that follows `node`. */
  stateAfter(node) {
    return node === this.root ? this.emptyState : node.state;
  }

  /** The `count` most likely tokens after a node that was read: `[{ id, probability }]`. */
  predictions(node, count) {
    return mostLikely(this.model.network.probabilities(this.stateAfter(node)), count);
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
    this.#removeTyped(left);
    forgetStates(left, new Set(this.path));
  }

  /** Appends a generated token with its probability and the state after it. */
  append(id, probability, state) {
    this.tip = childOf(this.tip, { id }) ?? addChild(this.tip, { id });
    this.tip.probability = probability;
    this.tip.state = compactState(state);
  }

  /** Appends generated texts, the nodes of other trees, each as a branch; the one at the index `chosen` becomes the text. */
  appendBranches(branches, chosen) {
    this.record();
    const base = this.tip;
    const tips = branches.map((nodes) => {
      this.tip = base;
      for (const { id, probability, state } of nodes) this.append(id, probability, state);
      return this.tip;
    });
    this.tip = tips[chosen];
  }

  /**
   * Lets the token `id` follow `node` instead of what follows it there, which stays as a branch. If it did in other
   * texts, the newest of them becomes the text.
   */
  branch(node, id) {
    this.record();
    const known = childOf(node, { id });
    this.tip = known ? newestEnd(known) : addChild(node, { id });
  }

  /** Makes the path to `node` the text. */
  moveTo(node) {
    this.record();
    this.tip = node;
  }

  /** Shortens the text to the path to `node` and removes what followed, unless other branches or `undo` need it. */
  shorten(node) {
    const left = this.tip;
    this.tip = node;
    removeLeaves(left, this.#neededNodes, () => true);
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

  get canUndo() {
    return this.history.length > 0;
  }

  get canRedo() {
    return this.history.canRedo;
  }

  /** Remembers the text for `undo`. */
  record() {
    for (const tip of this.history.record(this.tip)) this.#removeTyped(tip);
  }

  /** Returns to the text before the last change. */
  undo() {
    this.tip = this.history.undo(this.tip);
  }

  /** Repeats the change that was undone last. */
  redo() {
    this.tip = this.history.redo(this.tip);
  }

  /** Reverts the last change without a way to repeat it. */
  discardChange() {
    if (this.canUndo) this.shorten(this.history.discard());
  }

  /** Forgets the last change if it left the text as it was; returns true then. */
  forgetEmptyChange() {
    const isEmpty = this.history.last === this.tip;
    if (isEmpty) this.history.discard();
    return isEmpty;
  }

  /** Reads tokens of the text that the network has not read, for about `milliseconds`; returns true if all are read. */
  advance(milliseconds) {
    const end = performance.now() + milliseconds;
    const { path } = this;
    // A node without state has only nodes without state below it, so the unread ones are a suffix of the path.
    let index = path.length;
    while (index > 0 && path[index - 1].state === null) index--;
    for (; index < path.length; index++) {
      if (performance.now() > end) return false;
      this.#read(path[index], index > 0 ? path[index - 1].state : this.initialState);
    }
    return true;
  }

  /** Reads the token of a node in the state before it. */
  #read(node, before) {
    const { network } = this.model;
    if (node.id < 0) {
      node.state = before;
      return;
    }
    const isFirst = node.parent === this.root && node.isTyped;
    node.probability = isFirst ? null : network.probabilities(before)[node.id];
    node.state = compactState(network.step(node.id, before));
  }

  /** The nodes of the text, and the last ones of the texts of the history. */
  get #neededNodes() {
    return new Set([...this.path, ...this.history.tips]);
  }

  /** Removes typed text up to `tip` that nothing follows and nothing needs. */
  #removeTyped(tip) {
    removeLeaves(tip, this.#neededNodes, (node) => node.isTyped);
  }
}
