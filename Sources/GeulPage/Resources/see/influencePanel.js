import { checkBox } from "../app/checkBox.js";
import { h } from "../app/dom.js";
import { createLineChart } from "../app/lineChart.js";
import { formatSigned } from "../app/numbers.js";
import { t } from "../app/strings.js";
import { contextItem, segmented } from "./parts.js";

/** The decades that the logarithmic scale of the tints covers. */
const tintDecades = 4;

/** Returns the norm and the contribution of each range of tokens before the position, from those of its tokens. */
export function influenceOf(ranges, { position, task }) {
  return ranges.filter(({ end }) => end <= position).map(({ start, end }) => ({
    norm: Math.hypot(...task.norms.subarray(start, end)),
    contribution: task.contributions.subarray(start, end).reduce((a, b) => a + b, 0),
  }));
}

/** Returns the tints of what `influenceOf` returns: norms or contributions, relative to the largest. */
export function influenceTints(influences, { influence, isLogarithmic }) {
  const values = influences.map(({ norm, contribution }) => (influence === "norms" ? norm : contribution));
  const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return values.map((value) => {
    const strength = largest > 0 ? Math.abs(value) / largest : 0;
    const tint = isLogarithmic ? Math.max(0, 1 + Math.log10(strength) / tintDecades) : strength;
    return Math.sign(value) * (strength > 0 ? tint : 0);
  });
}

/** Returns the influence of earlier characters on the prediction of the one at the cursor. */
export function influencePanel(view) {
  const { state, influence: current } = view;
  const controls = h("div", { class: "controls" },
    segmented(t("see.influenceOf"), ["norms", "contributions"].map((key) => [key, t(`see.${key}`)]),
      () => state.influence, (influence) => view.change({ influence })).element,
    checkBox({
      label: t("see.logarithmic"), isChecked: state.isLogarithmic, onChange: (isLogarithmic) => view.change({ isLogarithmic }),
    }));
  const help = h("p", { text: t(`see.${state.influence}Help`) });
  if (!current?.isDone) return [help, controls, h("p", { text: t(current ? "see.computing" : "see.noInfluence") })];
  const characters = influenceOf(view.window.characters, current).map((value, index) => ({ ...value, index }));
  const size = ({ norm, contribution }) => (state.influence === "norms" ? norm : Math.abs(contribution));
  const strongest = characters.sort((a, b) => size(b) - size(a)).slice(0, 6);
  // Norms beyond the reach of the backpropagation are 0.
  const distances = [...current.task.norms].reverse().map((norm, index) => [index + 1, norm]).filter(([, norm]) => norm > 0);
  view.distanceChart ??= createLineChart({
    title: t("see.normByDistance"), xLabel: t("see.distance"), yLabel: t("see.norm"), isLogarithmic: true,
  });
  view.distanceChart.update({ series: [{ name: t("see.tint.influence"), values: distances }] });
  return [help, controls, h("div", { class: "columns" },
    view.distanceChart.element,
    h("div", {}, h("h3", { text: t("see.strongest") }), h("ol", { class: "contexts" }, strongest.map(({ norm, contribution, index }) => (
      contextItem(view, index, index + 1, state.influence === "norms" ? norm.toPrecision(2) : formatSigned(contribution, 2)))))))];
}
