/**
 * Creates a node of a TextTree: a token of a text, with those that follow it in different texts as its children.
 *
 * - `id`: the token; -1 for a character that is not in the vocabulary and was skipped.
 * - `written`: the character as it was typed, if the token stands for another one; "" for its further tokens.
 * - `isTyped`: true if it was typed, false if the model generated it.
 * - `state`: the state of the network after reading the token; null until it is read.
 * - `probability`: the probability of the token given those before it; null for the first token and for skipped ones.
 */
export function createNode({ id, written, isTyped = false }, parent) {
  return { id, written, isTyped, parent, children: [], state: null, probability: null };
}

/** Adds a token to the children of a node and returns its node. */
export function addChild(parent, token) {
  const node = createNode(token, parent);
  parent.children.push(node);
  return node;
}

/** Returns the child of a node that is this token, typed in the same way; undefined if there is none. */
export function childOf(node, token) {
  return node.children.find((child) => isSameToken(child, token));
}

/** Returns the last node of the newest text that continues `node`. */
export function newestEnd(node) {
  let end = node;
  while (end.children.length > 0) end = end.children.at(-1);
  return end;
}

/** Returns the number of tokens at the beginning of a path of nodes that are those of a list. */
export function commonPrefixLength(path, tokens) {
  const limit = Math.min(path.length, tokens.length);
  let count = 0;
  while (count < limit && isSameToken(path[count], tokens[count])) count++;
  return count;
}

function isSameToken(a, b) {
  return a.id === b.id && a.written === b.written;
}

/** Removes nodes without children from `node` upward to the first that is kept, a Set, or that must not be removed. */
export function removeLeaves(node, kept, isRemovable) {
  while (node.parent !== null && node.children.length === 0 && !kept.has(node) && isRemovable(node)) {
    const { parent } = node;
    // Several texts of the history may share a node that is removed already.
    parent.children = parent.children.filter((child) => child !== node);
    node = parent;
  }
}

/** Frees the states of typed nodes from `node` upward to the first that is kept, a Set; they can be read again. */
export function forgetStates(node, kept) {
  while (node.isTyped && !kept.has(node) && node.children.every((child) => child.state === null)) {
    node.state = null;
    node = node.parent;
  }
}
