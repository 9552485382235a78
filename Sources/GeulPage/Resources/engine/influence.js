/** The number of steps that are backpropagated at most. */
const influenceLimit = 400;

/**
 * The influence of each earlier token on a prediction: backpropagation through time of the log-probability of one token
 * to the embedding of every token before it.
 *
 *     norms[s] = || d log p / d e_s ||_2;  contributions[s] = (d log p / d e_s) . e_s
 *
 * e_s is W_x x_s of the first layer, the row of the embedding table `[gates * hidden]` that is read at s. The
 * contribution is that of gradient times input (Shrikumar et al. 2016, "Not Just a Black Box"). Both are 0 more than
 * 400 tokens before the position. See Sources/GeulInsight/InstrumentedNetwork+Gradient.swift.
 */
export class Influence {
  #network;
  #ids;
  #states;
  #first;
  #time;
  #gradients;
  #outputGradient;

  /**
   * @param model The model.
   * @param trace A `Trace` that has read all tokens before the position.
   * @param position The index of the token whose probability is explained, at most `trace.count`, and below the number
   *   of its ids.
   */
  constructor(model, trace, position) {
    const { network } = model;
    this.norms = new Float64Array(position);
    this.contributions = new Float64Array(position);
    this.#network = network;
    this.#first = Math.max(0, position - influenceLimit);
    this.#time = position - 1;
    // The trace may change before all steps are computed. State i is that before token first + i.
    this.#ids = trace.ids.slice(this.#first, position);
    this.#states = this.#ids.map((_, index) => trace.stateBefore(this.#first + index));
    this.#states.push(trace.stateBefore(position));
    const zeros = () => new Float64Array(network.hiddenSize);
    this.#gradients = this.#states[0].map(() => ({
      hiddenState: zeros(), cellState: network.cell.hasCellState ? zeros() : null,
    }));
    // d log p_k / d logits = (1 at k) - p
    const logitGradient = network.probabilities(trace.stateBefore(position)).map((p) => -p);
    logitGradient[trace.ids[position]] += 1;
    this.#outputGradient = network.backwardOutput(logitGradient);
  }

  /** Backpropagates for about this time, at least one step; returns true when all steps are computed. */
  advance(milliseconds) {
    const end = performance.now() + milliseconds;
    while (this.#time >= this.#first) {
      this.#step();
      if (performance.now() >= end) break;
    }
    return this.#time < this.#first;
  }

  /** Backpropagates through the step that read one token. */
  #step() {
    const index = this.#time - this.#first;
    if (this.#ids[index] < 0) {
      // A skipped character leaves the state unchanged.
      this.#time -= 1;
      return;
    }
    const [previous, current] = [this.#states[index], this.#states[index + 1]];
    let fromAbove = this.#outputGradient;
    for (let layer = current.length - 1; layer >= 0; layer -= 1) {
      const gradient = this.#gradients[layer];
      fromAbove?.forEach((value, neuron) => {
        gradient.hiddenState[neuron] += value;
      });
      const result = this.#network.backwardLayer(layer, gradient, current[layer], previous[layer]);
      this.#gradients[layer] = result.previous;
      fromAbove = result.input;
    }
    const embedding = this.#network.embedding(this.#ids[index]);
    let [squares, products] = [0, 0];
    for (let i = 0; i < embedding.length; i += 1) {
      squares += fromAbove[i] ** 2;
      products += fromAbove[i] * embedding[i];
    }
    this.norms[this.#time] = Math.sqrt(squares);
    this.contributions[this.#time] = products;
    // Only the last step has a prediction.
    this.#outputGradient = null;
    this.#time -= 1;
  }
}
