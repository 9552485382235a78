import { h } from "./dom.js";
import { listenForCursor } from "./tokenCursor.js";
import { createTokenSpan } from "./tokenSpan.js";

/** The number of token texts so far: each has an id of its own. */
let tokenTextCount = 0;

/**
 * Creates a read-only text whose characters are tinted, can be looked at and selected.
 *
 * Arrow keys, Home and End, a tap or a click move the cursor; Shift with arrow keys, or dragging, selects. The pointer
 * over a character is reported as `onHover`.
 *
 * `update({ characters, tints, cursor, selection, marks, descriptions })` shows
 * - `characters`: `[{ text, below }]`; `below` is an optional array of `{ text, class }` beneath the character,
 * - `tints`: a value from -1 to 1 for each character: 0 is no color, 1 the color `--high`, -1 the color `--low`,
 * - `partTints`: optional; for each character an array of the tints of what is beneath it, or null,
 * - `cursor`, `selection`: as in the store,
 * - `marks`: a Set of the indices that are outlined,
 * - `descriptions`: what a screen reader says of each character, a function of the index.
 */
export function createTokenText({ label, onCursor = () => {}, onSelect = null, onHover = () => {} }) {
  const id = `text-${++tokenTextCount}`;
  const element = h("div", {
    class: "token-text", id, role: "listbox", tabindex: "0", "aria-label": label,
    "aria-multiselectable": onSelect ? "true" : null,
  });
  let shown = { characters: [], tints: [], partTints: null, cursor: -1, selection: null, marks: new Set(), descriptions: null };
  const spans = [];
  listenForCursor(element, {
    elements: () => spans.map((span) => span.element),
    cursor: () => shown.cursor,
    selection: () => shown.selection,
    onCursor: (index) => {
      // The next key may come before the next update.
      if (index >= 0) shown.cursor = index;
      onCursor(index);
    },
    onSelect, onHover,
  });

  function update(next) {
    shown = { ...shown, ...next };
    const { characters, cursor } = shown;
    while (spans.length > characters.length) spans.pop().element.remove();
    characters.forEach((character, index) => {
      if (index === spans.length) {
        spans.push(createTokenSpan(`${id}-${index}`));
        element.append(spans[index].element);
      }
      spans[index].show(character, characterState(shown, index));
    });
    if (cursor < 0) element.removeAttribute("aria-activedescendant");
    else element.setAttribute("aria-activedescendant", cursor < characters.length ? `${id}-${cursor}` : "");
  }
  return { element, update };
}

/** Returns what tokenSpan.js shows of a character beside its text. */
function characterState({ characters, tints, partTints, cursor, selection, marks, descriptions }, index) {
  return {
    tint: tints[index] ?? 0,
    partTints: characters[index].below ? partTints?.[index] ?? [] : [],
    isCursor: index === cursor,
    isSelected: selection !== null && index >= selection.start && index < selection.end,
    isMark: marks.has(index),
    description: descriptions?.(index) ?? null,
  };
}
