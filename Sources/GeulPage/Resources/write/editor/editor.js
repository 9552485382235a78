import { h } from "../../app/dom.js";
import { watchSelection, writeField } from "./field.js";
import { createFieldCopy } from "./fieldCopy.js";
import { changedRange, changedText, firstIndexAt, lastIndexAt, layOut } from "./fieldText.js";

/**
 * Creates the text field: a transparent `<textarea>` exactly above a copy of its text whose characters are tinted.
 * Typing, composition, selection and caret are those of the browser.
 *
 * - `onText(text, { isDeletion, first, last })`: the characters [first, last) were replaced; during the composition
 *   of a character this waits for its end. `text(kept)` returns the new text, with only the first `kept` characters of
 *   the old one.
 * - `onCompose()`: a composition began.
 * - `onCaret({ start, end, isSelection })`: the caret or the selection moved to these indices of characters.
 * - `onHover(index)`: the pointer is over a character; -1 if over none.
 * - `onTap(index)`: a character was clicked or tapped.
 *
 * `update({ characters, tints, cursor })` shows characters as of a TextTree, tints from 0 to 1, and marks the cursor.
 */
export function createEditor({ label, describedBy, onText, onCompose, onCaret, onHover, onTap }) {
  const copy = createFieldCopy();
  const field = h("textarea", {
    class: "field", rows: "1", "aria-label": label, "aria-describedby": describedBy, spellcheck: "false",
    autocapitalize: "off", autocomplete: "off", on: {
      compositionstart: () => {
        isComposing = true;
        onCompose();
      },
      compositionend: () => {
        isComposing = false;
        reportText(false);
      },
      input: (event) => {
        if (isComposing || event.isComposing) showCopy();
        else reportText(event.inputType?.startsWith("delete") ?? false);
      },
      pointermove: (event) => event.pointerType !== "touch" && onHover(copy.indexAt(event)),
      pointerleave: () => onHover(-1),
      click: (event) => field.selectionStart === field.selectionEnd && onTap(copy.indexAt(event)),
    },
  });
  const element = h("div", { class: "editor" }, h("div", { class: "layers" }, copy.element, field));
  const keepEndInView = createEndFollower(element);
  /** What the field contains, unless it was changed since `update`. */
  let shown = layOut([]);
  let marks = { tints: [], cursor: -1 };
  let isComposing = false;
  /** What the field contained when a composition began, if `update` was called since then. */
  let shownBefore = null;

  function update({ characters, tints, cursor }, { followsEnd = false } = {}) {
    if (isComposing) shownBefore ??= shown;
    shown = layOut(characters);
    marks = { tints, cursor };
    if (!isComposing) writeField(field, shown.text, followsEnd);
    showCopy();
    keepEndInView();
  }

  function showCopy() {
    copy.update(shown, field.value, marks);
  }

  function reportText(isDeletion) {
    const before = shownBefore ?? shown;
    shownBefore = null;
    const { value, selectionEnd } = field;
    if (value === shown.text) return;
    const change = changedRange(before, value, value.length - selectionEnd);
    const { first, last } = change;
    onText((kept = Infinity) => changedText(before, change, kept), { isDeletion, first, last });
    showCopy();
  }

  const close = watchSelection(field, (start, end) => {
    if (isComposing) return;
    onCaret({ start: lastIndexAt(shown.offsets, start), end: firstIndexAt(shown.offsets, end), isSelection: start < end });
  });
  return {
    element, field, update, close,
    /** The index of the character after the caret; the number of characters if it is at the end. */
    get caret() {
      return lastIndexAt(shown.offsets, field.selectionEnd);
    },
  };
}

/** Returns a function that scrolls an element to its end, if its end was in view before its content changed. */
function createEndFollower(element) {
  let isAtEnd = true;
  element.addEventListener("scroll", () => {
    isAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 4;
  });
  return () => {
    if (isAtEnd) element.scrollTop = element.scrollHeight;
  };
}
