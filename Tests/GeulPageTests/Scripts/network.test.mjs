// Tests of matrices, cells, networks, traces and influence against a float64 reference.

import assert from "node:assert/strict";
import test from "node:test";
import { Influence } from "../../../Sources/GeulPage/Resources/engine/influence.js";
import { Matrix } from "../../../Sources/GeulPage/Resources/engine/linear.js";
import { Model } from "../../../Sources/GeulPage/Resources/engine/model.js";
import { compactState } from "../../../Sources/GeulPage/Resources/engine/network.js";
import { readSafetensors } from "../../../Sources/GeulPage/Resources/engine/safetensors.js";
import { Trace } from "../../../Sources/GeulPage/Resources/engine/trace.js";
import { modelBytes, randomModel, randomNumbers } from "./models.mjs";
import { logProbability, ReferenceNetwork } from "./reference.mjs";

/** The unit roundoff of float32. */
const u = 2 ** -24;

const tokens = [..."abcdefg 글쓰기\n"];
const ids = [0, 3, 5, 1, 1, 7, 2, 4, 6, 0, 8];

/** Each cell with one and with two layers. */
const architectures = [1, 2].flatMap((layers) => [
  { cell: "lstm", layers, hidden: 5, activation: "tanh" },
  { cell: "gru", layers, hidden: 5, activation: "tanh" },
  { cell: "rnn", layers, hidden: 5, activation: "tanh" },
  { cell: "rnn", layers, hidden: 5, activation: "relu" },
]);

const describeNetwork = ({ cell, layers, activation }) => `${cell}, ${activation}, ${layers} layers`;

function makeNetworks(architecture) {
  const bytes = modelBytes({ architecture, tokens, bound: 0.8, seed: 4 });
  return {
    model: Model.read(bytes, "random"), reference: new ReferenceNetwork(architecture, readSafetensors(bytes).tensors),
  };
}

function assertClose(found, expected, bound, message) {
  assert.ok(Math.abs(found - expected) <= bound, `${message}: ${found} instead of ${expected}, bound ${bound}`);
}

test("products with matrices of any size are those of the definition", () => {
  const random = randomNumbers(1);
  for (const rows of [0, 1, 3, 4, 7, 8, 9, 16, 17]) {
    for (const columns of [0, 1, 2, 7, 8, 33]) {
      const vector = (length) => Array.from({ length }, random);
      const [values, x, d] = [vector(rows * columns), vector(columns), vector(rows)].map((v) => new Float32Array(v));
      const matrix = new Matrix(rows, columns, values);
      const out = new Float64Array(rows).fill(1);
      matrix.multiplyAdd(x, out);
      const transposed = new Float64Array(columns).fill(1);
      matrix.transposeMultiplyAdd(new Float64Array(d), transposed);
      // Products of float32 are exact in float64; each of n sums of numbers below 1 is off by at most n 2^-53.
      const bound = (n) => (n + 1) ** 2 * 2 ** -53;
      for (let i = 0; i < rows; i += 1) {
        const expected = x.reduce((sum, value, j) => sum + values[i * columns + j] * value, 1);
        assertClose(out[i], expected, bound(columns), `${rows} x ${columns}, row ${i}`);
      }
      for (let j = 0; j < columns; j += 1) {
        const expected = d.reduce((sum, value, i) => sum + values[i * columns + j] * value, 1);
        assertClose(transposed[j], expected, bound(rows), `${rows} x ${columns}, column ${j}`);
        assert.deepEqual([...matrix.transposed().row(j)], Array.from({ length: rows }, (_, i) => matrix.row(i)[j]));
      }
    }
  }
});

