import { createTyping } from "./typing.js";
import { createWriter } from "./writer.js";
import { continuationRequest, writeSettings } from "./writeSettings.js";

/** The number of characters that the model writes after a chosen rival. */
const rivalLength = 40;

/**
 * Creates what changes the text in this view, by the reader and by the model. Each action ends what went on before.
 *
 * `onBegin()`: an action begins. `onEnd(task)`: the model has written a continuation.
 */
export function createWritingSession(store, { onBegin, onEnd }) {
  const tree = () => store.tree.value;
  const writer = createWriter(store, (task) => {
    if (tree().forgetEmptyChange()) typing.endSuggestion();
    onEnd(task);
  });
  const typing = createTyping(store, writer);

  /** Ends what an action replaces. */
  function begin() {
    writer.stop();
    typing.end();
    onBegin();
  }

  /** Lets an action change the text. */
  function change(action) {
    begin();
    action();
    store.textChanged();
  }

  const request = () => continuationRequest(store.sampling.value);
  return {
    begin, request, typing,
    stop: writer.stop,
    /** The continuation that is being written, or null. */
    get task() {
      return writer.task;
    },

    /** Lets the model continue the text; `isSuggestion` if typing may replace what it writes. */
    write({ isSuggestion = false } = {}) {
      begin();
      tree().record();
      if (isSuggestion) typing.beginSuggestion();
      writer.start(request());
    },

    /** Lets the model write again what follows a node. */
    rewriteAfter(node) {
      begin();
      tree().moveTo(node);
      writer.start(request());
    },

    /** Lets a token follow a node. The model continues after it if no branch does and the reader wants this. */
    chooseToken(parent, id) {
      const index = store.cursor.value < 0 ? tree().characters.length : store.cursor.value;
      begin();
      tree().branch(parent, id);
      const isNew = tree().tip.parent === parent;
      if (isNew && writeSettings.value.continuesRival) {
        // The cursor stays, so that other rivals can be tried.
        store.cursor.value = index;
        writer.start({ ...request(), length: rivalLength });
      } else store.textChanged();
    },

    undo: () => change(() => tree().undo()),
    redo: () => change(() => tree().redo()),
    clear: () => change(() => tree().setText("")),

    /** Makes the path to a node the text. */
    moveTo: (node) => change(() => {
      tree().moveTo(node);
      store.cursor.value = -1;
    }),

    /** Appends texts as branches; the one at an index becomes the text. */
    takeAlternative: (branches, index) => change(() => tree().appendBranches(branches, index)),
  };
}
