/** The surprisal, in bits, that gets the full color. */
export const fullSurprisal = 8;

/** Returns the tint of a surprisal in bits, from 0 to 1; 0 for NaN, which stands for none. */
export function tintStrength(bits) {
  return Math.min(1, bits / fullSurprisal) || 0;
}

/** Returns the surprisal of a node of a TextTree, -log2 p, in bits; NaN if it was skipped or nothing predicts it. */
export function tokenSurprisal({ id, probability }) {
  return id < 0 || probability === null ? NaN : -Math.log2(Math.max(probability, 1e-300));
}

/** Returns the sum of the surprisals of the nodes `[start, end)` that have one, in bits; NaN if none has. */
export function rangeSurprisal(nodes, { start, end }) {
  let sum = NaN;
  for (let index = start; index < end; index++) {
    const bits = tokenSurprisal(nodes[index]);
    if (!Number.isNaN(bits)) sum = Number.isNaN(sum) ? bits : sum + bits;
  }
  return sum;
}
