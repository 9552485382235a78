import { decodeCharacters } from "../engine/decoder.js";

/** Returns the tokens of a typed text as `{ id, written }`, as in textNode.js. */
export function typedTokens(model, text) {
  const { ids, characters } = model.encode(text);
  return characters.flatMap(({ text: written, start, end, outcome }) => {
    if (outcome === "known") return ids.slice(start, end).map((id) => ({ id }));
    if (outcome === "skipped") return [{ id: -1, written }];
    return ids.slice(start, end).map((id, index) => ({ id, written: index === 0 ? written : "" }));
  });
}

/**
 * Returns the characters of a path of nodes, `{ text, start, end, isUnknown }`, from the node at `first` on, where a
 * character begins. `[start, end)` is the range of a character's nodes in the path.
 */
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

/** Returns the characters of a path, given `{ nodes, characters }` of an earlier one: generated text then costs little. */
export function regroupCharacters(model, path, { nodes, characters }) {
  let common = 0;
  while (common < nodes.length && nodes[common] === path[common]) common++;
  let kept = characters.length;
  while (kept > 0 && characters[kept - 1].end > common) kept--;
  // A character may join the one before it.
  kept = Math.max(0, kept - 2);
  const start = kept === 0 ? 0 : characters[kept - 1].end;
  return characters.slice(0, kept).concat(groupCharacters(model, path, start));
}
