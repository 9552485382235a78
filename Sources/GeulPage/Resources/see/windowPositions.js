/** Returns the index in a window of the character that contains a token. */
export function characterOf({ characters }, token) {
  return characters.findIndex(({ start, end }) => start <= token && token < end);
}

/** Returns the characters of a window that contain the tokens `[start, end)`, as such a range. */
export function characterRange(window, { start, end }) {
  return { start: characterOf(window, start), end: characterOf(window, end - 1) + 1 };
}

/** Returns the index in a window of the character at the cursor; -1 for none. */
export function cursorIndex({ store, window }) {
  const index = store.cursor.value - window.firstCharacter;
  return store.cursor.value >= 0 && index >= 0 && index < window.characters.length ? index : -1;
}

/** Returns the tokens of the cursor's character, `{ start, end }`; null for none. */
export function cursorRange(view) {
  return view.window.characters[cursorIndex(view)] ?? null;
}

/** Returns the selected tokens, `{ start, end }`; null for none. */
export function selectedRange({ store, window }) {
  const { characters, firstCharacter } = window;
  if (store.selection.value === null) return null;
  const start = Math.max(0, store.selection.value.start - firstCharacter);
  const end = Math.min(characters.length, store.selection.value.end - firstCharacter);
  return start < end ? { start: characters[start].start, end: characters[end - 1].end } : null;
}

/** Moves the cursor to a character of the window. */
export function moveCursorTo({ store, window }, index) {
  store.cursor.value = index + window.firstCharacter;
}
