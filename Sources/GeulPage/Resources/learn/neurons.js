import { h } from "../app/dom.js";
import { meanOf, varianceOf } from "../app/statistics.js";
import { t } from "../app/strings.js";
import { learnState } from "./reading.js";

/**
 * Returns the gates and states of one neuron over a reading, `[time]`, by their names in formulas: for an LSTM `f_t`,
 * `i_t`, `c~_t`, `o_t`, `c_t`, `c_{t-1}`, `tanh(c_t)` and the product `i_t * c~_t`; for a GRU `z_t`, `r_t`, `n_t` and
 * `1 - z_t`; for every cell `h_t` and `h_{t-1}`.
 */
export function neuronSeries(reading, { layer, index }) {
  const { network } = reading.model;
  const steps = reading.trace.states.map((state) => state[layer]);
  const gate = (number) => steps.map((step) => step.gates[number][index]);
  const shifted = (values) => [0, ...values.slice(0, -1)];
  const hidden = steps.map((step) => step.hiddenState[index]);
  const values = { "h_t": hidden, "h_{t-1}": shifted(hidden) };
  if (network.cellKind === "lstm") {
    const [i, f, candidate, o] = [0, 1, 2, 3].map(gate);
    const cell = steps.map((step) => step.cellState[index]);
    Object.assign(values, {
      "f_t": f, "i_t": i, "c~_t": candidate, "o_t": o, "c_t": cell, "c_{t-1}": shifted(cell), "tanh(c_t)": cell.map(Math.tanh),
      "i_t * c~_t": i.map((value, time) => value * candidate[time]),
    });
  } else if (network.cellKind === "gru") {
    const [r, z, candidate] = [0, 1, 2].map(gate);
    Object.assign(values, { "r_t": r, "z_t": z, "n_t": candidate, "1 - z_t": z.map((value) => 1 - value) });
  }
  return values;
}

/** Returns the mean of a gate over all neurons of a layer, `[time]`. */
export function meanGate(reading, layer, gate) {
  return reading.trace.states.map((state) => meanOf(state[layer].gates[gate]));
}

/** Returns the neurons of a layer whose hidden state has the largest variance over a reading, by descending variance. */
export function mostActive(reading, layer, count) {
  const { states } = reading.trace;
  return bestNeurons(reading, count, (index) => varianceOf(states.map((state) => state[layer].hiddenState[index])));
}

/** Returns the neurons of a layer whose forget gate (update gate of a GRU) has the largest mean; none for an RNN. */
function mostPersistent(reading, layer, count) {
  const gate = reading.model.network.cell.retentionGate;
  if (gate < 0) return [];
  const { states } = reading.trace;
  return bestNeurons(reading, count, (index) => meanOf(states.map((state) => state[layer].gates[gate][index])));
}

function bestNeurons(reading, count, score) {
  return Array.from({ length: reading.model.network.hiddenSize }, (_, index) => ({ index, score: score(index) }))
    .sort((a, b) => b.score - a.score || a.index - b.index).slice(0, count).map(({ index }) => index);
}

/**
 * Returns the neuron that the figures begin with: of the most persistent ones of the top layer, the one whose state
 * varies most.
 */
export function defaultNeuron(reading) {
  const layer = reading.model.network.layerCount - 1;
  const candidates = mostPersistent(reading, layer, 8);
  if (candidates.length === 0) return { layer, index: mostActive(reading, layer, 1)[0] };
  const memory = (state) => state[layer].cellState ?? state[layer].hiddenState;
  const variance = (index) => varianceOf(reading.trace.states.map((state) => Math.tanh(memory(state)[index])));
  return { layer, index: candidates.reduce((best, next) => (variance(next) > variance(best) ? next : best)) };
}

/** Creates the choice of a neuron: a list of persistent and active ones, and layer and number. */
export function createNeuronChoice(reading, onClose) {
  const { network } = reading.model;
  reading.neuron.value ??= defaultNeuron(reading);
  const layers = Array.from({ length: network.layerCount }, (_, layer) => network.layerCount - 1 - layer);
  const key = ({ layer, index }) => `${layer}-${index}`;
  const name = ({ layer, index }) => t("learn.neuronName", { layer: layer + 1, index });
  const groups = [["learn.persistent", mostPersistent, 4], ["learn.active", mostActive, 3]]
    .map(([label, select, count]) => [
      label, layers.flatMap((layer) => select(reading, layer, count).map((index) => ({ layer, index }))),
    ])
    .filter(([, neurons]) => neurons.length > 0);
  const list = h("select", { on: { change: () => choose(...list.value.split("-").map(Number)) } });
  const layerList = h("select", { on: { change: () => choose(Number(layerList.value), reading.neuron.value.index) } },
    layers.map((layer) => h("option", { value: layer, text: layer + 1 })));
  const number = h("input", { type: "number", min: 0, max: network.hiddenSize - 1, step: 1, on: { change: () => {
    choose(reading.neuron.value.layer, Math.max(0, Math.min(network.hiddenSize - 1, Math.round(Number(number.value) || 0))));
  } } });

  function choose(layer, index) {
    reading.neuron.value = { layer, index };
    learnState.neurons.set(reading.model, { layer, index });
  }

  function update() {
    const current = reading.neuron.value;
    const isListed = groups.some(([, neurons]) => neurons.some((neuron) => key(neuron) === key(current)));
    const options = (neurons) => neurons.map((neuron) => h("option", { value: key(neuron), text: name(neuron) }));
    list.replaceChildren(
      ...groups.map(([label, neurons]) => h("optgroup", { label: t(label) }, options(neurons))),
      ...(isListed ? [] : options([current])));
    list.value = key(current);
    layerList.value = String(current.layer);
    number.value = String(current.index);
  }

  onClose(reading.neuron.subscribe(update));
  update();
  return h("div", { class: "controls" },
    h("label", { class: "select" }, h("span", { text: t("learn.neuron") }), list),
    layers.length > 1 && h("label", { class: "select" }, h("span", { text: t("learn.layer") }), layerList),
    h("label", { class: "select" }, h("span", { text: t("learn.number") }), number));
}
