import { h } from "../app/dom.js";
import { visibleToken } from "../app/visibleText.js";

/** The surprisal, in bits, at which the tint of a character is strongest. */
export const strongestBits = 10;

/**
 * Creates a text in which each character is a column: one cell for each model, tinted by the model's surprisal.
 *
 * Columns are wrapped like the characters of a text; the rows of each line are numbered as the models are. The pointer and the
 * arrow keys move the cursor, which is that of all models.
 *
 * `update({ texts, bits, isCounted, cursor, describe })`: `bits[row][index]` in bits, NaN for none; `describe(index)` is what a
 * screen reader says of a character.
 */
export function createCharacterGrid({ label, rowCount, onCursor }) {
  const element = h("div", { class: "character-grid", role: "listbox", tabindex: "0", "aria-label": label });
  let columns = [];
  let texts = [];
  let cursor = -1;

  function update(next) {
    if (next.texts.length !== texts.length || next.texts.some((text, index) => text !== texts[index])) {
      texts = next.texts;
      columns = texts.map((text, index) => h("span", { role: "option", id: `compared-${index}`, "aria-selected": "false" },
        Array.from({ length: rowCount }, () => h("span", { class: "tinted", text: text === " " ? "\u00a0" : visibleToken(text) }))));
      element.replaceChildren(...columns);
      markLines();
    }
    columns.forEach((column, index) => {
      [...column.children].forEach((cell, row) => {
        const bits = next.bits[row][index];
        cell.style.setProperty("--tint", Number.isFinite(bits) ? Math.min(1, bits / strongestBits).toFixed(2) : "0");
        cell.classList.toggle("without-loss", !Number.isFinite(bits));
      });
      column.classList.toggle("left-out", next.isCounted[index] === false);
      column.setAttribute("aria-label", next.describe(index));
    });
    showCursor(next.cursor);
  }

  function showCursor(next) {
    for (const [index, isSelected] of [[cursor, false], [next, true]]) {
      columns[index]?.classList.toggle("cursor", isSelected);
      columns[index]?.setAttribute("aria-selected", String(isSelected));
    }
    cursor = next;
    if (columns[next]) element.setAttribute("aria-activedescendant", columns[next].id);
    else element.removeAttribute("aria-activedescendant");
  }

  /** Marks the first column of each line, at which the numbers of the rows stand. */
  function markLines() {
    let top = -1;
    // All positions are read before the first change, so that the layout is computed once.
    const tops = columns.map((column) => column.offsetTop);
    columns.forEach((column, index) => {
      column.classList.toggle("line-start", tops[index] !== top);
      top = tops[index];
    });
  }

  function moveTo(index) {
    const next = Math.max(0, Math.min(columns.length - 1, index));
    if (columns.length === 0 || next === cursor) return;
    onCursor(next);
    columns[next].scrollIntoView({ block: "nearest" });
  }

  /** Returns the column in the line above or below, at the same distance from the left if there is one. */
  function columnInLine(direction) {
    const starts = columns.flatMap((column, index) => (column.classList.contains("line-start") ? [index] : []));
    const line = starts.findLastIndex((start) => start <= cursor);
    const target = starts[line + direction];
    if (target === undefined) return cursor;
    return Math.min(target + cursor - starts[line], (starts[line + direction + 1] ?? columns.length) - 1);
  }

  element.addEventListener("keydown", (event) => {
    const moves = {
      ArrowLeft: () => cursor - 1, ArrowRight: () => cursor + 1, ArrowUp: () => columnInLine(-1), ArrowDown: () => columnInLine(1),
      Home: () => 0, End: () => columns.length - 1,
    };
    if (!moves[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
    moveTo(moves[event.key]());
    event.preventDefault();
  });
  for (const type of ["pointerdown", "pointermove"]) {
    element.addEventListener(type, (event) => {
      const column = event.target.closest("[role=option]");
      if (column && columns.indexOf(column) !== cursor) onCursor(columns.indexOf(column));
    });
  }
  new ResizeObserver(markLines).observe(element);
  return { element, update, showCursor };
}
