import { h } from "../app/dom.js";
import { createTintedLines } from "./tintedLines.js";

/**
 * Creates the text field: a transparent `<textarea>` exactly above a copy of its text whose characters are tinted.
 * Typing, composition, selection and caret are those of the browser.
 *
 * - `onText(text, { isDeletion, first, last })`: the characters [first, last) were replaced; during the composition
 *   of a character this waits for its end. `text(kept)` returns the new text, with only the first `kept` characters of
 *   the old one.
 * - `onCaret({ start, end, isSelection })`: the caret or the selection moved to these indices of characters.
 * - `onHover(index)`: the pointer is over a character; -1 if over none.
 * - `onTap(index)`: a character was clicked or tapped.
 * - `onCompose()`: a composition began.
 *
 * `update({ characters, tints, cursor })` shows characters as of a TextTree, tints from 0 to 1, and marks the cursor.
 */
export function createEditor({ label, describedBy, onText, onCaret, onHover, onTap, onCompose }) {
  const copy = h("div", { class: "copy", "aria-hidden": "true" });
  const field = h("textarea", {
    class: "field", rows: "1", "aria-label": label, "aria-describedby": describedBy, spellcheck: "false",
    autocapitalize: "off", autocomplete: "off",
  });
  const element = h("div", { class: "editor" }, h("div", { class: "layers" }, copy, field));
  /** What the field contains, unless it was changed since `update`. */
  let shown = { characters: [], offsets: [0], text: "" };
  let tints = [];
  let cursor = -1;
  let isComposing = false;
  /** What the field contained when a composition began, if `update` was called since then. */
  let pendingBefore = null;
  const lines = createTintedLines(copy);
  /** True while the end of a long text is in view; it stays in view then. */
  let isScrolledToEnd = true;
  element.addEventListener("scroll", () => {
    isScrolledToEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 4;
  });

  function update(next, { followsEnd = false } = {}) {
    ({ tints, cursor } = next);
    const before = shown;
    shown = layOut(next.characters);
    if (!isComposing) writeField(followsEnd);
    else pendingBefore ??= before;
    showCopy();
    if (isScrolledToEnd) element.scrollTop = 1e6;
  }

  /** Changes only the part of the field that differs, so that the caret keeps its place. */
  function writeField(followsEnd) {
    const { value, selectionStart, selectionEnd } = field;
    if (value === shown.text) return;
    const [start, end] = commonLengths(value, shown.text);
    field.setRangeText(shown.text.slice(start, shown.text.length - end), start, value.length - end, "preserve");
    const isAtEnd = selectionStart === selectionEnd && selectionEnd === value.length;
    if (followsEnd && isAtEnd) field.setSelectionRange(shown.text.length, shown.text.length);
  }

  /** Shows the characters; where the field differs, its own text without tints. */
  function showCopy() {
    const { characters, offsets, text } = shown;
    const entries = characters.map((character, index) => ({
      ...character, text: visibleText(character), index, tint: tints[index] ?? 0, isCursor: index === cursor,
    }));
    if (field.value !== text) {
      const [start, end] = commonLengths(field.value, text);
      const first = lastIndexAt(offsets, start);
      const last = Math.max(first, firstIndexAt(offsets, text.length - end));
      const rest = field.value.slice(offsets[first], field.value.length - (text.length - offsets[last]));
      entries.splice(first, last - first, ...[...rest].map((part) => ({ text: part, index: -1, tint: 0 })));
    }
    lines.update(entries);
  }

  /** Returns the index of the character at a point of the screen, or -1. */
  function indexAt({ clientX, clientY }) {
    return lines.indexOf(document.elementsFromPoint(clientX, clientY));
  }

  function reportText(isDeletion) {
    const before = pendingBefore ?? shown;
    pendingBefore = null;
    const { value } = field;
    if (value === shown.text) return;
    const [start, end] = commonLengths(value, before.text, value.length - field.selectionEnd);
    const first = lastIndexAt(before.offsets, start);
    const last = Math.max(first, firstIndexAt(before.offsets, before.text.length - end));
    const middle = value.slice(before.offsets[first], value.length - (before.text.length - before.offsets[last]));
    const join = (characters, kept) => characters.filter((_, index) => index < kept).map(({ text }) => text).join("");
    const text = (kept = Infinity) => (
      join(before.characters.slice(0, first), kept) + middle + join(before.characters.slice(last), kept - last)
    );
    onText(text, { isDeletion, first, last });
    showCopy();
  }

  field.addEventListener("compositionstart", () => {
    isComposing = true;
    onCompose();
  });
  field.addEventListener("compositionend", () => {
    isComposing = false;
    reportText(false);
  });
  field.addEventListener("input", (event) => {
    if (isComposing || event.isComposing) showCopy();
    else reportText(event.inputType?.startsWith("delete") ?? false);
  });
  const reportCaret = () => {
    if (document.activeElement !== field || isComposing) return;
    const { selectionStart: start, selectionEnd: end } = field;
    const { offsets } = shown;
    onCaret({ start: lastIndexAt(offsets, start), end: firstIndexAt(offsets, end), isSelection: start < end });
  };
  document.addEventListener("selectionchange", reportCaret);
  field.addEventListener("selectionchange", reportCaret);
  field.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") onHover(indexAt(event));
  });
  field.addEventListener("pointerleave", () => onHover(-1));
  field.addEventListener("click", (event) => {
    if (field.selectionStart === field.selectionEnd) onTap(indexAt(event));
  });
  return {
    element, field, update,
    close: () => document.removeEventListener("selectionchange", reportCaret),
    /** The index of the character after the caret; the number of characters if it is at the end. */
    get caret() {
      return lastIndexAt(shown.offsets, field.selectionEnd);
    },
    get isAtEnd() {
      return field.selectionStart === field.value.length;
    },
    moveCaretToEnd: () => field.setSelectionRange(field.value.length, field.value.length),
  };
}

/** Returns the text of a character in a field, which knows only one kind of line break. */
function visibleText({ text }) {
  return text.replace(/\r\n?/g, "\n");
}

/** Returns the characters with their text in the field and the indices in it at which each begins, and its length. */
function layOut(characters) {
  const offsets = [0];
  let text = "";
  for (const character of characters) {
    text += visibleText(character);
    offsets.push(text.length);
  }
  return { characters, offsets, text };
}

/**
 * Returns the lengths of the beginning and of the end that two texts have in common, without overlap. With
 * `endLimit`, the number of code units after the caret, the end is sought first and has at most this length: this tells
 * which of two equal letters was typed.
 */
function commonLengths(a, b, endLimit = 0) {
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
function lastIndexAt(offsets, offset) {
  let [low, high] = [0, offsets.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (offsets[middle] <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Returns the first index whose offset is at least `offset`. */
function firstIndexAt(offsets, offset) {
  const index = lastIndexAt(offsets, offset);
  return offsets[index] < offset ? index + 1 : index;
}
