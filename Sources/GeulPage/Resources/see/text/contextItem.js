import { h } from "../../app/dom.js";
import { moveCursorTo } from "../windowPositions.js";
import { textInLine } from "./tokenLabel.js";

/** The number of characters that are shown before and after a range. */
const contextLength = 14;

/** Returns a list item with a button that shows a range of characters in their context and moves the cursor to its end. */
export function contextItem(view, { start, end }, note) {
  const { characters } = view.window;
  const textOf = (from, to) => characters.slice(Math.max(0, from), to).map(({ text }) => textInLine(text)).join("");
  return h("li", {}, h("button", { type: "button", class: "context", on: { click: () => moveCursorTo(view, end - 1) } },
    h("span", { class: "note", text: note }), " ",
    h("span", { class: "before" }, h("span", { text: textOf(start - contextLength, start) })),
    h("span", {}, h("mark", { text: textOf(start, end) }), textOf(end, end + contextLength))));
}

/** Returns a list of characters of the window, `[{ index, note }]`, each in its context. */
export function contextList(view, entries) {
  return h("ol", { class: "contexts" }, entries.map(({ index, note }) => (
    contextItem(view, { start: index, end: index + 1 }, note))));
}
