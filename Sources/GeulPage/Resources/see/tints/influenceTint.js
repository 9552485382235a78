import { checkBox, namedOptions, segmented } from "../../app/controls.js";
import { h } from "../../app/dom.js";
import { createLineChart } from "../../app/lineChart.js";
import { formatSigned } from "../../app/numbers.js";
import { largestOf, sumOf } from "../../app/statistics.js";
import { t } from "../../app/strings.js";
import { contextList } from "../text/contextItem.js";

/** The decades that the logarithmic scale of the tints covers. */
const tintDecades = 4;

/** The number of characters in the list of the strongest influences. */
const strongestCount = 6;

/**
 * Colors characters by their influence on the prediction of the one at the cursor: the norm of the gradient of their
 * tokens, or the sum of their contributions.
 */
export const influenceTint = {
  name: "influence",
  prepare: (view) => view.readInfluence(),
  tints: ({ state, influence }, ranges) => (influence?.isDone ? influenceTints(influenceValues(ranges, influence, state), state) : []),
  legend: ({ state }) => (state.influence === "contributions"
    ? { isSigned: true, low: t("see.lowers"), high: t("see.raises") }
    : { isSigned: false, low: t("see.none"), high: t("see.strong") }),
  panelKey: ({ influence, state }) => [influence?.position, influence?.isDone, state.influence, state.isLogarithmic],
  panel: influencePanel,
};

/** Returns the norm or the contribution of each range of tokens before the position, from those of its tokens. */
function influenceValues(ranges, { position, task }, { influence }) {
  return ranges.filter(({ end }) => end <= position).map(({ start, end }) => (
    influence === "norms"
      ? Math.hypot(...task.norms.subarray(start, end))
      : sumOf(task.contributions.subarray(start, end))));
}

/** Returns the tints of influences, relative to the largest. */
function influenceTints(values, { isLogarithmic }) {
  const largest = largestOf(values);
  return values.map((value) => {
    const strength = largest > 0 ? Math.abs(value) / largest : 0;
    const tint = isLogarithmic ? Math.max(0, 1 + Math.log10(strength) / tintDecades) : strength;
    return Math.sign(value) * (strength > 0 ? tint : 0);
  });
}

/** Returns the choices, the norm by distance, and the characters with the strongest influence. */
function influencePanel(view) {
  const { state, influence } = view;
  const help = h("p", { text: t(`see.${state.influence}Help`) });
  const controls = influenceControls(view);
  if (!influence?.isDone) return [help, controls, h("p", { text: t(influence ? "see.computing" : "see.noInfluence") })];
  const strongest = influenceValues(view.window.characters, influence, state)
    .map((value, index) => ({ value, index }))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, strongestCount);
  const note = (value) => (state.influence === "norms" ? value.toPrecision(2) : formatSigned(value, 2));
  return [help, controls, h("div", { class: "columns" },
    normChart(view),
    h("div", {}, h("h3", { text: t("see.strongest") }),
      contextList(view, strongest.map(({ value, index }) => ({ index, note: note(value) })))))];
}

function influenceControls(view) {
  const { state } = view;
  const measure = segmented({
    label: t("see.influenceOf"), options: namedOptions("see", ["norms", "contributions"]),
    value: () => state.influence, onChange: (influence) => view.change({ influence }),
  });
  const scale = checkBox({
    label: t("see.logarithmic"), isChecked: state.isLogarithmic, onChange: (isLogarithmic) => view.change({ isLogarithmic }),
  });
  return h("div", { class: "controls" }, measure.element, scale);
}

/** Returns the chart of the norm of the gradient by the distance in tokens; it is kept, with what the reader chose in it. */
function normChart(view) {
  // Norms beyond the reach of the backpropagation are 0.
  const values = [...view.influence.task.norms].reverse().map((norm, index) => [index + 1, norm]).filter(([, norm]) => norm > 0);
  view.distanceChart ??= createLineChart({
    title: t("see.normByDistance"), xLabel: t("see.distance"), yLabel: t("see.norm"), isLogarithmic: true,
  });
  view.distanceChart.update({ series: [{ name: t("see.tint.influence"), values }] });
  return view.distanceChart.element;
}
