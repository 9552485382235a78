// A reference implementation of the networks in float64, straight from the equations.

/** Returns W x + b for a row-major W. */
const affine = (weights, x, bias) => Array.from(bias, (b, i) => (
  x.reduce((sum, value, j) => sum + weights[i * x.length + j] * value, b)
));

const logistic = (x) => 1 / (1 + Math.exp(-x));

/** The equations of each cell: `a` is W_x x + b_x, `b` is W_h h + b_h, both `[gates][hidden]`. */
const equations = {
  lstm(a, b, { cellState }) {
    const sum = (gate, n) => a[gate][n] + b[gate][n];
    const neurons = [...cellState.keys()];
    const [i, f, o] = [0, 1, 3].map((gate) => neurons.map((n) => logistic(sum(gate, n))));
    const g = neurons.map((n) => Math.tanh(sum(2, n)));
    const c = neurons.map((n) => f[n] * cellState[n] + i[n] * g[n]);
    return { gates: [i, f, g, o], cellState: c, hiddenState: neurons.map((n) => o[n] * Math.tanh(c[n])) };
  },
  gru(a, b, { hiddenState }) {
    const neurons = [...hiddenState.keys()];
    const [r, z] = [0, 1].map((gate) => neurons.map((n) => logistic(a[gate][n] + b[gate][n])));
    const candidate = neurons.map((n) => Math.tanh(a[2][n] + r[n] * b[2][n]));
    const h = neurons.map((n) => (1 - z[n]) * candidate[n] + z[n] * hiddenState[n]);
    return { gates: [r, z, candidate], cellState: null, hiddenState: h, recurrentCandidate: b[2] };
  },
  rnn(a, b, _, activation) {
    const f = activation === "relu" ? (x) => Math.max(0, x) : Math.tanh;
    return { gates: [], cellState: null, hiddenState: a[0].map((value, n) => f(value + b[0][n])) };
  },
};

/** A network in float64 with the tensors of a model, a map name -> `{ values }`. */
export class ReferenceNetwork {
  constructor({ cell, layers, hidden, activation }, tensors) {
    Object.assign(this, { cell, layers, hidden, activation });
    this.values = (name) => Array.from(tensors.get(name).values);
  }

  initialState() {
    const zeros = Array(this.hidden).fill(0);
    return Array.from({ length: this.layers }, () => (
      { gates: [], cellState: this.cell === "lstm" ? zeros : null, hiddenState: zeros }
    ));
  }

  /** Returns W_x x_t of the first layer for a token. */
  embedding(id) {
    const weights = this.values(`${this.cell}.weight_ih_l0`);
    const rows = this.values(`${this.cell}.bias_ih_l0`).length;
    return Array.from({ length: rows }, (_, row) => weights[row * (weights.length / rows) + id]);
  }

  /** Returns the activations of each layer after one time step, from the embedding of a token. */
  step(embedding, state) {
    const tensor = (part, layer) => this.values(`${this.cell}.${part}_l${layer}`);
    const gates = (sums) => Array.from({ length: sums.length / this.hidden }, (_, gate) => (
      sums.slice(gate * this.hidden, (gate + 1) * this.hidden)
    ));
    const current = [];
    for (let layer = 0; layer < this.layers; layer += 1) {
      const bias = tensor("bias_ih", layer);
      const input = layer === 0
        ? bias.map((b, row) => b + embedding[row])
        : affine(tensor("weight_ih", layer), current[layer - 1].hiddenState, bias);
      const recurrent = affine(tensor("weight_hh", layer), state[layer].hiddenState, tensor("bias_hh", layer));
      current.push(equations[this.cell](gates(input), gates(recurrent), state[layer], this.activation));
    }
    return current;
  }

  /** Returns the logits after a state, `[vocabulary]`. */
  logits(state) {
    return affine(this.values("decoder.weight"), state.at(-1).hiddenState, this.values("decoder.bias"));
  }
}

/** Returns log softmax(logits)[k]. */
export function logProbability(logits, k) {
  const maximum = Math.max(...logits);
  return logits[k] - maximum - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - maximum), 0));
}
