const low32 = (word) => BigInt.asUintN(32, word);
const high32 = (word) => low32(word >> 32n);

/**
 * Returns the output block of Philox 4x32 with 10 rounds (Salmon, Moraes, Dror, Shaw 2011, "Parallel Random Numbers: As
 * Easy as 1, 2, 3"), for a counter of four words and a key of two; all words are BigInts of 32 bits.
 */
export function philox(counter, key) {
  let [x, y, z, w] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round += 1) {
    const first = x * 0xd2511f53n;
    const second = z * 0xcd9e8d57n;
    [x, y, z, w] = [high32(second) ^ y ^ k0, low32(second), high32(first) ^ w ^ k1, low32(first)];
    k0 = low32(k0 + 0x9e3779b9n);
    k1 = low32(k1 + 0xbb67ae85n);
  }
  return [x, y, z, w];
}

/**
 * The random numbers of one sample, the same as those of Sources/GeulGeneration/RandomDraws.swift.
 *
 * Number n of sample i is a pure function of (seed, i, n). The key is the seed; the counter is n in its low and i in
 * its high 64 bits.
 */
export class RandomDraws {
  #key;
  #sample;

  /** @param seed An integer from 0 to 2^64 - 1, as a BigInt or a number. */
  constructor(seed, sample = 0) {
    const words = (value) => [low32(BigInt(value)), high32(BigInt(value))];
    this.#key = words(seed);
    this.#sample = words(sample);
  }

  /** Returns number n, uniformly distributed over the 2^53 multiples of 2^-53 in [0, 1). */
  at(n) {
    const [x, y] = philox([low32(BigInt(n)), high32(BigInt(n)), ...this.#sample], this.#key);
    return Number((x | y << 32n) >> 11n) * 2 ** -53;
  }
}
