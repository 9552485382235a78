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
  const leastStart = windowStart(tree, characters[cursor]?.start ?? path.length - 1, previous);
  const firstCharacter = Math.max(0, characters.findIndex((character) => character.start >= leastStart));
  const start = characters[firstCharacter]?.start ?? 0;
  let last = firstCharacter;
  while (last < characters.length && characters[last].end <= start + windowLength) last++;
  const shown = characters.slice(firstCharacter, last);
  return {
    tree, start, firstCharacter, total: path.length,
    nodes: path.slice(start, shown.at(-1)?.end ?? start),
    characters: shown.map((character) => ({ ...character, start: character.start - start, end: character.end - start })),
  };
}

/** Returns the least index of the first token of a window in which the token `focus` is seen. */
function windowStart(tree, focus, previous) {
  const { length } = tree.path;
  if (length <= windowLength) return 0;
  const isSameText = previous?.tree === tree && previous.total === length;
  if (isSameText && focus < previous.start + previous.nodes.length) {
    const isWellInside = previous.start === 0 || focus >= previous.start + leastBeforeCursor;
    if (isWellInside) return previous.start;
  }
  return Math.max(0, Math.min(focus - lengthBeforeCursor, length - windowLength));
}
