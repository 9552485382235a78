import { isKorean } from "../app/store.js";
import { t } from "../app/strings.js";
import { createEditor } from "./editor/editor.js";
import { isCaretAtEnd } from "./editor/field.js";
import { characterTints } from "./tints.js";
import { writeSettings } from "./writeSettings.js";

/**
 * Creates the editor of the text: `{ editor, shownIndex, update, endTap }`. It changes the text by the session, and moves
 * the cursor and the selection of the store.
 *
 * `onTyping(isFull)`: something was typed; the text is too long for it if `isFull`. `onHover()`: `shownIndex()`, the
 * character under the pointer or at the cursor, is another one.
 */
export function createWritingField(store, session, { onTyping, onHover }) {
  const { typing } = session;
  const characters = () => store.tree.value.characters;
  let hovered = -1;
  /** Where the caret was when a character was tapped: the tapped one stays the cursor until the caret moves. */
  let tapCaret = -1;

  const editor = createEditor({
    label: t("write.text"), describedBy: "write-help",
    onText: (text, change) => {
      tapCaret = -1;
      const isFull = !typing.read(text, change);
      onTyping(isFull);
      if (writeSettings.value.isLive && isCaretAtEnd(editor.field) && !isFull) {
        typing.awaitPause(() => session.write({ isSuggestion: true }));
      }
    },
    onCompose: () => {
      typing.endPause();
      session.stop();
    },
    onCaret: ({ start, end, isSelection }) => {
      store.selection.value = isSelection ? { start, end } : null;
      typing.caretMoved(start);
      if (start !== tapCaret) store.cursor.value = start < characters().length ? start : -1;
    },
    onHover: (index) => {
      if (index === hovered) return;
      hovered = index;
      onHover();
    },
    onTap: (index) => {
      tapCaret = editor.caret;
      store.cursor.value = index;
    },
  });
  editor.field.lang = isKorean(store.model.value) ? "ko" : "";
  editor.field.addEventListener("beforeinput", (event) => {
    const step = { historyUndo: session.undo, historyRedo: session.redo }[event.inputType];
    if (!step) return;
    event.preventDefault();
    step();
  });

  const shownIndex = () => (hovered >= 0 && hovered < characters().length ? hovered : store.cursor.value);

  function update() {
    const { path } = store.tree.value;
    editor.update({
      characters: characters().map((character) => ({ ...character, isTyped: path[character.start].isTyped })),
      tints: characterTints(store.tree.value), cursor: shownIndex(),
    }, { followsEnd: !typing.hasSuggestion });
  }

  function endTap() {
    tapCaret = -1;
  }
  return { editor, shownIndex, update, endTap };
}
