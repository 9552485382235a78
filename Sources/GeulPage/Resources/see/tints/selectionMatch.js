import { sumOf } from "../../app/statistics.js";
import { neuronValues } from "../layers/layerValues.js";

/** Returns 1 if a neuron is on at a value, -1 if it is on with a negative value, and 0 if it is off. */
function onSign(value, threshold) {
  return value >= threshold ? 1 : value <= -threshold ? -1 : 0;
}

/**
 * Returns the neurons that are on in all selected tokens with the same sign, as in LSTMVis (Strobelt et al. 2018, "LSTMVis:
 * A Tool for Visual Analysis of Hidden State Dynamics in Recurrent Neural Networks").
 *
 * With `isExclusive`, they are off, or on with the other sign, at the tokens just before and just after the selection.
 *
 * @param key The quantity that is compared with the threshold.
 * @returns `[{ neuron, sign, contrast }]` by descending contrast: the mean in the selection minus that elsewhere, times the sign.
 */
export function neuronsOnIn(layer, key, { start, end }, threshold, isExclusive) {
  const result = [];
  for (let neuron = 0; neuron < layer.hidden; neuron++) {
    const values = neuronValues(layer, key, neuron);
    const sign = onSign(values[start], threshold);
    const isOn = (t) => onSign(values[t], threshold) === sign;
    if (sign === 0 || !values.subarray(start, end).every((_, index) => isOn(start + index))) continue;
    if (isExclusive && ((start > 0 && isOn(start - 1)) || (end < layer.time && isOn(end)))) continue;
    const inside = sumOf(values.subarray(start, end));
    const outside = (sumOf(values) - inside) / Math.max(1, layer.time - (end - start));
    result.push({ neuron, sign, contrast: sign * (inside / (end - start) - outside) });
  }
  return result.sort((a, b) => b.contrast - a.contrast || a.neuron - b.neuron);
}

/** The part of the neurons that must be on together. */
const matchingPart = 0.75;

/**
 * Returns where neurons of `neuronsOnIn` are on together with their signs: `{ parts, places }`.
 *
 * `parts` `[time]` is the part of the neurons that are on. `places` are the longest ranges outside the selection where it is
 * at least `matchingPart`, `[{ start, end, part }]` by descending mean part, then by similarity of their length.
 */
export function matchingPlaces(layer, key, neurons, selection, threshold) {
  const parts = new Float32Array(layer.time);
  for (const { neuron, sign } of neurons) {
    neuronValues(layer, key, neuron).forEach((value, t) => {
      if (onSign(value, threshold) === sign) parts[t] += 1 / neurons.length;
    });
  }
  const places = [];
  for (let start = 0; start < layer.time; start++) {
    let end = start;
    let sum = 0;
    // Sums of thirds are not exact.
    while (end < layer.time && parts[end] >= matchingPart - 1e-4) sum += parts[end++];
    if (end === start) continue;
    if (end <= selection.start || start >= selection.end) places.push({ start, end, part: sum / (end - start) });
    start = end;
  }
  const length = selection.end - selection.start;
  const difference = ({ start, end }) => Math.abs(end - start - length);
  places.sort((a, b) => b.part - a.part || difference(a) - difference(b) || a.start - b.start);
  return { parts, places };
}
