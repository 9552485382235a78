import { correlationOf, meanOf, varianceOf } from "../app/statistics.js";

/**
 * The gates and states of a layer over a traced text.
 *
 * Returns `{ time, hidden, quantities, states }`: `quantities` maps a key of engine/cells.js to `{ key, range, values, mean }`
 * with `values` `[hidden, time]` in one Float32Array and `mean` `[time]` over all neurons.
 */
export function layerValues(trace, network, layer) {
  const { hiddenSize: hidden, cell } = network;
  const time = trace.count;
  const quantities = new Map(cell.quantities.map((quantity) => {
    const values = new Float32Array(hidden * time);
    const mean = new Float32Array(time);
    let largest = 1e-9;
    for (let t = 0; t < time; t++) {
      const step = trace.states[t][layer];
      // A skipped character at the beginning has no gates.
      if (quantity.gate >= 0 && step.gates.length === 0) continue;
      let sum = 0;
      for (let neuron = 0; neuron < hidden; neuron++) {
        const value = quantity.value(step, neuron);
        values[neuron * time + t] = value;
        sum += value;
        if (value > largest) largest = value;
      }
      mean[t] = sum / hidden;
    }
    return [quantity.key, { key: quantity.key, range: quantity.range ?? [0, largest], values, mean }];
  }));
  const retention = cell.retentionGate < 0 ? null : cell.quantities.find(({ gate }) => gate === cell.retentionGate).key;
  return { time, hidden, quantities, retention, state: cell.hasCellState ? "cellState" : "hiddenState" };
}

/** Returns the values of one neuron, `[time]`, without a copy. */
export function neuronValues({ time, quantities }, key, neuron) {
  return quantities.get(key).values.subarray(neuron * time, (neuron + 1) * time);
}

/**
 * Returns the neurons of a layer in an order:
 * - "activity": descending variance of the hidden state,
 * - "persistence": descending mean of the forget or update gate,
 * - "selection": descending absolute correlation of the state with the selected tokens `{ start, end }`,
 * - "index": by number.
 */
export function orderNeurons(layer, order, selection = null) {
  const neurons = Array.from({ length: layer.hidden }, (_, neuron) => neuron);
  const isSelected = Float32Array.from({ length: layer.time }, (_, t) => Number(selection && t >= selection.start && t < selection.end));
  const score = {
    activity: (neuron) => varianceOf(neuronValues(layer, "hiddenState", neuron)),
    persistence: layer.retention && ((neuron) => meanOf(neuronValues(layer, layer.retention, neuron))),
    selection: selection && ((neuron) => Math.abs(correlationOf(neuronValues(layer, layer.state, neuron), isSelected))),
  }[order];
  if (!score) return neurons;
  const scores = neurons.map(score);
  return neurons.sort((a, b) => scores[b] - scores[a] || a - b);
}
