import { checkBox, slider } from "../../app/controls.js";
import { h } from "../../app/dom.js";
import { meanOf } from "../../app/statistics.js";
import { formatNumber, t } from "../../app/strings.js";
import { contextItem } from "../text/contextItem.js";
import { characterRange, selectedRange } from "../windowPositions.js";
import { matchingPlaces, neuronsOnIn } from "./selectionMatch.js";

/** The numbers of neurons and of places in the lists. */
const neuronCount = 24;
const placeCount = 12;

/**
 * Colors characters by the part of the neurons of the selection that are on in them, the mean over their tokens; outlines
 * the places that match the selection.
 */
export const matchesTint = {
  name: "matches",
  prepare(view) {
    view.matches = selectionMatches(view);
  },
  tints: ({ matches }, ranges) => (matches?.neurons.length > 0
    ? ranges.map(({ start, end }) => meanOf(matches.parts.subarray(start, end))) : []),
  marks({ matches, window }) {
    const ranges = (matches?.places ?? []).map((place) => characterRange(window, place));
    return new Set(ranges.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, index) => start + index)));
  },
  legend: () => ({ isSigned: false, low: "0%", high: t("see.legendMatches") }),
  panelKey: ({ state }) => [state.layer],
  panel: matchesPanel,
  updatePanel: (view, element) => showMatches(view, element.querySelector(".results")),
};

/** Returns the neurons of the selection and the places that match; null without selection. */
function selectionMatches(view) {
  const { layer, state } = view;
  const selection = selectedRange(view);
  if (!layer || !selection || selection.end > layer.time) return null;
  const neurons = neuronsOnIn(layer, layer.state, selection, state.threshold, state.isExclusive);
  return { neurons, ...matchingPlaces(layer, layer.state, neurons, selection, state.threshold) };
}

/** Returns the choices and the results. Only the results change with the choices and the selection: a slider stays. */
function matchesPanel(view) {
  const { state, layer } = view;
  const results = h("div", { class: "results" });
  showMatches(view, results);
  return [
    h("p", { text: t("see.matchesHelp", { state: t(`see.${layer.state}`) }) }),
    h("div", { class: "controls" },
      slider({
        label: t("see.threshold"), min: 0.05, max: 0.95, step: 0.05, value: state.threshold,
        format: (value) => formatNumber(value, 2), onInput: (threshold) => view.change({ threshold }),
      }),
      checkBox({
        label: t("see.exclusive"), isChecked: state.isExclusive, onChange: (isExclusive) => view.change({ isExclusive }),
      })),
    results,
  ];
}

/** Shows the neurons that are on in the selection, and the other places where they are on. */
function showMatches(view, element) {
  const { matches } = view;
  const missing = !matches ? "see.noSelection" : matches.neurons.length === 0 ? "see.noneOn" : null;
  element.replaceChildren(missing ? h("p", { text: t(missing) })
    : h("div", { class: "columns" }, neuronList(view, matches.neurons), placeList(view, matches.places)));
}

function neuronList(view, neurons) {
  const neuronButton = ({ neuron, sign, contrast }) => {
    const value = formatNumber(contrast, 2);
    return h("button", {
      type: "button", dataset: { neuron, sign }, title: t("see.contrast", { value }),
      "aria-label": t(sign > 0 ? "see.onHigh" : "see.onLow", { neuron, value }),
      on: { click: () => view.change({ neuron, quantity: view.layer.state, tint: "neuron" }) },
    }, `${sign > 0 ? "+" : "−"}${neuron} `, h("small", { text: value }));
  };
  return h("div", {}, h("h3", { text: t("see.neuronsOn", { count: neurons.length }) }),
    h("div", { class: "neurons" }, neurons.slice(0, neuronCount).map(neuronButton)));
}

function placeList(view, places) {
  const items = places.slice(0, placeCount).map((place) => (
    contextItem(view, characterRange(view.window, place), `${formatNumber(place.part * 100)} %`)));
  return h("div", {}, h("h3", { text: t("see.places", { count: places.length }) }),
    places.length === 0 ? h("p", { text: t("see.noPlaces") }) : h("ol", { class: "contexts" }, items));
}
