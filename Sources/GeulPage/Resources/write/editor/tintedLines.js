import { h } from "../../app/dom.js";

/**
 * Shows characters with tints in `element`: a block for each line of the text, a span for each character. Blocks make
 * changes fast, as the browser lays out only those that changed.
 *
 * `update(entries)` shows `{ text, index, tint, isUnknown, isTyped, isCursor }`; `index` is that of the character, or
 * -1. `indexOf(elements)` returns the index of the first of some elements that shows a character, or -1.
 */
export function createTintedLines(element) {
  let lines = [];

  function update(entries) {
    const next = splitLines(entries);
    let start = 0;
    const limit = Math.min(lines.length, next.length);
    while (start < limit && isSameLine(lines[start], next[start])) start++;
    let end = 0;
    while (end < limit - start && isSameLine(lines.at(-1 - end), next.at(-1 - end))) end++;
    const removed = lines.slice(start, lines.length - end);
    const after = lines[lines.length - end]?.element ?? null;
    const changed = next.slice(start, next.length - end).map((line, index) => {
      const reused = removed[index] ?? { element: h("div"), entries: [], spans: [] };
      if (index >= removed.length) element.insertBefore(reused.element, after);
      showLine(reused, line);
      return reused;
    });
    for (const { element: old } of removed.slice(changed.length)) old.remove();
    const kept = [...lines.slice(0, start), ...changed, ...lines.slice(lines.length - end)];
    kept.forEach((line, index) => {
      line.entries = next[index];
    });
    lines = kept;
  }

  function indexOf(elements) {
    const span = elements.find((found) => found.parentNode?.parentNode === element);
    const line = lines.find((candidate) => candidate.element === span?.parentNode);
    return line?.entries[line.spans.indexOf(span)]?.index ?? -1;
  }

  return { update, indexOf };
}

/** Splits entries after each line break; the last line may be empty. */
function splitLines(entries) {
  const lines = [[]];
  for (const entry of entries) {
    lines.at(-1).push(entry);
    if (entry.text.endsWith("\n")) lines.push([]);
  }
  return lines;
}

function isSameEntry(a, b) {
  return a !== undefined && a.text === b.text && a.tint === b.tint && a.isUnknown === b.isUnknown
    && a.isTyped === b.isTyped && a.isCursor === b.isCursor;
}

function isSameLine({ entries }, next) {
  return entries.length === next.length && next.every((entry, index) => isSameEntry(entries[index], entry));
}

function showLine(line, entries) {
  const { element, spans } = line;
  while (spans.length > entries.length) spans.pop().remove();
  entries.forEach((entry, index) => {
    if (index === spans.length) {
      spans.push(h("span"));
      element.append(spans[index]);
    } else if (isSameEntry(line.entries[index], entry)) return;
    const { text, tint, isUnknown, isTyped, isCursor } = entry;
    if (spans[index].textContent !== text) spans[index].textContent = text;
    spans[index].className = ["tinted", isUnknown && "unknown", isTyped && "typed", isCursor && "cursor"]
      .filter(Boolean).join(" ");
    spans[index].style.setProperty("--tint", tint.toFixed(2));
  });
}
