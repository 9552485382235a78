import { h } from "../app/dom.js";

/**
 * Creates the text field: a transparent `<textarea>` exactly above a copy of its text whose characters are tinted. Typing,
 * composition, selection and caret are those of the browser.
 *
 * - `onText(text, { isDeletion })`: the text was changed; during the composition of a character it waits for its end.
 *   `text(kept)` gives it, with only the first `kept` of the characters that were shown before.
 * - `onCaret({ start, end })`: the caret or the selection moved to these indices of characters.
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
  /** One span for each character; a plain one for text that is not read yet. */
  let spans = [];

  function update(next, { followsEnd = false } = {}) {
    const wasAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 4;
    ({ tints, cursor } = next);
    const before = shown;
    shown = layOut(next.characters);
    if (!isComposing) writeField(followsEnd);
    else pendingBefore ??= before;
    showCopy();
    if (wasAtEnd) element.scrollTop = element.scrollHeight;
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
    const { characters } = shown;
    const [start, end] = commonLengths(field.value, shown.text);
    const isDifferent = field.value !== shown.text;
    const first = isDifferent ? lastIndexAt(shown.offsets, start) : characters.length;
    const last = isDifferent ? Math.max(first, firstIndexAt(shown.offsets, shown.text.length - end)) : characters.length;
    const rest = field.value.slice(shown.offsets[first], field.value.length - (shown.text.length - shown.offsets[last]));
    const entries = characters.map((character, index) => ({ text: visibleText(character), index, ...character }));
    if (isDifferent) entries.splice(first, last - first, { text: rest, index: -1 });
    while (spans.length > entries.length) spans.pop().element.remove();
    entries.forEach((entry, index) => {
      if (index === spans.length) {
        spans.push({ element: h("span"), text: null, style: null, index: -1 });
        copy.insertBefore(spans[index].element, ending);
      }
      showEntry(spans[index], entry);
    });
  }

  function showEntry(span, { text, index, isUnknown, isTyped }) {
    const tint = index < 0 ? 0 : tints[index] ?? 0;
    const style = `${tint.toFixed(2)} ${isUnknown ? "unknown" : ""} ${isTyped ? "typed" : ""} ${index >= 0 && index === cursor ? "cursor" : ""}`;
    span.index = index;
    if (span.text !== text) {
      span.text = text;
      span.element.textContent = text;
    }
    if (span.style === style) return;
    span.style = style;
    const [value, ...classes] = style.split(" ");
    span.element.className = ["tinted", ...classes].filter(Boolean).join(" ");
    span.element.style.setProperty("--tint", value);
  }

  /** Returns the index of the character at a point of the screen, or -1. */
  function indexAt({ clientX, clientY }) {
    const target = document.elementsFromPoint(clientX, clientY).find((found) => found.parentNode === copy);
    return target ? spans.find((span) => span.element === target)?.index ?? -1 : -1;
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

  /** The line that the caret stands on after a line break at the end. */
  const ending = h("span", { text: "\u200b" });
  copy.append(ending);

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
    onCaret({ start: lastIndexAt(shown.offsets, start), end: firstIndexAt(shown.offsets, end), isSelection: start < end });
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

/** Returns the characters with their text in the field, and the index in it at which each begins; one more for the end. */
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
 * Returns the lengths of the beginning and of the end that two texts have in common, without overlap. The end has at most
 * `endLimit` code units: what follows the caret. This tells which of two equal letters was typed.
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
