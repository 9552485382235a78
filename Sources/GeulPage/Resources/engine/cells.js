/**
 * The formulas of each kind of recurrent cell, forward and backward, and the quantities to display, as in
 * Sources/GeulInsight/{LSTM,GRU,RNN}Cell.swift.
 *
 * A cell is `{ gateCount, hasCellState, retentionGate, quantities, forward, backward }`:
 *
 * - `retentionGate` is the index of the gate that preserves the state where it is near 1; -1 if there is none.
 * - `quantities` are `{ key, gate, range, value(step, neuron) }` in display order; `gate` is the index of a gate, -1
 *   for a state; `range` is null for values of 0 or more without an upper bound.
 * - `forward(input, recurrent, previous, activation)` computes one time step from `input`, W_x x_t + b_x
 *   `[gates * hidden]`, `recurrent`, W_h h_{t-1} + b_h `[gates * hidden]`, and the previous step. A step is
 *   `{ gates: [Float32Array], cellState: Float32Array | null, hiddenState: Float32Array }`, arrays `[hidden]`; the GRU
 *   adds `recurrentCandidate`, W_h h_{t-1} + b_h of its candidate.
 * - `backward(gradient, current, previous, activation)` backpropagates through one time step. The gradient with respect
 *   to the state is `{ hiddenState, cellState }`, Float64Array `[hidden]`, where `cellState` is without the path
 *   through h_t. Returns `{ input, recurrent, previous }`, the gradients with respect to both sums and, without the
 *   path through W_h, the previous state.
 *
 * Gates are in PyTorch's order. Only the vanilla RNN uses `activation`, "tanh" or "relu".
 */

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/** A quantity that is a gate. */
const gateQuantity = (key, gate, range = [0, 1]) => (
  { key, gate, range, value: (step, neuron) => step.gates[gate][neuron] }
);

const hiddenStateQuantity = {
  key: "hiddenState", gate: -1, range: [-1, 1], value: (step, neuron) => step.hiddenState[neuron],
};

/** Returns n arrays of zeros, `[hidden]`. */
const float32Arrays = (n, hiddenSize) => Array.from({ length: n }, () => new Float32Array(hiddenSize));

/**
 * The LSTM with a forget gate (Hochreiter and Schmidhuber 1997; Gers, Schmidhuber, Cummins 2000).
 *
 *     i, f, o = sigmoid(W_x x_t + b_x + W_h h_{t-1} + b_h)
 *     g = tanh(W_x x_t + b_x + W_h h_{t-1} + b_h)
 *     c_t = f * c_{t-1} + i * g
 *     h_t = o * tanh(c_t)
 *
 * The gates are input i, forget f, candidate g, output o.
 */
const lstmCell = {
  gateCount: 4,
  hasCellState: true,
  retentionGate: 1,
  quantities: [
    gateQuantity("forgetGate", 1),
    gateQuantity("inputGate", 0),
    gateQuantity("candidate", 2, [-1, 1]),
    gateQuantity("outputGate", 3),
    { key: "cellState", gate: -1, range: [-1, 1], value: (step, neuron) => Math.tanh(step.cellState[neuron]) },
    hiddenStateQuantity,
  ],

  forward(input, recurrent, previous) {
    const hiddenSize = previous.hiddenState.length;
    const [i, f, g, o, c, h] = float32Arrays(6, hiddenSize);
    for (let n = 0; n < hiddenSize; n += 1) {
      const [nF, nG, nO] = [hiddenSize + n, 2 * hiddenSize + n, 3 * hiddenSize + n];
      i[n] = sigmoid(input[n] + recurrent[n]);
      f[n] = sigmoid(input[nF] + recurrent[nF]);
      g[n] = Math.tanh(input[nG] + recurrent[nG]);
      o[n] = sigmoid(input[nO] + recurrent[nO]);
      c[n] = f[n] * previous.cellState[n] + i[n] * g[n];
      h[n] = o[n] * Math.tanh(c[n]);
    }
    return { gates: [i, f, g, o], cellState: c, hiddenState: h };
  },

  /**
   *     dc = dc_t + dh * o * (1 - tanh(c)^2)
   *     di = dc * g * i (1 - i);  df = dc * c_{t-1} * f (1 - f)
   *     dg = dc * i * (1 - g^2);  do = dh * tanh(c) * o (1 - o);  dc_{t-1} = dc * f
   */
  backward(gradient, current, previous) {
    const hiddenSize = current.hiddenState.length;
    const sums = new Float64Array(4 * hiddenSize);
    const cellState = new Float64Array(hiddenSize);
    for (let n = 0; n < hiddenSize; n += 1) {
      const [i, f, g, o] = current.gates.map((gate) => gate[n]);
      const tanhC = Math.tanh(current.cellState[n]);
      const dH = gradient.hiddenState[n];
      const dC = gradient.cellState[n] + dH * o * (1 - tanhC * tanhC);
      sums[n] = dC * g * i * (1 - i);
      sums[hiddenSize + n] = dC * previous.cellState[n] * f * (1 - f);
      sums[2 * hiddenSize + n] = dC * i * (1 - g * g);
      sums[3 * hiddenSize + n] = dH * tanhC * o * (1 - o);
      cellState[n] = dC * f;
    }
    return { input: sums, recurrent: sums, previous: { hiddenState: new Float64Array(hiddenSize), cellState } };
  },
};

