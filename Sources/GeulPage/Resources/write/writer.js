import { runInSlices } from "../app/scheduler.js";
import { createContinuation } from "./continuation.js";

/**
 * Creates what lets the model write, one continuation at a time: `{ start, stop, task }`. `start(request)` as in
 * continuation.js; `task` is the continuation that is being written, or null. `onEnd(task)`: it ended.
 */
export function createWriter(store, onEnd) {
  let run = null;

  function start(request) {
    const task = createContinuation(store.tree.value, request);
    run = { task, cancel: runInSlices(task, (isDone) => (isDone ? end() : store.textChanged())) };
    store.textChanged();
  }

  function stop() {
    if (run === null) return;
    run.cancel();
    run.task.finish("interrupted");
    end();
  }

  function end() {
    const { task } = run;
    run = null;
    onEnd(task);
    store.textChanged();
  }

  return {
    start, stop,
    get task() {
      return run?.task ?? null;
    },
  };
}
