import { cellOf } from "./cells.js";
import { Matrix } from "./linear.js";

/**
 * A network that computes one token at a time and exposes all activations, as
 * Sources/GeulInsight/InstrumentedNetwork.swift does.
 *
 * A state is an array over layers of the activations of one time step (cells.js), which are never modified.
 */
export class Network {
  #layers;
  #outputWeights;
  #outputBias;
  // Scratch memory for sums, which are float64.
  #input;
  #recurrent;
  #logits;

  /**
   * @param architecture `{ cell, layers, hidden, activation }`.
   * @param vocabularySize The number of tokens.
   * @param tensor A function that returns the values of a tensor by its name in PyTorch and its shape.
   */
  constructor(architecture, vocabularySize, tensor) {
    this.cell = cellOf(architecture);
    this.cellKind = architecture.cell;
    this.layerCount = architecture.layers;
    this.hiddenSize = architecture.hidden;
    this.activation = architecture.activation;
    this.vocabularySize = vocabularySize;
    const rows = this.cell.gateCount * this.hiddenSize;
    const matrix = (name, rowCount, columnCount) => (
      new Matrix(rowCount, columnCount, tensor(name, [rowCount, columnCount]))
    );
    this.#layers = Array.from({ length: this.layerCount }, (_, index) => {
      const name = (part) => `${this.cellKind}.${part}_l${index}`;
      const inputWeights = matrix(name("weight_ih"), rows, index === 0 ? vocabularySize : this.hiddenSize);
      return {
        // W_x of the first layer, which reads tokens, is a table of embeddings, [vocabulary, gates * hidden].
        inputWeights: index === 0 ? inputWeights.transposed() : inputWeights,
        recurrentWeights: matrix(name("weight_hh"), rows, this.hiddenSize),
        inputBias: tensor(name("bias_ih"), [rows]),
        recurrentBias: tensor(name("bias_hh"), [rows]),
      };
    });
    this.#outputWeights = matrix("decoder.weight", vocabularySize, this.hiddenSize);
    this.#outputBias = tensor("decoder.bias", [vocabularySize]);
    this.#input = new Float64Array(rows);
    this.#recurrent = new Float64Array(rows);
    this.#logits = new Float64Array(vocabularySize);
  }

  /** Returns the zero state, before the first token. */
  initialState() {
    return this.#layers.map(() => ({
      gates: [],
      cellState: this.cell.hasCellState ? new Float32Array(this.hiddenSize) : null,
      hiddenState: new Float32Array(this.hiddenSize),
    }));
  }

  /** Returns the row of the embedding table of a token, W_x x_t of the first layer, `[gates * hidden]`. */
  embedding(id) {
    return this.#layers[0].inputWeights.row(id);
  }

  /** Reads one token; returns the activations of each layer. */
  step(id, state) {
    const [input, recurrent] = [this.#input, this.#recurrent];
    const current = [];
    this.#layers.forEach(({ inputWeights, recurrentWeights, inputBias, recurrentBias }, index) => {
      input.set(inputBias);
      if (index === 0) {
        const row = inputWeights.row(id);
        for (let i = 0; i < row.length; i += 1) input[i] += row[i];
      } else {
        inputWeights.multiplyAdd(current[index - 1].hiddenState, input);
      }
      recurrent.set(recurrentBias);
      recurrentWeights.multiplyAdd(state[index].hiddenState, recurrent);
      current.push(this.cell.forward(input, recurrent, state[index], this.activation));
    });
    return current;
  }

  /** Returns the logits of the next token, W_y h_t + b_y, `[vocabulary]`. */
  logits(state) {
    this.#logits.set(this.#outputBias);
    this.#outputWeights.multiplyAdd(state[state.length - 1].hiddenState, this.#logits);
    return new Float32Array(this.#logits);
  }

  /** Returns the probabilities of the next token, softmax(logits), `[vocabulary]`. */
  probabilities(state) {
    return softmax(this.logits(state));
  }

  /** Returns the gradient with respect to h_t of the top layer, W_y^T d, from that with respect to the logits. */
  backwardOutput(logitGradient) {
    const gradient = new Float64Array(this.hiddenSize);
    this.#outputWeights.transposeMultiplyAdd(logitGradient, gradient);
    return gradient;
  }

  /**
   * Backpropagates through one time step of one layer.
   *
   * Returns the gradient with respect to the previous state, `{ hiddenState, cellState }`, and as `input` that with
   * respect to the input of the layer: x_t `[hidden]`, or for the first layer W_x x_t `[gates * hidden]`.
   */
  backwardLayer(index, gradient, current, previous) {
    const { inputWeights, recurrentWeights } = this.#layers[index];
    const result = this.cell.backward(gradient, current, previous, this.activation);
    recurrentWeights.transposeMultiplyAdd(result.recurrent, result.previous.hiddenState);
    if (index === 0) return { previous: result.previous, input: result.input };
    const input = new Float64Array(this.hiddenSize);
    inputWeights.transposeMultiplyAdd(result.input, input);
    return { previous: result.previous, input };
  }
}

/** Returns `exp(x_i) / sum_j exp(x_j)`, shifted by the largest x so that nothing overflows. */
export function softmax(logits) {
  let maximum = -Infinity;
  for (let i = 0; i < logits.length; i += 1) maximum = Math.max(maximum, logits[i]);
  const result = new Float64Array(logits.length);
  let sum = 0;
  for (let i = 0; i < result.length; i += 1) {
    result[i] = Math.exp(logits[i] - maximum);
    sum += result[i];
  }
  for (let i = 0; i < result.length; i += 1) result[i] /= sum;
  return result;
}

/** Returns a state without the gates, which are not needed to continue. */
export function compactState(state) {
  return state.map(({ cellState, hiddenState }) => ({ gates: [], cellState, hiddenState }));
}
