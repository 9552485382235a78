/** The states and predictions of a model at each token of a text (Sources/GeulInsight/Explanation.swift). */
export class Trace {
  #network;
  #initialState;
  #isContinued;

  /**
   * @param model The model.
   * @param ids The ids of the text's tokens; -1 for a skipped character, which leaves the state unchanged.
   * @param initialState The state before the text; by default the zero state, which predicts nothing.
   */
  constructor(model, ids, initialState = null) {
    this.#network = model.network;
    this.#isContinued = initialState !== null;
    this.#initialState = initialState ?? model.network.initialState();
    this.ids = [...ids];
    /** The activations after each token that was read. */
    this.states = [];
    /** The surprisal of each token that was read, -log2 p, in bits; NaN for the first of a text and for skipped ones. */
    this.surprisal = [];
  }

  /** The number of tokens that were read so far. */
  get count() {
    return this.states.length;
  }

  /** Returns the state before token t. */
  stateBefore(t) {
    return t === 0 ? this.#initialState : this.states[t - 1];
  }

  /** Reads tokens for about this time, at least one; returns true when all are read. */
  advance(milliseconds) {
    const end = performance.now() + milliseconds;
    while (this.count < this.ids.length) {
      const id = this.ids[this.count];
      const before = this.stateBefore(this.count);
      if (id < 0) {
        this.surprisal.push(NaN);
        this.states.push(before);
        continue;
      }
      const probabilities = this.#probabilities(this.count);
      this.surprisal.push(probabilities === null ? NaN : -Math.log2(Math.max(probabilities[id], 1e-300)));
      this.states.push(this.#network.step(id, before));
      if (performance.now() >= end) break;
    }
    return this.count === this.ids.length;
  }

  /**
   * Returns the n most likely tokens for position t, `[{ id, probability }]` by descending probability, where t may be
   * `count` for the token after the text; an empty array for the first token of a text.
   */
  predictions(t, n) {
    const probabilities = this.#probabilities(t) ?? [];
    return Array.from(probabilities, (probability, id) => ({ id, probability }))
      .sort((a, b) => b.probability - a.probability || a.id - b.id)
      .slice(0, n);
  }

  /** Replaces the text; what was read of the common prefix is kept. */
  extend(ids) {
    let common = 0;
    while (common < this.count && ids[common] === this.ids[common]) common += 1;
    this.ids = [...ids];
    this.states.length = common;
    this.surprisal.length = common;
  }

  #probabilities(t) {
    return t === 0 && !this.#isContinued ? null : this.#network.probabilities(this.stateBefore(t));
  }
}
