import { Trace } from "../engine/trace.js";

/** The maximum number of tokens of which the view computes all activations. */
export const windowLength = 600;

/** The number of tokens before the cursor in a new window, and the least number before a window is moved. */
const lengthBeforeCursor = 450;
const leastBeforeCursor = 100;

/**
 * Returns the part of a text that is traced: all of it, or `windowLength` tokens around the cursor, without incomplete
 * characters.
 *
 * Returns `{ tree, start, nodes, characters, firstCharacter, total }`: `start` is the index of the first token in the
 * text, `characters` are those of the tree with ranges that count from `start`. The start of `previous`, an earlier
 * window of the same text, is kept while the cursor is well inside.
 */
export function textWindow(tree, cursor, previous = null) {
  const { path, characters } = tree;
  const focus = characters[cursor]?.start ?? path.length - 1;
  let start = 0;
  if (path.length > windowLength) {
    const isInside = previous?.tree === tree && previous.total === path.length && focus < previous.start + previous.nodes.length
      && (previous.start === 0 || focus >= previous.start + leastBeforeCursor);
    start = isInside ? previous.start : Math.max(0, Math.min(focus - lengthBeforeCursor, path.length - windowLength));
  }
  const firstCharacter = Math.max(0, characters.findIndex((character) => character.start >= start));
  start = characters[firstCharacter]?.start ?? 0;
  let last = firstCharacter;
  while (last < characters.length && characters[last].end <= start + windowLength) last++;
  const shown = characters.slice(firstCharacter, last);
  return {
    tree, start, firstCharacter, total: path.length,
    nodes: path.slice(start, shown.at(-1)?.end ?? start),
    characters: shown.map((character) => ({ ...character, start: character.start - start, end: character.end - start })),
  };
}

/** Returns the state before the first token of a window; null if nothing predicts that token. */
function windowState({ tree, start, nodes }) {
  if (start > 0) return tree.path[start - 1].state;
  return nodes.length > 0 && nodes[0].isTyped ? null : tree.initialState;
}

/** The last trace; it is kept when the view is closed. */
let keptTrace = null;

/** Returns the trace of a window; tokens that an earlier trace of the same text has read are not read again. */
export function traceOf(window) {
  const { tree, start, nodes } = window;
  const ids = nodes.map((node) => node.id);
  const initialState = windowState(window);
  if (keptTrace?.tree === tree && keptTrace.start === start && keptTrace.initialState === initialState) {
    if (ids.length !== keptTrace.trace.ids.length || ids.some((id, index) => id !== keptTrace.trace.ids[index])) {
      keptTrace.trace.extend(ids);
    }
  } else {
    keptTrace = { tree, start, initialState, trace: new Trace(tree.model, ids, initialState) };
  }
  return keptTrace.trace;
}

/** Returns the surprisal of a token of the tree, -log2 p, in bits; NaN if it has no prediction. */
export function tokenSurprisal({ id, probability }) {
  return id < 0 || probability === null ? NaN : -Math.log2(Math.max(probability, 1e-300));
}

/** Returns the surprisal of each range of tokens, the sum over those that have a prediction; NaN if none has. */
export function surprisals(nodes, ranges) {
  return ranges.map(({ start, end }) => {
    const bits = nodes.slice(start, end).map(tokenSurprisal).filter((value) => !Number.isNaN(value));
    return bits.length > 0 ? bits.reduce((a, b) => a + b, 0) : NaN;
  });
}
