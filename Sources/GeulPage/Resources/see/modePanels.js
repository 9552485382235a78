import { checkBox } from "../app/checkBox.js";
import { h, selectBox, slider } from "../app/dom.js";
import { formatNumber, t } from "../app/strings.js";
import { neuronValues } from "./layerValues.js";
import { contextItem } from "./parts.js";
import { matchingPlaces, neuronsOnIn } from "./selectionMatch.js";

/** The number of places and neurons in a list. */
const listLength = 12;

/** Returns the most surprising characters of the window. */
export function surprisePanel(view) {
  const { surprisals } = view;
  const known = surprisals.map((bits, index) => ({ bits, index })).filter(({ bits }) => !Number.isNaN(bits));
  const total = known.reduce((sum, { bits }) => sum + bits, 0);
  if (known.length === 0) return [];
  return [
    h("p", { text: t("see.meanSurprisal", { bits: formatNumber(total / known.length, 2), count: formatNumber(known.length) }) }),
    h("h3", { text: t("see.mostSurprising") }),
    h("ol", { class: "contexts" }, known.sort((a, b) => b.bits - a.bits).slice(0, 6).map(({ bits, index }) => (
      contextItem(view, index, index + 1, t("see.bits", { bits: formatNumber(bits, 1) }))))),
  ];
}

/** Returns the choice of a neuron and of its quantity, and the tokens at which it is highest and lowest. */
export function neuronPanel(view) {
  const { state, layer, model } = view;
  const input = h("input", {
    type: "number", min: 0, max: layer.hidden - 1, value: state.neuron ?? "", on: { change: () => {
      const neuron = Math.round(Number(input.value));
      if (input.value !== "" && neuron >= 0 && neuron < layer.hidden) view.change({ neuron });
    } },
  });
  const extremes = () => {
    const values = [...neuronValues(layer, state.quantity, state.neuron)].map((value, index) => ({ value, index }));
    values.sort((a, b) => b.value - a.value || a.index - b.index);
    const list = (title, items) => h("div", {}, h("h3", { text: title }), h("ol", { class: "contexts" }, items.map(({ value, index }) => {
      const character = view.characterOf(index);
      return contextItem(view, character, character + 1, formatNumber(value, 2));
    })));
    return h("div", { class: "columns" }, list(t("see.highest"), values.slice(0, 5)), list(t("see.lowest"), values.reverse().slice(0, 5)));
  };
  return [
    h("div", { class: "controls" },
      h("label", { class: "select" }, h("span", { text: t("see.neuron") }), input),
      selectBox({
        label: t("see.quantity"), value: state.quantity, onChange: (quantity) => view.change({ quantity }),
        options: model.network.cell.quantities.map(({ key }) => [key, t(`see.${key}`)]),
      })),
    state.neuron === null ? h("p", { text: t("see.noNeuron") }) : extremes(),
  ];
}

/** Returns the neurons that are on in the selection only, and other places where they are on; the places mark the text. */
export function matchesPanel(view, matches) {
  const { state } = view;
  const controls = h("div", { class: "controls" },
    slider({
      label: t("see.threshold"), min: 0.05, max: 0.95, step: 0.05, value: state.threshold, format: (value) => formatNumber(value, 2),
      onInput: (threshold) => view.change({ threshold }),
    }),
    checkBox({ label: t("see.exclusive"), isChecked: state.isExclusive, onChange: (isExclusive) => view.change({ isExclusive }) }));
  const results = h("div", { class: "results" });
  showMatches(view, matches, results);
  return [h("p", { text: t("see.matchesHelp", { state: t(`see.${view.layer.state}`) }) }), controls, results];
}

/** Shows the result of `selectionMatches` in an element. */
export function showMatches(view, matches, element) {
  if (!matches) return element.replaceChildren(h("p", { text: t("see.noSelection") }));
  const { neurons, places } = matches;
  if (neurons.length === 0) return element.replaceChildren(h("p", { text: t("see.noneOn") }));
  const characterRange = ({ start, end }) => [view.characterOf(start), view.characterOf(end - 1) + 1];
  element.replaceChildren(h("div", { class: "columns" },
    h("div", {}, h("h3", { text: t("see.neuronsOn", { count: neurons.length }) }),
      h("div", { class: "neurons" }, neurons.slice(0, 2 * listLength).map(({ neuron, sign, contrast }) => h("button", {
        type: "button", dataset: { neuron, sign }, title: t("see.contrast", { value: formatNumber(contrast, 2) }),
        "aria-label": t(sign > 0 ? "see.onHigh" : "see.onLow", { neuron, value: formatNumber(contrast, 2) }),
        on: { click: () => view.change({ neuron, quantity: view.layer.state, tint: "neuron" }) },
      }, `${sign > 0 ? "+" : "−"}${neuron} `, h("small", { text: formatNumber(contrast, 2) }))))),
    h("div", {}, h("h3", { text: t("see.places", { count: places.length }) }),
      places.length === 0 ? h("p", { text: t("see.noPlaces") })
        : h("ol", { class: "contexts" }, places.slice(0, listLength).map((place) => (
          contextItem(view, ...characterRange(place), `${formatNumber(place.part * 100)} %`)))))));
}

/** Returns the neurons of the selection and the places that match; null without selection. */
export function selectionMatches({ layer, state, selectionRange }) {
  const selection = selectionRange();
  if (!selection || selection.end > layer.time) return null;
  const neurons = neuronsOnIn(layer, layer.state, selection, state.threshold, state.isExclusive);
  return { neurons, ...matchingPlaces(layer, layer.state, neurons, selection, state.threshold) };
}

