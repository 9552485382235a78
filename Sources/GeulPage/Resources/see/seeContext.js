import { all } from "../app/signal.js";
import { t } from "../app/strings.js";
import { rangeSurprisal } from "../app/surprisal.js";
import { createInfluenceReader } from "./influenceReader.js";
import { layerValues } from "./layers/layerValues.js";
import { choicesFor } from "./seeChoices.js";
import { tokenLabel } from "./text/tokenLabel.js";
import { textWindow } from "./textWindow.js";
import { createTraceReader } from "./traceReader.js";

/**
 * Creates what the parts of the view share:
 * - `store`, `model`, `state`: the choices of the reader (seeChoices.js), which `change(choices)` changes,
 * - `window`: the part of the text that is shown (textWindow.js), with the `labels` of its tokens and the `surprisals` of
 *   its characters,
 * - `trace`, `layer`: its activations, and those of the chosen layer (layers/layerValues.js); `layer` is null while the
 *   text is read; `version` increases whenever it was read,
 * - `influence`: that of `readInfluence()` (influenceReader.js), with its `distanceChart`,
 * - `matches`: where the neurons of the selection are on (tints/matchesTint.js).
 *
 * @param refresh Shows everything again.
 * @param onProgress Gets a sentence about the work that is done, or "".
 */
export function createSeeContext(store, model, { refresh, onProgress }) {
  const traceReader = createTraceReader(onProgress);
  const influenceReader = createInfluenceReader(refresh);
  /** The last node of the text of which only the surprisal is shown, as the model still reads it. */
  let unreadTip = null;
  const view = {
    store, model, state: choicesFor(model),
    window: null, labels: [], surprisals: [],
    trace: null, layer: null, version: 0,
    influence: null, distanceChart: null, matches: null,
    readInfluence: () => influenceReader.read(view),

    change(choices) {
      Object.assign(view.state, choices);
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
      traceReader.cancel();
      const tree = store.tree.value;
      if (tree.model !== model) return;
      const isRead = tree.tip.state !== null;
      onProgress(isRead ? "" : t("page.reading"));
      // The store notifies of each slice that is read.
      if (!isRead && unreadTip === tree.tip) return;
      unreadTip = isRead ? null : tree.tip;
      showWindow(textWindow(tree, store.cursor.value, view.window));
      if (isRead) readTrace();
      refresh();
    },

    close: all(traceReader.cancel, influenceReader.cancel),
  };

  function showWindow(window) {
    view.window = window;
    view.labels = window.nodes.map((node) => tokenLabel(node, model));
    view.surprisals = window.characters.map((range) => rangeSurprisal(window.nodes, range));
    view.layer = null;
  }

  function readTrace() {
    traceReader.read(view.window, (trace) => {
      view.trace = trace;
      view.version++;
      readLayer();
      refresh();
    });
  }

  function readLayer() {
    if (view.trace && view.window.nodes.length > 0) view.layer = layerValues(view.trace, model.network, view.state.layer);
  }
  return view;
}
