/**
 * The default options, which disable every filter, with the names and meanings of
 * Sources/GeulGeneration/SamplingOptions.swift:
 *
 * - temperature: the divisor of the logits; 0 selects the most likely token.
 * - topK: the number of most likely tokens to sample from; 0 is off.
 * - topP: the cumulative probability of the most likely tokens to sample from; 1 is off.
 * - minP: the minimum probability of a token, relative to the most likely token's; 0 is off.
 * - repeatPenalty: positive logits of recent tokens are divided by it, negative ones multiplied; 1 is off.
 * - repeatLastN: the number of most recent tokens that the penalty applies to; 0 is off.
 */
export const defaultSampling = {
  temperature: 0.8, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, repeatLastN: 64,
};

/** The name, range, and test of each option. */
const samplingRanges = [
  ["temperature", "0 or more", (value) => value >= 0],
  ["topK", "an integer of 0 (off) or more", (value) => Number.isInteger(value) && value >= 0],
  ["topP", "more than 0 and at most 1 (off)", (value) => value > 0 && value <= 1],
  ["minP", "from 0 (off) to 1", (value) => value >= 0 && value <= 1],
  ["repeatPenalty", "more than 0 (1 is off)", (value) => value > 0],
  ["repeatLastN", "an integer of 0 (off) or more", (value) => Number.isInteger(value) && value >= 0],
];

/** Throws an Error with the name, the range and the value of the first option that is out of its range. */
export function validateSampling(options) {
  for (const [name, range, isInRange] of samplingRanges) {
    const value = options[name];
    if (!Number.isFinite(value) || !isInRange(value)) throw new Error(`${name} must be ${range}, not ${value}.`);
  }
}

/** The most recent tokens of a sequence, to which the repeat penalty applies. */
export class PenaltyWindow {
  #oldest = 0;

  /** Creates an empty window over the last `capacity` tokens. */
  constructor(capacity) {
    this.capacity = capacity;
    /** The ids of the tokens in the window, in unspecified order. */
    this.ids = [];
  }

  /** Appends a token and removes the oldest one if the window is full. */
  append(id) {
    if (this.ids.length < this.capacity) {
      this.ids.push(id);
    } else if (this.capacity > 0) {
      this.ids[this.#oldest] = id;
      this.#oldest = (this.#oldest + 1) % this.capacity;
    }
  }
}

/**
 * A sampler of the next token: a chain of filters over the logits, followed by a random draw, by the rules of
 * Sources/GeulGeneration/Sampler.swift.
 *
 * The filters run in llama.cpp's order: banned tokens, repeat penalty, top-k, top-p, min-p, temperature. Top-p and
 * min-p see the probabilities at temperature 1. The most likely token is never removed; ties are broken by the smaller
 * id.
 */
export class Sampler {
  #allowed;

  /** Throws an Error if an option is out of its range, or every token is banned. */
  constructor(options, vocabularySize, bannedIDs = []) {
    this.options = { ...defaultSampling, ...options };
    validateSampling(this.options);
    this.vocabularySize = vocabularySize;
    this.#allowed = Array.from({ length: vocabularySize }, (_, id) => id).filter((id) => !bannedIDs.includes(id));
    if (this.#allowed.length === 0) throw new Error("The model's vocabulary has no token that can be generated.");
  }

  /**
   * Returns the id of a random token: the first candidate, in the order of the ids, whose cumulative probability
   * exceeds `uniform`, a random number in [0, 1).
   */
  sample(logits, window, uniform) {
    const { candidates, weights, sum: total } = this.#applyFilters(logits, window);
    const threshold = uniform * total;
    let sum = 0;
    let chosen = 0;
    // Skipping zero weights matters for a threshold of 0, and at the end if the sum rounds down.
    for (let index = 0; index < candidates.length && sum <= threshold; index += 1) {
      if (weights[index] > 0) chosen = index;
      sum += weights[index];
    }
    return candidates[chosen];
  }

  /** Returns the probability with which `sample` returns each token, `[vocabulary]`; 0 for filtered tokens. */
  distribution(logits, window) {
    const { candidates, weights, sum } = this.#applyFilters(logits, window);
    const probabilities = new Float64Array(this.vocabularySize);
    candidates.forEach((id, index) => {
      probabilities[id] = weights[index] / sum;
    });
    return probabilities;
  }

  /** Applies all filters; returns the ids of the remaining candidates, ascending, their weights, and their sum. */
  #applyFilters(input, window) {
    const { temperature, topK, topP, minP } = this.options;
    const logits = this.#penalized(input, window);
    let candidates = this.#allowed;
    const best = candidates.reduce((a, b) => (logits[b] > logits[a] ? b : a));
    if (temperature === 0 || logits[best] === -Infinity) return { candidates: [best], weights: [1], sum: 1 };
    if (topK > 0) candidates = keepBest(candidates, logits, topK);
    if (topP < 1) {
      const { weights, sum } = samplingWeights(candidates, logits, best, 1);
      candidates = keepBest(candidates, logits, nucleusSize(weights, topP * sum));
    }
    if (minP > 0) {
      const { weights } = samplingWeights(candidates, logits, best, 1);
      candidates = candidates.filter((_, index) => weights[index] >= minP);
    }
    return { candidates, ...samplingWeights(candidates, logits, best, temperature) };
  }

  /** Returns the logits after the repeat penalty, which is applied once to a token that occurs several times. */
  #penalized(input, window) {
    const { repeatPenalty } = this.options;
    const logits = new Float32Array(input);
    for (let id = 0; id < logits.length; id += 1) logits[id] = sanitizedLogit(logits[id]);
    if (repeatPenalty === 1) return logits;
    for (const id of window.ids) {
      const logit = sanitizedLogit(input[id]);
      logits[id] = sanitizedLogit(Math.fround(logit > 0 ? logit / repeatPenalty : logit * repeatPenalty));
    }
    return logits;
  }
}

/** Returns the logit with NaN replaced by minus infinity, and infinity by the largest finite float32. */
function sanitizedLogit(logit) {
  return Number.isNaN(logit) ? -Infinity : Math.min(logit, 3.4028234663852886e38);
}

/** Returns the weights `exp((logit - best logit) / temperature)` of all candidates, and their sum. */
function samplingWeights(candidates, logits, best, temperature) {
  const weights = new Float64Array(candidates.length);
  let sum = 0;
  for (let index = 0; index < weights.length; index += 1) {
    weights[index] = Math.exp((logits[candidates[index]] - logits[best]) / temperature);
    sum += weights[index];
  }
  return { weights, sum };
}

/** Returns the smallest number of largest weights whose sum reaches a threshold. */
function nucleusSize(weights, threshold) {
  const descending = weights.slice().sort().reverse();
  let count = 0;
  for (let sum = 0; count < descending.length && sum < threshold; count += 1) sum += descending[count];
  return count;
}

/** Returns the `count` candidates with the largest logits, in the same order; of equal logits, the smaller ids. */
function keepBest(candidates, logits, count) {
  if (count >= candidates.length) return candidates;
  const ascending = new Float32Array(candidates.map((id) => logits[id])).sort();
  const smallest = ascending[ascending.length - count];
  let ties = count - (ascending.length - 1 - ascending.lastIndexOf(smallest));
  return candidates.filter((id) => {
    if (logits[id] === smallest) ties -= 1;
    return logits[id] > smallest || logits[id] === smallest && ties >= 0;
  });
}
