import { Influence } from "../engine/influence.js";

/** The number of predictions over which the mean influence is computed. */
export const meanCount = 20;

/** Returns at most `count` indices that are spread over the second half of a text, so that each has a long past. */
export function spreadIndices(length, count) {
  const first = Math.floor(length / 2);
  const used = Math.min(count, length - first);
  return Array.from({ length: used }, (_, index) => first + Math.floor(((index + 1) * (length - first)) / used) - 1);
}

/**
 * A task that computes how the influence of earlier characters on a prediction depends on their distance, for each reading.
 *
 * The influence of a character is the norm of the gradient of the log-probability with respect to the embeddings of all its tokens
 * (engine/influence.js). The embeddings of two models differ in scale, so it is given as a share of the sum over all characters.
 *
 * `curves[row]` is `[[distance, share], ...]`; with several `targets`, the indices of the predicted characters, the mean over those
 * that have a character at this distance. Distances that fewer than half of them have are left out.
 */
export function createInfluenceTask(readings, targets) {
  const jobs = readings.flatMap((reading, row) => targets.map((index) => ({ reading, row, index })));
  const shares = readings.map(() => []);
  let current = null;
  let next = 0;
  return {
    advance(milliseconds) {
      const end = performance.now() + milliseconds;
      while (next < jobs.length) {
        const { reading, row, index } = jobs[next];
        current ??= new Influence(reading.model, reading.trace, reading.characters[index].start);
        if (!current.advance(Math.max(1, end - performance.now()))) return false;
        shares[row].push(sharesOverDistance(reading, index, current.norms));
        current = null;
        next++;
        if (performance.now() >= end) return next === jobs.length;
      }
      return true;
    },
    get curves() {
      return shares.map(meanOverDistance);
    },
  };
}

/** Returns the shares of the characters before an index, the nearest first. */
function sharesOverDistance({ characters }, index, norms) {
  const values = [];
  for (let earlier = index - 1; earlier >= 0; earlier--) {
    const { start, end } = characters[earlier];
    values.push(Math.sqrt(norms.slice(start, end).reduce((sum, norm) => sum + norm * norm, 0)));
  }
  const sum = values.reduce((a, b) => a + b, 0);
  return values.map((norm) => norm / sum);
}

function meanOverDistance(lists) {
  const mean = [];
  for (let distance = 1; ; distance++) {
    const present = lists.map((list) => list[distance - 1]).filter((share) => share !== undefined);
    if (present.length === 0 || present.length * 2 < lists.length) return mean;
    mean.push([distance, present.reduce((a, b) => a + b, 0) / present.length]);
  }
}
