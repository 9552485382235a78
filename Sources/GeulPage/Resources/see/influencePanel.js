import { h, svg } from "../app/dom.js";
import { formatNumber, t } from "../app/strings.js";
import { contextItem, segmented } from "./parts.js";

/** The decades that the logarithmic scale of the tints covers. */
const tintDecades = 4;

/** Returns the norm and the contribution of each character before the position, from those of its tokens. */
export function characterInfluence({ window }, { position, influence }) {
  return window.characters.filter(({ end }) => end <= position).map(({ start, end }) => ({
    norm: Math.hypot(...influence.norms.subarray(start, end)),
    contribution: influence.contributions.subarray(start, end).reduce((a, b) => a + b, 0),
  }));
}

/** Returns the tints of the earlier characters: norms or contributions, relative to the largest. */
export function influenceTints(characters, { influence, isLogarithmic }) {
  const values = characters.map(({ norm, contribution }) => (influence === "norms" ? norm : contribution));
  const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return values.map((value) => {
    const strength = largest > 0 ? Math.abs(value) / largest : 0;
    const tint = isLogarithmic ? Math.max(0, 1 + Math.log10(strength) / tintDecades) : strength;
    return Math.sign(value) * (strength > 0 ? tint : 0);
  });
}

/** Returns the influence of earlier characters on the prediction of the one at the cursor. */
export function influencePanel(view, current) {
  const { state } = view;
  const controls = h("div", { class: "controls" },
    segmented(t("see.influenceOf"), ["norms", "contributions"].map((key) => [key, t(`see.${key}`)]),
      () => state.influence, (influence) => view.change({ influence })).element,
    h("label", { class: "check" }, h("input", { type: "checkbox", checked: state.isLogarithmic, on: {
      change: (event) => view.change({ isLogarithmic: event.target.checked }),
    } }), h("span", { text: t("see.logarithmic") })));
  const help = h("p", { text: t(`see.${state.influence}Help`) });
  if (!current) return [help, controls, h("p", { text: t("see.noInfluence") })];
  const characters = characterInfluence(view, current).map((value, index) => ({ ...value, index }));
  const size = ({ norm, contribution }) => (state.influence === "norms" ? norm : Math.abs(contribution));
  const strongest = characters.sort((a, b) => size(b) - size(a)).slice(0, 6);
  return [help, controls, h("div", { class: "columns" },
    h("figure", {}, h("figcaption", { text: t("see.normByDistance") }), distanceChart([...current.influence.norms].reverse())),
    h("div", {}, h("h3", { text: t("see.strongest") }), h("ol", { class: "contexts" }, strongest.map(({ norm, contribution, index }) => (
      contextItem(view, index, index + 1, state.influence === "norms" ? norm.toExponential(1) : signed(contribution)))))))];
}

function signed(value) {
  return `${value < 0 ? "−" : "+"}${formatNumber(Math.abs(value), 2)}`;
}

/** Draws norms by their distance, from 1, with a logarithmic axis. */
function distanceChart(norms) {
  const [width, height, left, bottom, top] = [360, 200, 44, 34, 8];
  const logarithms = norms.map((norm) => Math.log10(norm));
  const finite = logarithms.filter(Number.isFinite);
  if (finite.length === 0) return h("p", { text: t("see.noInfluence") });
  const high = Math.ceil(Math.max(...finite));
  const low = Math.max(high - 12, Math.min(high - 1, Math.floor(Math.min(...finite))));
  const x = (distance) => left + (width - left - 8) * (norms.length > 1 ? (distance - 1) / (norms.length - 1) : 0);
  const y = (logarithm) => top + (height - top - bottom) * (high - logarithm) / (high - low);
  const step = Math.ceil((high - low) / 6);
  const decades = Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, index) => high - index * step);
  const points = logarithms.map((logarithm, index) => [x(index + 1), y(Math.max(low, Math.max(-99, logarithm)))]);
  return svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": t("see.chartLabel", {
    near: norms[0].toExponential(1), far: norms.at(-1).toExponential(1), distance: norms.length,
  }) },
    decades.map((decade) => [
      svg("line", { class: "grid", x1: left, x2: width - 8, y1: y(decade), y2: y(decade) }),
      svg("text", { x: left - 6, y: y(decade) + 4, "text-anchor": "end" }, "10", svg("tspan", { dy: -5, "font-size": "9", text: String(decade).replace("-", "−") })),
    ]),
    svg("polyline", { points: points.map((point) => point.map((value) => value.toFixed(1)).join()).join(" ") }),
    points.length < 120 && points.map(([cx, cy]) => svg("circle", { cx: cx.toFixed(1), cy: cy.toFixed(1), r: 2 })),
    svg("text", { x: left, y: height - 16, "text-anchor": "middle", text: "1" }),
    norms.length > 1 && svg("text", { x: width - 8, y: height - 16, "text-anchor": "end", text: String(norms.length) }),
    svg("text", { x: (left + width) / 2, y: height - 3, "text-anchor": "middle", text: t("see.distance") }));
}
