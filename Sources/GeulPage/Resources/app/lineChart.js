import { h, svg } from "./dom.js";
import { formatNumber, t } from "./strings.js";

/** The height of a chart and the space around its plot, in CSS pixels. */
const chartHeight = 240;
const chartMargin = { top: 10, right: 14, bottom: 42, left: 58 };

/** Dash patterns that tell the series apart without color; the colors are in style/chart.css. */
export const dashPatterns = ["none", "7 4", "2 3", "9 3 2 3", "1 5", "12 3 2 3 2 3"];

/**
 * Creates a figure with a line chart, as wide as its container.
 *
 * @param options
 * - `title`, `xLabel`, `yLabel`: texts.
 * - `series`: `[{ name, values }]`, `values`: `[[x, y], ...]` in ascending order of x. A line has a gap where y is not finite or, on
 *   a logarithmic axis, not positive.
 * - `logarithmic`: true for a logarithmic y axis.
 * - `marker`: an x at which a vertical line stands; null for none.
 */
export function createLineChart({ title, xLabel, yLabel, logarithmic = false, series, marker = null }) {
  const points = series.map(({ values }) => values.map(([x, y]) => [x, Number.isFinite(y) && (!logarithmic || y > 0) ? y : NaN]));
  const summary = series.map(({ name }, index) => describeSeries(name, points[index])).join(" ");
  const plot = h("div", { class: "plot" });
  const draw = (width) => plot.replaceChildren(drawChart({ points, xLabel, yLabel, logarithmic, marker, width,
    description: `${title}. ${summary}` }));
  draw(480);
  new ResizeObserver(([{ contentRect }]) => contentRect.width > 0 && draw(contentRect.width)).observe(plot);
  return h("figure", { class: "chart" }, h("figcaption", {},
    h("span", { text: title }),
    h("span", { class: "series-names" }, series.map(({ name }, index) => h("span", {},
      svg("svg", { width: 30, height: 10, "aria-hidden": "true" },
        svg("path", { d: "M0 5H30", class: `series series-${index % 6}`, "stroke-dasharray": dashPatterns[index % 6] })), name)))), plot);
}

/** Returns what a screen reader says of a series. */
function describeSeries(name, points) {
  const values = points.map((point) => point[1]).filter(Number.isFinite);
  if (values.length === 0) return `${name}: –.`;
  const format = (value) => formatNumber(value, Math.abs(value) >= 100 || value === 0 ? 0 : Math.abs(value) >= 0.1 ? 2 : 6);
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return t("page.series", { name, first: format(values[0]), last: format(values.at(-1)), low: format(low), high: format(high) });
}

function drawChart({ points, xLabel, yLabel, logarithmic, marker, width, description }) {
  const { top, right, bottom, left } = chartMargin;
  const xs = points.flatMap((values) => values.map((point) => point[0]));
  const yRange = rangeOf(points.flatMap((values) => values.map((point) => point[1])).filter(Number.isFinite), logarithmic ? 2 : 0);
  const xTicks = linearTicks(...rangeOf(xs), Math.max(2, Math.floor(width / 90)), 1);
  const yTicks = logarithmic ? logarithmicTicks(...yRange) : linearTicks(...yRange, 5, 0);
  const x = axisScale(rangeOf(xs), left, width - right);
  const yEnds = rangeOf([...yRange, ...yTicks.values]);
  const yScale = axisScale(logarithmic ? yEnds.map(Math.log) : yEnds, chartHeight - bottom, top);
  const y = logarithmic ? (value) => yScale(Math.log(value)) : yScale;
  const plotBottom = chartHeight - bottom;
  return svg("svg", { width, height: chartHeight, viewBox: `0 0 ${width} ${chartHeight}`, role: "img", "aria-label": description },
    yTicks.values.map((value) => [
      svg("path", { class: "grid", d: `M${left} ${y(value).toFixed(1)}H${width - right}` }),
      svg("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end", text: yTicks.format(value) }),
    ]),
    xTicks.values.map((value) => [
      svg("path", { class: "axis", d: `M${x(value).toFixed(1)} ${plotBottom}v4` }),
      svg("text", { x: x(value), y: plotBottom + 17, "text-anchor": "middle", text: xTicks.format(value) }),
    ]),
    svg("path", { class: "axis", d: `M${left} ${top}V${plotBottom}H${width - right}` }),
    svg("text", { x: (left + width - right) / 2, y: chartHeight - 6, "text-anchor": "middle", text: xLabel }),
    svg("text", { transform: `translate(13 ${(top + plotBottom) / 2}) rotate(-90)`, "text-anchor": "middle", text: yLabel }),
    marker !== null && svg("path", { class: "marker", d: `M${x(marker).toFixed(1)} ${top}V${plotBottom}` }),
    points.map((values, index) => svg("path", {
      class: `series series-${index % 6}`, "stroke-dasharray": dashPatterns[index % 6], d: linePath(values, x, y),
    })));
}

/** Returns the path of a line with gaps where y is NaN; a lone point is a cross. */
function linePath(values, x, y) {
  let path = "";
  let isDrawing = false;
  for (let index = 0; index < values.length; index++) {
    const [px, py] = values[index];
    if (Number.isFinite(py)) {
      const isAlone = !isDrawing && !Number.isFinite(values[index + 1]?.[1]);
      path += `${isDrawing ? "L" : "M"}${x(px).toFixed(1)} ${y(py).toFixed(1)}${isAlone ? "m-4 0h8m-4 -4v8" : ""}`;
    }
    isDrawing = Number.isFinite(py);
  }
  return path;
}

function axisScale([low, high], start, end) {
  return (value) => (high > low ? start + ((value - low) / (high - low)) * (end - start) : (start + end) / 2);
}

/** Returns the least and the greatest value. Equal ones are moved apart by a positive `factor`, or by 1 if that is 0; not if it is null. */
function rangeOf(values, factor = null) {
  if (values.length === 0) return [0.1, 1];
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  if (low < high || factor === null) return [low, high];
  return factor > 0 ? [low / factor, high * factor] : [low - 1, high + 1];
}

/** Returns about `count` multiples of 1, 2 or 5 times a power of ten, at least `smallestStep` apart. */
function linearTicks(low, high, count, smallestStep) {
  const rough = Math.max((high - low) / count, smallestStep, 1e-9);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough * 0.999);
  const values = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) values.push(n * step);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  // Adding 0 turns -0 into 0.
  return { values, format: (value) => formatNumber(value + 0, digits) };
}

/** Returns the powers of ten in a range, or every second one and so on if there are many. */
function logarithmicTicks(low, high) {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.ceil(Math.log10(high) - 1e-9);
  const step = Math.max(1, Math.ceil((last - first) / 5));
  const values = [];
  for (let exponent = first; exponent <= last; exponent += step) values.push(10 ** exponent);
  const superscript = (exponent) => [...String(exponent)].map((digit) => (digit === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)])).join("");
  return { values, format: (value) => `10${superscript(Math.round(Math.log10(value)))}` };
}
