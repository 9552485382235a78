import { immediateDuration, runInSlices } from "../app/scheduler.js";
import { Influence } from "../engine/influence.js";
import { cursorRange } from "./windowPositions.js";

/**
 * Creates what backpropagates from the first token of the cursor's character: `{ read, cancel }`.
 *
 * `read(view)` starts this unless it is done, and sets `view.influence` to `{ version, position, task, isDone }`, where
 * `task` is an Influence; to null if the character has no prediction. `onRead()`: it is done now.
 */
export function createInfluenceReader(onRead) {
  let cancelSlices = () => {};

  function read(view) {
    const { version, layer, window } = view;
    const position = cursorRange(view)?.start ?? 0;
    if (!layer || position === 0 || window.nodes[position].id < 0) {
      cancelSlices();
      view.influence = null;
      return;
    }
    if (view.influence?.version === version && view.influence.position === position) return;
    cancelSlices();
    const task = new Influence(view.model, view.trace, position);
    const influence = { version, position, task, isDone: task.advance(immediateDuration) };
    view.influence = influence;
    if (influence.isDone) return;
    cancelSlices = runInSlices(task, (isDone) => {
      influence.isDone = isDone;
      if (isDone) onRead();
    });
  }
  return { read, cancel: () => cancelSlices() };
}