for (const architecture of architectures) {
  test(`${describeNetwork(architecture)}: each step matches the reference`, () => {
    const { model, reference } = makeNetworks(architecture);
    let state = model.network.initialState();
    for (const id of ids) {
      // From the same state, so that errors do not accumulate over time.
      const expected = reference.step(reference.embedding(id), state);
      const found = model.network.step(id, state);
      for (let layer = 0; layer < architecture.layers; layer += 1) {
        for (let n = 0; n < architecture.hidden; n += 1) {
          // Sums are float64. At most four stored factors and the result are rounded to float32; the slopes of the
          // functions are at most 1. An upper layer reads rounded states, with weights of at most 0.8 in 5 columns.
          const magnitude = 1 + Math.abs(expected[layer].cellState?.[n] ?? 0) +
            Math.abs(expected[layer].recurrentCandidate?.[n] ?? 0) + Math.abs(expected[layer].hiddenState[n]);
          const bound = 8 * u * magnitude * (1 + 0.8 * 5) ** layer;
          const at = `layer ${layer}, neuron ${n}`;
          assertClose(found[layer].hiddenState[n], expected[layer].hiddenState[n], bound, `${at}, h`);
          if (architecture.cell === "lstm") {
            assertClose(found[layer].cellState[n], expected[layer].cellState[n], bound, `${at}, c`);
          }
          expected[layer].gates.forEach((gate, index) => {
            assertClose(found[layer].gates[index][n], gate[n], bound, `${at}, gate ${index}`);
          });
        }
      }
      const logits = reference.logits(found);
      model.network.probabilities(found).forEach((p, k) => {
        // Two logits below 8 are rounded to float32.
        assertClose(Math.log(p), logProbability(logits, k), 2 * 8 * u, `log p ${k}`);
      });
      state = found;
    }
    assert.deepEqual(model.network.step(0, compactState(state)), model.network.step(0, state));
  });

  test(`${describeNetwork(architecture)}: influence matches central differences`, () => {
    const { model, reference } = makeNetworks(architecture);
    const position = ids.length - 1;

    /** Returns the states before each token and after the last, and the logits, with a change of embedding s. */
    function run(s, change) {
      const states = [reference.initialState()];
      for (let t = 0; t < position; t += 1) {
        const embedding = reference.embedding(ids[t]);
        states.push(reference.step(t === s ? change(embedding) : embedding, states[t]));
      }
      return { states, logits: reference.logits(states[position]) };
    }
    // The states are float64 here, so that only the logits are rounded to float32.
    const { states, logits } = run(-1);
    const influence = new Influence(model, { ids, stateBefore: (t) => states[t] }, position);
    let calls = 1;
    while (!influence.advance(0)) calls += 1;
    assert.equal(calls, position);

    const step = 1e-5;
    for (let s = 0; s < position; s += 1) {
      const embedding = reference.embedding(ids[s]);
      const gradient = [];
      let jacobian = 0;
      for (let i = 0; i < embedding.length; i += 1) {
        const [plus, minus] = [step, -step].map((change) => (
          run(s, (e) => e.map((value, j) => (i === j ? value + change : value))).logits
        ));
        const difference = (f) => (f(plus) - f(minus)) / (2 * step);
        gradient.push(difference((changed) => logProbability(changed, ids[position])));
        jacobian += plus.reduce((sum, _, k) => sum + difference((changed) => changed[k]) ** 2, 0);
      }
      // The differences are accurate to about 1e-9: their truncation error is of the order of step^2, their rounding
      // error 2^-53 / step. Rounding the logits, below L, changes p_k by at most 2 u L p_k, and so the gradient by at
      // most 2 u L times the norm of the Jacobian of the logits.
      const rounding = 2 * u * Math.max(...logits.map(Math.abs)) * Math.sqrt(jacobian);
      const norm = Math.hypot(...gradient);
      assertClose(influence.norms[s], norm, rounding + 1e-9 * Math.sqrt(gradient.length), `norm at ${s}`);
      const contribution = gradient.reduce((sum, value, i) => sum + value * embedding[i], 0);
      const size = Math.hypot(...embedding);
      assertClose(influence.contributions[s], contribution, (rounding + 1e-9) * (1 + size), `contribution at ${s}`);
    }

    // With the float32 states of a trace, errors stay below 2^10 roundings of the largest norm.
    const trace = new Trace(model, ids);
    while (!trace.advance(1000));
    const rounded = new Influence(model, trace, position);
    while (!rounded.advance(1000));
    const largest = Math.max(...influence.norms);
    rounded.norms.forEach((norm, s) => {
      assertClose(norm, influence.norms[s], 2 ** 10 * u * largest, `norm at ${s} with float32 states`);
    });
  });
}

test("influence reaches at most 400 tokens back", () => {
  const model = randomModel({ architecture: { cell: "rnn", layers: 1, hidden: 4 }, tokens, bound: 1, seed: 3 });
  const trace = new Trace(model, Array.from({ length: 450 }, (_, t) => t % tokens.length));
  while (!trace.advance(1000));
  const influence = new Influence(model, trace, 440);
  // The influence keeps what it needs of the trace.
  trace.extend([1]);
  while (!influence.advance(1));
  assert.equal(influence.norms.length, 440);
  assert.ok(influence.norms.slice(0, 40).every((norm) => norm === 0));
  assert.ok(influence.norms[439] > 0);
});

