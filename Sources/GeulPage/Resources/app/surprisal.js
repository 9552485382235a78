/** The surprisal, in bits, that gets the full color. */
export const fullSurprisal = 8;

/** Returns the tint of a surprisal in bits, from 0 to 1; 0 for NaN, which stands for none. */
export function surprisalTint(bits) {
  return Math.min(1, bits / fullSurprisal) || 0;
}
