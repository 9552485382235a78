import { integers, meanOf } from "../../app/numbers.js";
import { neuronValues } from "./layerValues.js";

/**
 * Returns the neurons of a layer in an order:
 * - "activity": descending variance of the hidden state,
 * - "persistence": descending mean of the forget or update gate,
 * - "selection": descending absolute correlation of the state with the selected tokens `{ start, end }`,
 * - "index": by number.
 */
export function orderNeurons(layer, order, selection = null) {
  const neurons = integers(0, layer.hidden);
  const isSelected = new Float32Array(layer.time);
  if (selection) isSelected.fill(1, selection.start, selection.end);
  const score = {
    activity: (neuron) => variance(neuronValues(layer, "hiddenState", neuron)),
    persistence: layer.retention && ((neuron) => meanOf(neuronValues(layer, layer.retention, neuron))),
    selection: selection && ((neuron) => Math.abs(correlation(neuronValues(layer, layer.state, neuron), isSelected))),
  }[order];
  if (!score) return neurons;
  const scores = neurons.map(score);
  return neurons.sort((a, b) => scores[b] - scores[a] || a - b);
}

function variance(values) {
  const mean = meanOf(values);
  return meanOf(Array.from(values, (value) => (value - mean) ** 2));
}

/** Returns Pearson's correlation of two rows of values; 0 if one is constant. */
function correlation(a, b) {
  const [meanA, meanB] = [meanOf(a), meanOf(b)];
  const covariance = meanOf(Array.from(a, (value, t) => (value - meanA) * (b[t] - meanB)));
  const scale = Math.sqrt(variance(a) * variance(b));
  return scale > 0 ? covariance / scale : 0;
}