test("a trace has the probabilities of each token, and reuses a common prefix", () => {
  const { model } = makeNetworks(architectures[0]);
  const trace = new Trace(model, ids);
  assert.equal(trace.count, 0);
  let calls = 1;
  while (!trace.advance(0)) calls += 1;
  assert.equal(calls, ids.length);
  assert.equal(trace.count, ids.length);
  assert.ok(Number.isNaN(trace.surprisal[0]));
  assert.deepEqual(trace.predictions(0, 3), []);
  for (let t = 1; t <= ids.length; t += 1) {
    const probabilities = model.network.probabilities(trace.states[t - 1]);
    const predictions = trace.predictions(t, tokens.length);
    assert.equal(predictions.length, tokens.length);
    const total = predictions.reduce((sum, { probability }) => sum + probability, 0);
    assertClose(total, 1, 1e-12, "the sum of probabilities");
    predictions.forEach(({ id, probability }, i) => {
      assert.equal(probability, probabilities[id]);
      assert.ok(i === 0 || probability <= predictions[i - 1].probability);
    });
    if (t < ids.length) assert.equal(trace.surprisal[t], -Math.log2(probabilities[ids[t]]));
  }
  const [third, fourth] = trace.states.slice(2, 4);
  trace.extend([...ids.slice(0, 3), 9, 9]);
  assert.equal(trace.count, 3);
  while (!trace.advance(1000));
  assert.equal(trace.count, 5);
  assert.equal(trace.surprisal.length, 5);
  assert.equal(trace.states[2], third);
  assert.notEqual(trace.states[3], fourth);

  // Continued from a state, the first token has a prediction.
  const continued = new Trace(model, [9, 9], third);
  while (!continued.advance(1000));
  assert.deepEqual(continued.states, trace.states.slice(3));
  assert.deepEqual(continued.surprisal, trace.surprisal.slice(3));
  assert.deepEqual(continued.predictions(0, 2), trace.predictions(3, 2));
});

test("a skipped character changes neither states nor influence", () => {
  const { model } = makeNetworks(architectures[0]);
  const read = (tokenIDs) => {
    const trace = new Trace(model, tokenIDs);
    while (!trace.advance(1000));
    return trace;
  };
  const plain = read([3, 5, 7, 2]);
  const skipping = read([-1, 3, 5, -1, 7, -1, 2]);
  const kept = [1, 2, 4, 6];
  assert.deepEqual(kept.map((t) => skipping.states[t]), plain.states);
  assert.deepEqual(kept.slice(1).map((t) => skipping.surprisal[t]), plain.surprisal.slice(1));
  for (const t of [0, 3, 5]) assert.ok(Number.isNaN(skipping.surprisal[t]));
  const expected = new Influence(model, plain, 3);
  const influence = new Influence(model, skipping, 6);
  while (!expected.advance(1000));
  while (!influence.advance(1000));
  assert.deepEqual([1, 2, 4].map((t) => influence.norms[t]), [...expected.norms]);
  assert.deepEqual([1, 2, 4].map((t) => influence.contributions[t]), [...expected.contributions]);
  for (const t of [0, 3, 5]) assert.equal(influence.norms[t], 0);
});

test("the hidden state of ReLU has no upper bound", () => {
  const ranges = ["tanh", "relu"].map((activation) => {
    const { network } = randomModel({ architecture: { cell: "rnn", layers: 1, hidden: 2, activation }, tokens });
    return network.cell.quantities.map(({ key, range }) => [key, range]);
  });
  assert.deepEqual(ranges, [[["hiddenState", [-1, 1]]], [["hiddenState", null]]]);
});

test("quantities are the gates and states of a step", () => {
  const { model } = makeNetworks(architectures[0]);
  const [step] = model.network.step(3, model.network.initialState());
  const { cell } = model.network;
  assert.deepEqual(cell.quantities.map(({ key }) => key), [
    "forgetGate", "inputGate", "candidate", "outputGate", "cellState", "hiddenState",
  ]);
  assert.deepEqual(cell.quantities.map(({ value }) => value(step, 1)), [
    step.gates[1][1], step.gates[0][1], step.gates[2][1], step.gates[3][1], Math.tanh(step.cellState[1]),
    step.hiddenState[1],
  ]);
});
