/** Returns the text of a character in a field, which knows only one kind of line break. */
export function fieldText({ text }) {
  return text.replace(/\r\n?/g, "\n");
}

/**
 * Returns characters with the text of a field that contains them: `{ characters, offsets, text }`, where `offsets` are the
 * indices at which each begins, and the length of the text.
 */
export function layOut(characters) {
  const offsets = [0];
  let text = "";
  for (const character of characters) {
    text += fieldText(character);
    offsets.push(text.length);
  }
  return { characters, offsets, text };
}

/**
 * Returns how a field with the text `value` differs from a layout: `{ first, last, text }`, the characters [first, last)
 * are replaced by a text. `endLimit` is that of `commonLengths`.
 */
export function changedRange({ offsets, text }, value, endLimit = 0) {
  const [start, end] = commonLengths(value, text, endLimit);
  const first = lastIndexAt(offsets, start);
  const last = Math.max(first, firstIndexAt(offsets, text.length - end));
  return { first, last, text: value.slice(offsets[first], value.length - (text.length - offsets[last])) };
}

/** Returns the text after a change of `changedRange`, with only the first `kept` characters of the layout. */
export function changedText({ characters }, { first, last, text }, kept) {
  const join = (part) => part.map((character) => character.text).join("");
  const old = characters.slice(0, kept);
  return join(old.slice(0, first)) + text + join(old.slice(last));
}

/**
 * Returns the lengths of the beginning and of the end that two texts have in common, without overlap. With
 * `endLimit`, the number of code units after the caret, the end is sought first and has at most this length: this tells
 * which of two equal letters was typed.
 */
export function commonLengths(a, b, endLimit = 0) {
  const limit = Math.min(a.length, b.length);
  let start = 0;
  let end = 0;
  const growEnd = (maximum) => {
    while (end < maximum && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  };
  growEnd(Math.min(limit, endLimit));
  while (start < limit - end && a[start] === b[start]) start++;
  growEnd(Math.min(limit - start, endLimit > 0 ? endLimit : Infinity));
  return [start, end];
}

/** Returns the last index whose offset is at most `offset`. */
export function lastIndexAt(offsets, offset) {
  let [low, high] = [0, offsets.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (offsets[middle] <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Returns the first index whose offset is at least `offset`. */
export function firstIndexAt(offsets, offset) {
  const index = lastIndexAt(offsets, offset);
  return offsets[index] < offset ? index + 1 : index;
}
