import { namedOptions, selectBox } from "../../app/controls.js";
import { h } from "../../app/dom.js";
import { meanOf } from "../../app/statistics.js";
import { formatNumber, t } from "../../app/strings.js";
import { scaled } from "../layers/colorScale.js";
import { neuronValues } from "../layers/layerValues.js";
import { contextList } from "../text/contextItem.js";
import { characterOf } from "../windowPositions.js";

/** The number of tokens in the lists of the highest and the lowest values. */
const extremeCount = 5;

/** Colors characters by the value of a neuron: the mean over their tokens. */
export const neuronTint = {
  name: "neuron",
  tints({ state, layer }, ranges) {
    if (!layer || state.neuron === null) return [];
    const values = neuronValues(layer, state.quantity, state.neuron);
    const { range } = layer.quantities.get(state.quantity);
    return ranges.map(({ start, end }) => scaled(meanOf(values.subarray(start, end)), range));
  },
  legend({ state, layer }) {
    const [low, high] = layer?.quantities.get(state.quantity).range ?? [0, 1];
    return { isSigned: low < 0, low: low < 0 ? "−1" : "0", high: high === 1 ? "1" : formatNumber(high, 2) };
  },
  panelKey: ({ state }) => [state.layer, state.neuron, state.quantity],
  panel: neuronPanel,
};

/** Returns the choice of a neuron and of its quantity, and the tokens at which it is highest and lowest. */
function neuronPanel(view) {
  const { state, model } = view;
  const quantityChoice = selectBox({
    label: t("see.quantity"), value: state.quantity, onChange: (quantity) => view.change({ quantity }),
    options: namedOptions("see", model.network.cell.quantities.map(({ key }) => key)),
  });
  return [
    h("div", { class: "controls" }, neuronInput(view), quantityChoice),
    state.neuron === null ? h("p", { text: t("see.noNeuron") }) : extremes(view),
  ];
}

function neuronInput(view) {
  const { hidden } = view.layer;
  const input = h("input", {
    type: "number", min: 0, max: hidden - 1, value: view.state.neuron ?? "", on: { change: () => {
      const neuron = Math.round(Number(input.value));
      if (input.value !== "" && neuron >= 0 && neuron < hidden) view.change({ neuron });
    } },
  });
  return h("label", { class: "select" }, h("span", { text: t("see.neuron") }), input);
}

/** Returns lists of the tokens at which the neuron is highest and lowest. */
function extremes(view) {
  const { state, layer, window } = view;
  const values = [...neuronValues(layer, state.quantity, state.neuron)].map((value, index) => ({ value, index }));
  values.sort((a, b) => b.value - a.value || a.index - b.index);
  const list = (title, tokens) => h("div", {}, h("h3", { text: title }), contextList(view, tokens.map(({ value, index }) => (
    { index: characterOf(window, index), note: formatNumber(value, 2) }))));
  return h("div", { class: "columns" },
    list(t("see.highest"), values.slice(0, extremeCount)),
    list(t("see.lowest"), values.reverse().slice(0, extremeCount)));
}
