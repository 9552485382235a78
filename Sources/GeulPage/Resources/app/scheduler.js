/** The time that a task may take in each frame, in milliseconds: the page stays responsive. */
const sliceDuration = 10;

/** The time that a task may take at once, before it is run in slices, in milliseconds: half a frame. */
export const immediateDuration = 8;

/**
 * Runs a long task in slices, one for each frame.
 *
 * A task has a method `advance(milliseconds)`, which works for about that time and returns true when it is done.
 *
 * @param onProgress Called after each slice with true when the task is done.
 * @returns A function that cancels the task.
 */
export function runInSlices(task, onProgress = () => {}) {
  let isCancelled = false;
  function runSlice() {
    if (isCancelled) return;
    const isDone = task.advance(sliceDuration);
    onProgress(isDone);
    if (!isDone) scheduleSlice(runSlice);
  }
  scheduleSlice(runSlice);
  return () => {
    isCancelled = true;
  };
}

/** Calls `action` soon. Frames are not drawn in a hidden tab, where a timer continues the work. */
function scheduleSlice(action) {
  if (document.hidden) setTimeout(action, 0);
  else requestAnimationFrame(action);
}

/** Returns `{ request, cancel }`: after any number of requests, `action` is called once in the next frame. */
export function oncePerFrame(action) {
  let frame = null;
  let isCancelled = false;
  function request() {
    if (isCancelled) return;
    frame ??= requestAnimationFrame(() => {
      frame = null;
      action();
    });
  }
  function cancel() {
    isCancelled = true;
    cancelAnimationFrame(frame);
  }
  return { request, cancel };
}
