import { formatNumber, t } from "../../app/strings.js";
import { createTokenText } from "../../app/tokenText.js";
import { cursorIndex, moveCursorTo } from "../windowPositions.js";

/** The space between the cursor and the edge of the text that is scrolled to it, in CSS pixels. */
const scrollMargin = 8;

/** Creates the text of the window in the colors of a tint; `onHover` gets a token, or -1 for none. `update(tint)` shows it. */
export function createTintedText(view, { onHover }) {
  const { store } = view;
  const { element, update: show } = createTokenText({
    label: t("see.text"),
    onCursor: (index) => {
      if (index < 0) store.cursor.value = -1;
      else moveCursorTo(view, index);
    },
    onSelect: (range) => {
      store.selection.value = range && shifted(range, view.window.firstCharacter);
      view.change(range && range.end - range.start > 1 ? { tint: "matches" } : {});
    },
    onHover: (index) => onHover(view.window.characters[index]?.start ?? -1),
  });
  let shownCursor = null;

  function update(tint) {
    show(tintedCharacters(view, tint));
    if (store.cursor.value !== shownCursor) scrollToCursor(element);
    shownCursor = store.cursor.value;
  }
  return { element, update };
}

function shifted({ start, end }, offset) {
  return { start: start + offset, end: end + offset };
}

/** Returns what `update` of app/tokenText.js shows. */
function tintedCharacters(view, tint) {
  const { window, store, labels, surprisals } = view;
  const { characters, nodes, firstCharacter } = window;
  const tokenTints = tint.tints(view, nodes.map((node, index) => ({ start: index, end: index + 1 })));
  // The jamo of a syllable, or the bytes of a character, are shown beneath it.
  const partsOf = ({ start, end }) => labels.slice(start, end).map(({ text, part }) => ({ text, class: part ?? "byte" }));
  return {
    characters: characters.map((character) => ({
      ...character, below: character.end - character.start > 1 ? partsOf(character) : undefined,
    })),
    tints: tint.tints(view, characters),
    partTints: characters.map(({ start, end }) => tokenTints.slice(start, end)),
    cursor: cursorIndex(view),
    selection: store.selection.value && shifted(store.selection.value, -firstCharacter),
    marks: tint.marks?.(view) ?? new Set(),
    descriptions: (index) => t("see.description", {
      text: characters[index].text, bits: formatNumber(surprisals[index], 1),
    }),
  };
}

function scrollToCursor(element) {
  const span = element.querySelector(".cursor");
  if (!span) return;
  const [character, text] = [span.getBoundingClientRect(), element.getBoundingClientRect()];
  if (character.top < text.top) element.scrollTop -= text.top - character.top + scrollMargin;
  if (character.bottom > text.bottom) element.scrollTop += character.bottom - text.bottom + scrollMargin;
}