/**
 * The GRU, with the reset gate applied after the matrix product as in PyTorch (Cho et al. 2014, "Learning Phrase
 * Representations using RNN Encoder-Decoder").
 *
 *     r, z = sigmoid(W_x x_t + b_x + W_h h_{t-1} + b_h)
 *     n = tanh(W_x x_t + b_x + r * (W_h h_{t-1} + b_h))
 *     h_t = (1 - z) * n + z * h_{t-1}
 *
 * The gates are reset r, update z, candidate n.
 */
const gruCell = {
  gateCount: 3,
  hasCellState: false,
  retentionGate: 1,
  quantities: [
    gateQuantity("updateGate", 1),
    gateQuantity("resetGate", 0),
    gateQuantity("candidate", 2, [-1, 1]),
    hiddenStateQuantity,
  ],

  forward(input, recurrent, previous) {
    const hiddenSize = previous.hiddenState.length;
    const [r, z, candidate, h] = float32Arrays(4, hiddenSize);
    const recurrentCandidate = Float32Array.from(recurrent.subarray(2 * hiddenSize, 3 * hiddenSize));
    for (let n = 0; n < hiddenSize; n += 1) {
      const nZ = hiddenSize + n;
      r[n] = sigmoid(input[n] + recurrent[n]);
      z[n] = sigmoid(input[nZ] + recurrent[nZ]);
      candidate[n] = Math.tanh(input[2 * hiddenSize + n] + r[n] * recurrentCandidate[n]);
      h[n] = (1 - z[n]) * candidate[n] + z[n] * previous.hiddenState[n];
    }
    return { gates: [r, z, candidate], cellState: null, hiddenState: h, recurrentCandidate };
  },

  /**
   *     dn = dh * (1 - z) * (1 - n^2);  dz = dh * (h_{t-1} - n) * z (1 - z)
   *     dr = dn * (W_h h_{t-1} + b_h) * r (1 - r);  dh_{t-1} = dh * z
   */
  backward(gradient, current, previous) {
    const hiddenSize = current.hiddenState.length;
    const input = new Float64Array(3 * hiddenSize);
    const recurrent = new Float64Array(3 * hiddenSize);
    const hiddenState = new Float64Array(hiddenSize);
    for (let neuron = 0; neuron < hiddenSize; neuron += 1) {
      const [r, z, n] = current.gates.map((gate) => gate[neuron]);
      const dH = gradient.hiddenState[neuron];
      const dN = dH * (1 - z) * (1 - n * n);
      const dR = dN * current.recurrentCandidate[neuron] * r * (1 - r);
      const dZ = dH * (previous.hiddenState[neuron] - n) * z * (1 - z);
      input[neuron] = recurrent[neuron] = dR;
      input[hiddenSize + neuron] = recurrent[hiddenSize + neuron] = dZ;
      input[2 * hiddenSize + neuron] = dN;
      recurrent[2 * hiddenSize + neuron] = dN * r;
      hiddenState[neuron] = dH * z;
    }
    return { input, recurrent, previous: { hiddenState, cellState: null } };
  },
};

/**
 * The vanilla RNN (Elman 1990), with tanh or ReLU.
 *
 *     h_t = f(W_x x_t + b_x + W_h h_{t-1} + b_h)
 */
const rnnCell = {
  gateCount: 1,
  hasCellState: false,
  retentionGate: -1,
  quantities: [hiddenStateQuantity],

  forward(input, recurrent, previous, activation) {
    const hiddenState = new Float32Array(previous.hiddenState.length);
    for (let n = 0; n < hiddenState.length; n += 1) {
      const sum = input[n] + recurrent[n];
      hiddenState[n] = activation === "relu" ? Math.max(0, sum) : Math.tanh(sum);
    }
    return { gates: [], cellState: null, hiddenState };
  },

  /** `f'(sum) = 1 - h^2` of tanh; 1 where h > 0 of ReLU. */
  backward(gradient, current, previous, activation) {
    const sums = gradient.hiddenState.map((dH, n) => {
      const h = current.hiddenState[n];
      return dH * (activation === "relu" ? Number(h > 0) : 1 - h * h);
    });
    return {
      input: sums, recurrent: sums, previous: { hiddenState: new Float64Array(sums.length), cellState: null },
    };
  },
};

/** The cells by the name in a model's metadata. */
export const cells = { lstm: lstmCell, gru: gruCell, rnn: rnnCell };

/** Returns the cell of an architecture `{ cell, activation }`; the hidden state of ReLU has no upper bound. */
export function cellOf({ cell, activation }) {
  if (activation !== "relu" || cell !== "rnn") return cells[cell];
  return { ...rnnCell, quantities: [{ ...hiddenStateQuantity, range: null }] };
}
