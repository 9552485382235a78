/**
 * Returns the gates and states of a layer over a traced text: `{ time, hidden, quantities, retention, state }`.
 *
 * `quantities` maps a key of engine/cells.js to `{ key, range, values, mean }`, with `values` `[hidden, time]` in one
 * Float32Array and `mean` `[time]` over all neurons. `retention` is the key of the forget or update gate, or null; `state`
 * that of the state that remembers.
 */
export function layerValues(trace, network, layer) {
  const { hiddenSize: hidden, cell } = network;
  const steps = trace.states.map((states) => states[layer]);
  const quantities = new Map(cell.quantities.map((quantity) => [quantity.key, quantityValues(quantity, steps, hidden)]));
  const retention = cell.retentionGate < 0 ? null : cell.quantities.find(({ gate }) => gate === cell.retentionGate).key;
  return { time: steps.length, hidden, quantities, retention, state: cell.hasCellState ? "cellState" : "hiddenState" };
}

/** Returns the values of a quantity of engine/cells.js in the steps of a layer. */
function quantityValues(quantity, steps, hidden) {
  const time = steps.length;
  const values = new Float32Array(hidden * time);
  const mean = new Float32Array(time);
  let largest = 1e-9;
  steps.forEach((step, t) => {
    // A skipped character at the beginning has no gates.
    if (quantity.gate >= 0 && step.gates.length === 0) return;
    let sum = 0;
    for (let neuron = 0; neuron < hidden; neuron++) {
      const value = quantity.value(step, neuron);
      values[neuron * time + t] = value;
      sum += value;
      if (value > largest) largest = value;
    }
    mean[t] = sum / hidden;
  });
  return { key: quantity.key, range: quantity.range ?? [0, largest], values, mean };
}

/** Returns the values of one neuron, `[time]`, without a copy. */
export function neuronValues({ time, quantities }, key, neuron) {
  return quantities.get(key).values.subarray(neuron * time, (neuron + 1) * time);
}
