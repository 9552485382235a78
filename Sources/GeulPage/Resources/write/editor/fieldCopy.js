import { h } from "../../app/dom.js";
import { changedRange, fieldText } from "./fieldText.js";
import { createTintedLines } from "./tintedLines.js";

/**
 * Creates the copy of the text behind the field. `update(layout, value, { tints, cursor })` shows characters with tints
 * from 0 to 1; where the text `value` of the field differs from them, its own text without tints.
 */
export function createFieldCopy() {
  const element = h("div", { class: "copy", "aria-hidden": "true" });
  const lines = createTintedLines(element);

  function update(layout, value, { tints, cursor }) {
    const entries = layout.characters.map((character, index) => ({
      ...character, text: fieldText(character), index, tint: tints[index] ?? 0, isCursor: index === cursor,
    }));
    if (value !== layout.text) {
      const { first, last, text } = changedRange(layout, value);
      entries.splice(first, last - first, ...[...text].map((part) => ({ text: part, index: -1, tint: 0 })));
    }
    lines.update(entries);
  }

  /** Returns the index of the character at a point of the screen, or -1. */
  function indexAt({ clientX, clientY }) {
    return lines.indexOf(document.elementsFromPoint(clientX, clientY));
  }
  return { element, update, indexAt };
}
