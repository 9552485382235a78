/** Returns the `count` largest probabilities with their ids, `[{ id, probability }]`, in descending order. */
export function mostLikely(probabilities, count) {
  const best = [];
  for (let id = 0; id < probabilities.length; id++) {
    const probability = probabilities[id];
    if (best.length === count && probability <= best[count - 1].probability) continue;
    let index = best.length;
    while (index > 0 && best[index - 1].probability < probability) index--;
    best.splice(index, 0, { id, probability });
    if (best.length > count) best.pop();
  }
  return best;
}
