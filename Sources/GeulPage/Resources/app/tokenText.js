import { h } from "./dom.js";

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
  let spans = [];
  // What showState has shown of each span, which makes updates of long texts fast.
  const states = [];
  let anchor = -1;

  function update(next) {
    const before = shown;
    shown = { ...shown, ...next };
    const { characters } = shown;
    while (spans.length > characters.length) {
      spans.pop().remove();
    }
    for (let index = 0; index < characters.length; index++) {
      if (index >= spans.length) {
        spans.push(h("span", { role: "option", id: `${id}-${index}`, "aria-selected": "false" }));
        element.append(spans[index]);
        showCharacter(spans[index], characters[index]);
        states[index] = null;
      } else if (!isSameCharacter(before.characters[index], characters[index])) {
        showCharacter(spans[index], characters[index]);
        states[index] = null;
      }
      showState(spans[index], index);
    }
    element.setAttribute("aria-activedescendant", shown.cursor >= 0 && shown.cursor < characters.length ? `${id}-${shown.cursor}` : "");
    if (shown.cursor < 0) element.removeAttribute("aria-activedescendant");
  }

  function showState(span, index) {
    const tint = shown.tints[index] ?? 0;
    const { selection } = shown;
    const isSelected = selection !== null && index >= selection.start && index < selection.end;
    const isCursor = index === shown.cursor;
    const isMark = shown.marks.has(index);
    const partTints = shown.characters[index].below ? shown.partTints?.[index] ?? [] : [];
    const description = shown.descriptions?.(index) ?? null;
    const state = [tint.toFixed(2), ...partTints.map((value) => value.toFixed(2)), isSelected, isCursor, isMark, description].join();
    if (states[index] === state) return;
    states[index] = state;
    showTint(span, tint);
    if (shown.characters[index].below) {
      span.querySelectorAll(".below > span").forEach((part, place) => showTint(part, partTints[place] ?? 0));
    }
    span.classList.toggle("cursor", isCursor);
    span.classList.toggle("mark", isMark);
    span.classList.toggle("selected", isSelected);
    span.setAttribute("aria-selected", String(isSelected || isCursor));
    if (description) span.setAttribute("aria-label", description);
    else span.removeAttribute("aria-label");
  }

  function moveCursor(index, isSelecting) {
    const last = shown.characters.length - 1;
    const cursor = Math.max(0, Math.min(last, index));
    if (last < 0) return;
    if (isSelecting && onSelect) {
      if (anchor < 0) anchor = Math.max(0, shown.cursor);
      onSelect({ start: Math.min(anchor, cursor), end: Math.max(anchor, cursor) + 1 });
    } else {
      anchor = cursor;
    }
    // The next key may come before the next update.
    shown.cursor = cursor;
    onCursor(cursor);
    spans[cursor]?.scrollIntoView({ block: "nearest" });
  }

  function indexOf(event) {
    const span = event.target.closest?.("[role=option]");
    return span ? spans.indexOf(span) : -1;
  }

  element.addEventListener("keydown", (event) => {
    const current = shown.cursor < 0 ? shown.characters.length : shown.cursor;
    const target = {
      ArrowLeft: current - 1, ArrowRight: shown.cursor < 0 ? 0 : current + 1,
      ArrowUp: current - lineStep(spans, current, -1), ArrowDown: current + lineStep(spans, current, 1),
      Home: 0, End: shown.characters.length - 1,
    }[event.key];
    if (event.key === "Escape") {
      anchor = -1;
      onCursor(-1);
      onSelect?.(null);
    } else if (target !== undefined && !event.altKey && !event.ctrlKey && !event.metaKey) {
      moveCursor(target, event.shiftKey);
      event.preventDefault();
    }
  });
  element.addEventListener("pointerdown", (event) => {
    const index = indexOf(event);
    if (index < 0) return;
    onSelect?.(event.shiftKey ? shown.selection : null);
    moveCursor(index, event.shiftKey);
  });
  element.addEventListener("pointermove", (event) => {
    const index = indexOf(event);
    const isDragging = event.pointerType === "mouse" && (event.buttons & 1) === 1;
    if (isDragging && index >= 0 && index !== shown.cursor) moveCursor(index, true);
    onHover(index);
  });
  element.addEventListener("pointerleave", () => onHover(-1));
  return { element, update };
}

let tokenTextCount = 0;

function showTint(span, tint) {
  const style = tint === 0 ? "" : Math.abs(tint).toFixed(2);
  if (span.dataset.tint !== style) {
    span.dataset.tint = style;
    span.style.setProperty("--tint", style || "0");
  }
  span.classList.toggle("negative", tint < 0);
}

/** Returns the number of characters from one line to the next at an index, by the positions of the spans. */
function lineStep(spans, index, direction) {
  const current = spans[Math.min(index, spans.length - 1)];
  if (!current) return 1;
  const top = current.offsetTop;
  const left = current.offsetLeft;
  let line = null;
  for (let next = index + direction; next >= 0 && next < spans.length; next += direction) {
    const span = spans[next];
    if (span.offsetTop === top) continue;
    line ??= span.offsetTop;
    if (span.offsetTop !== line) return Math.abs(next - direction - index);
    if (direction > 0 ? span.offsetLeft >= left : span.offsetLeft <= left) return Math.abs(next - index);
  }
  return direction < 0 ? Math.max(1, index) : Math.max(1, spans.length - 1 - index);
}

function isSameCharacter(a, b) {
  return a !== undefined && a.text === b.text && a.isUnknown === b.isUnknown
    && (a.below ?? []).map((part) => part.text).join() === (b.below ?? []).map((part) => part.text).join();
}

function showCharacter(span, { text, below, isUnknown }) {
  const isLineBreak = /^[\r\n]+$/.test(text);
  span.replaceChildren(...[
    h("span", { class: "character", text: isLineBreak ? "↵" : text }),
    below && h("span", { class: "below" }, below.map((part) => h("span", { class: part.class, text: part.text }))),
    isLineBreak && h("br"),
  ].filter(Boolean));
  span.classList.toggle("line-break", isLineBreak);
  span.classList.toggle("unknown", Boolean(isUnknown));
}
