import { correlationOf, meanOf, varianceOf } from "../../app/statistics.js";
import { neuronValues } from "./layerValues.js";

/**
 * Returns the neurons of a layer in an order:
 * - "activity": descending variance of the hidden state,
 * - "persistence": descending mean of the forget or update gate,
 * - "selection": descending absolute correlation of the state with the selected tokens `{ start, end }`,
 * - "index": by number.
 */
export function orderNeurons(layer, order, selection = null) {
  const neurons = Array.from({ length: layer.hidden }, (_, neuron) => neuron);
  const isSelected = new Float32Array(layer.time);
  if (selection) isSelected.fill(1, selection.start, selection.end);
  const score = {
    activity: (neuron) => varianceOf(neuronValues(layer, "hiddenState", neuron)),
    persistence: layer.retention && ((neuron) => meanOf(neuronValues(layer, layer.retention, neuron))),
    selection: selection && ((neuron) => Math.abs(correlationOf(neuronValues(layer, layer.state, neuron), isSelected))),
  }[order];
  if (!score) return neurons;
  const scores = neurons.map(score);
  return neurons.sort((a, b) => scores[b] - scores[a] || a - b);
}
