import { immediateDuration, runInSlices } from "../app/scheduler.js";
import { t } from "../app/strings.js";
import { Trace } from "../engine/trace.js";

/**
 * Creates what reads the activations of windows of the text: `{ read, cancel }`. `read(window, onRead)` gives the trace
 * to `onRead`, at once if that is fast.
 */
export function createTraceReader(onProgress) {
  let cancelSlices = () => {};

  function read(window, onRead) {
    const trace = traceOf(window);
    if (trace.advance(immediateDuration)) {
      onRead(trace);
      return;
    }
    cancelSlices = runInSlices(trace, (isDone) => {
      const percent = Math.floor(100 * trace.count / trace.ids.length);
      onProgress(isDone ? "" : t("see.progress", { percent }));
      if (isDone) onRead(trace);
    });
  }
  return { read, cancel: () => cancelSlices() };
}

/** The last trace, `{ tree, start, initialState, trace }`; it is kept when the view is closed. */
let keptTrace = null;

/** Returns the trace of a window; tokens that an earlier trace of the same text has read are not read again. */
function traceOf(window) {
  const { tree, start, nodes } = window;
  const ids = nodes.map((node) => node.id);
  const initialState = windowState(window);
  const isKept = keptTrace?.tree === tree && keptTrace.start === start && keptTrace.initialState === initialState;
  if (!isKept) keptTrace = { tree, start, initialState, trace: new Trace(tree.model, ids, initialState) };
  else if (keptTrace.trace.ids.join() !== ids.join()) keptTrace.trace.extend(ids);
  return keptTrace.trace;
}

/** Returns the state before the first token of a window; null if nothing predicts that token. */
function windowState({ tree, start, nodes }) {
  if (start > 0) return tree.path[start - 1].state;
  return nodes.length > 0 && nodes[0].isTyped ? null : tree.initialState;
}
