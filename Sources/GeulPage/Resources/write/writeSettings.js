import { signal } from "../app/signal.js";

/** The lengths that can be chosen, in characters. */
export const lengths = [20, 50, 100, 200, 400, 1000, 2000, Infinity];

/** The speeds that can be chosen, in characters per second. */
export const speeds = [2, 5, 10, 20, 50, 100, 200, Infinity];

/**
 * The choices of this view beside those of the sampler; they outlive the view.
 *
 * - `length`: the maximum number of characters of a continuation.
 * - `speed`: the maximum number of characters per second.
 * - `stops`: the stop strings, one on each line.
 * - `seed`: the random seed; with `isSeedRandom`, each continuation takes a new one.
 * - `isLive`: the model continues after a pause in typing.
 * - `continuesRival`: the model continues after a chosen rival.
 */
export const writeSettings = signal({
  length: 400, speed: 50, stops: "", seed: 1, isSeedRandom: true, isLive: false, continuesRival: true,
});

/** Changes some of the settings. */
export function changeWriteSettings(changes) {
  writeSettings.value = { ...writeSettings.value, ...changes };
}

/** Returns the request for the next continuation, as in continuation.js. */
export function continuationRequest(sampling) {
  const { length, speed } = writeSettings.value;
  return { sampling, seed: nextSeed(), stops: stopList(), length, speed };
}

/** Returns the seed of the next continuation. */
function nextSeed() {
  if (writeSettings.value.isSeedRandom) changeWriteSettings({ seed: Math.floor(Math.random() * 1e6) });
  return writeSettings.value.seed;
}

/** Returns the stop strings as a list; `\n` and `\t` stand for a line break and a tab. */
function stopList() {
  return writeSettings.value.stops.split("\n").filter((line) => line !== "")
    .map((line) => line.replace(/\\n/g, "\n").replace(/\\t/g, "\t"));
}
