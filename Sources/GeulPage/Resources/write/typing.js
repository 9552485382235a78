import { maximumTextLength } from "../app/textTree.js";

/** The pause in typing after which the model continues, and after which typing begins a new step of undo, in ms. */
const typingPause = 1000;

/**
 * Creates what reads the text that a person types. It joins changes to steps of undo, and lets typing replace a
 * suggestion: what the model wrote after a pause.
 */
export function createTyping(store, writer) {
  /** The index of the first character of the suggestion; -1 for none. */
  let suggestionStart = -1;
  /** The change before, `{ time, isDeletion }`, if the next one may belong to it. */
  let lastChange = null;
  let pauseTimer = 0;

  const typing = {
    get hasSuggestion() {
      return suggestionStart >= 0;
    },

    /** Applies a change that the editor reports; returns false if the text is too long for it. */
    read(text, { isDeletion, first, last }) {
      typing.endPause();
      const tree = store.tree.value;
      const start = suggestionStart;
      const isReplaced = typing.hasSuggestion && last <= start;
      writer.stop();
      // An empty suggestion is gone now.
      if (isReplaced && typing.hasSuggestion) tree.discardChange();
      typing.endSuggestion();
      const value = text(isReplaced ? start : tree.characters.length);
      const time = performance.now();
      const beginsWord = !isDeletion && /^\s$/.test(tree.characters[first - 1]?.text ?? "");
      const isSoon = lastChange !== null && time - lastChange.time < typingPause;
      const continuesTyping = isSoon && lastChange.isDeletion === isDeletion && !beginsWord;
      lastChange = { time, isDeletion };
      store.setText(value, continuesTyping);
      return tree.path.length < maximumTextLength || tree.text === value;
    },

    /** Calls `action` after a pause, unless something else happens before. */
    awaitPause(action) {
      pauseTimer = setTimeout(action, typingPause);
    },

    endPause() {
      clearTimeout(pauseTimer);
    },

    /** Makes what is written from now on a suggestion. */
    beginSuggestion() {
      suggestionStart = store.tree.value.characters.length;
    },

    /** Makes the suggestion a part of the text like any other. */
    endSuggestion() {
      suggestionStart = -1;
    },

    /** Ends the suggestion if the caret leaves its beginning. */
    caretMoved(index) {
      if (writer.task === null && index !== suggestionStart) typing.endSuggestion();
    },

    /** Ends the step of undo and the suggestion. */
    end() {
      typing.endPause();
      typing.endSuggestion();
      lastChange = null;
    },
  };
  return typing;
}
