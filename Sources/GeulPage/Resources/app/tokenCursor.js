/**
 * Lets keys and the pointer move a cursor over the elements of characters in `text`, and select a range of them.
 *
 * `elements()`, `cursor()` and `selection()` return what is shown. `onCursor(index)` and `onHover(index)` get -1 for none,
 * `onSelect({ start, end })` null for none; without it, nothing can be selected.
 */
export function listenForCursor(text, { elements, cursor, selection, onCursor, onSelect, onHover }) {
  /** Where the selection by keys or by dragging began; -1 before that. */
  let anchor = -1;

  function moveCursor(target, isSelecting) {
    const characters = elements();
    if (characters.length === 0) return;
    const index = Math.max(0, Math.min(characters.length - 1, target));
    if (isSelecting && onSelect) {
      if (anchor < 0) anchor = Math.max(0, cursor());
      onSelect({ start: Math.min(anchor, index), end: Math.max(anchor, index) + 1 });
    } else {
      anchor = index;
    }
    onCursor(index);
    characters[index].scrollIntoView({ block: "nearest" });
  }

  /** Returns the index of the character to which an event happened; -1 for none. */
  const indexAt = (event) => elements().indexOf(event.target.closest?.("[role=option]"));

  text.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      anchor = -1;
      onCursor(-1);
      onSelect?.(null);
      return;
    }
    const target = keyTarget(event.key, elements(), cursor());
    if (target === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    moveCursor(target, event.shiftKey);
    event.preventDefault();
  });
  text.addEventListener("pointerdown", (event) => {
    const index = indexAt(event);
    if (index < 0) return;
    onSelect?.(event.shiftKey ? selection() : null);
    moveCursor(index, event.shiftKey);
  });
  text.addEventListener("pointermove", (event) => {
    const index = indexAt(event);
    const isDragging = event.pointerType === "mouse" && (event.buttons & 1) === 1;
    if (isDragging && index >= 0 && index !== cursor()) moveCursor(index, true);
    onHover(index);
  });
  text.addEventListener("pointerleave", () => onHover(-1));
}

/** Returns the index to which a key moves the cursor, among the elements of all characters; undefined for other keys. */
function keyTarget(key, elements, cursor) {
  const current = cursor < 0 ? elements.length : cursor;
  switch (key) {
    case "ArrowLeft": return current - 1;
    case "ArrowRight": return cursor < 0 ? 0 : current + 1;
    case "ArrowUp": return current - lineStep(elements, current, -1);
    case "ArrowDown": return current + lineStep(elements, current, 1);
    case "Home": return 0;
    case "End": return elements.length - 1;
  }
  return undefined;
}

/** Returns the number of characters from one line to the next at an index, by the positions of the elements. */
function lineStep(elements, index, direction) {
  const current = elements[Math.min(index, elements.length - 1)];
  if (!current) return 1;
  const { offsetTop: top, offsetLeft: left } = current;
  let line = null;
  for (let next = index + direction; next >= 0 && next < elements.length; next += direction) {
    const { offsetTop, offsetLeft } = elements[next];
    if (offsetTop === top) continue;
    line ??= offsetTop;
    if (offsetTop !== line) return Math.abs(next - direction - index);
    if (direction > 0 ? offsetLeft >= left : offsetLeft <= left) return Math.abs(next - index);
  }
  return direction < 0 ? Math.max(1, index) : Math.max(1, elements.length - 1 - index);
}
