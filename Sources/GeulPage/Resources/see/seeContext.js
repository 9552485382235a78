import { runInSlices } from "../app/scheduler.js";
import { t } from "../app/strings.js";
import { Influence } from "../engine/influence.js";
import { layerValues } from "./layerValues.js";
import { tokenLabel } from "./parts.js";
import { surprisals, textWindow, traceOf } from "./textWindow.js";

/** The choices of the reader; they are kept when the view is closed. */
const seeState = {
  model: null, tint: "surprise", layer: 0, neuron: null, quantity: "hiddenState", rowCount: 12, order: "activity",
  threshold: 0.3, isExclusive: true, influence: "norms", isLogarithmic: false,
};

/** Replaces choices that another model does not have. */
function resetChoices(model) {
  if (seeState.model === model) return;
  const { layerCount, cell } = model.network;
  const hasQuantity = cell.quantities.some(({ key }) => key === seeState.quantity);
  Object.assign(seeState, { model, layer: layerCount - 1, neuron: null, quantity: hasQuantity ? seeState.quantity : "hiddenState" });
  if (cell.retentionGate < 0 && seeState.order === "persistence") seeState.order = "activity";
}

/**
 * Creates what the parts of the view share: the window of the text with its trace, the values of the chosen layer, the
 * cursor and the selection as tokens of the window, the choices of the reader (`state`).
 *
 * `layer` is null while the text is read. `version` increases whenever it was read.
 *
 * @param refresh Shows everything again.
 * @param onProgress Gets a sentence about the work that is done, or "".
 */
export function createSeeContext(store, model, { refresh, onProgress }) {
  resetChoices(model);
  let shownTip = null;
  let cancelTrace = () => {};
  let cancelInfluence = () => {};
  const view = {
    store, model, state: seeState, window: null, trace: null, layer: null, labels: [], surprisals: [], influence: null, version: 0,

    /** The index of the cursor's character in the window; -1 for none. */
    cursorIndex() {
      const index = store.cursor.value - view.window.firstCharacter;
      return store.cursor.value >= 0 && index >= 0 && index < view.window.characters.length ? index : -1;
    },

    /** The tokens of the cursor's character; null for none. */
    cursorRange: () => view.window.characters[view.cursorIndex()] ?? null,

    /** The selected tokens; null for none. */
    selectionRange() {
      const { characters, firstCharacter } = view.window;
      if (store.selection.value === null) return null;
      const start = Math.max(0, store.selection.value.start - firstCharacter);
      const end = Math.min(characters.length, store.selection.value.end - firstCharacter);
      return start < end ? { start: characters[start].start, end: characters[end - 1].end } : null;
    },

    /** The index in the window of the character that contains a token. */
    characterOf: (token) => view.window.characters.findIndex(({ start, end }) => start <= token && token < end),

    /** Moves the cursor to a character of the window. */
    moveTo: (index) => {
      store.cursor.value = index + view.window.firstCharacter;
    },

    /** Changes choices of the reader. */
    change(choices) {
      Object.assign(seeState, choices);
      if ("layer" in choices) readLayer();
      refresh();
    },

    /** Follows the cursor, with another window if it leaves this one. */
    followCursor() {
      if (textWindow(store.tree.value, store.cursor.value, view.window).start !== view.window.start) view.readText();
      else refresh();
    },

    /** Reads the window of the text, with all activations, after the tree has read the text. */
    readText() {
      cancelTrace();
      const tree = store.tree.value;
      if (tree.model !== model) return;
      const isRead = tree.tip.state !== null;
      onProgress(isRead ? "" : t("page.reading"));
      // The store notifies of each slice that is read.
      if (!isRead && shownTip === tree.tip) return;
      shownTip = isRead ? null : tree.tip;
      view.window = textWindow(tree, store.cursor.value, view.window);
      view.labels = view.window.nodes.map((node, index) => tokenLabel(view, index));
      view.surprisals = surprisals(view.window.nodes, view.window.characters);
      view.layer = null;
      if (isRead) readTrace();
      refresh();
    },

    /** Starts the backpropagation from the cursor's character unless it is done; `influence` is null if there is none. */
    readInfluence() {
      const { version } = view;
      const position = view.cursorRange()?.start ?? 0;
      if (!view.layer || position === 0 || view.window.nodes[position].id < 0) {
        cancelInfluence();
        view.influence = null;
        return;
      }
      if (view.influence?.version === version && view.influence.position === position) return;
      cancelInfluence();
      const task = new Influence(model, view.trace, position);
      view.influence = { version, position, task, isDone: task.advance(8) };
      if (view.influence.isDone) return;
      cancelInfluence = runInSlices(task, (isDone) => {
        if (!isDone) return;
        view.influence.isDone = true;
        refresh();
      });
    },

    close() {
      cancelTrace();
      cancelInfluence();
    },
  };

  function readTrace() {
    const trace = traceOf(view.window);
    const finish = () => {
      onProgress("");
      view.trace = trace;
      view.version++;
      readLayer();
    };
    if (trace.advance(8)) return finish();
    cancelTrace = runInSlices(trace, (isDone) => {
      onProgress(t("see.progress", { percent: Math.floor(100 * trace.count / trace.ids.length) }));
      if (!isDone) return;
      finish();
      refresh();
    });
  }

  function readLayer() {
    if (view.trace && view.window.nodes.length > 0) view.layer = layerValues(view.trace, model.network, seeState.layer);
  }
  return view;
}
