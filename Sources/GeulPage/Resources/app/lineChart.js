import { linearAxis, logarithmicAxis } from "./chartAxes.js";
import { h, svg } from "./dom.js";
import { plainText, richText } from "./formula.js";
import { formatScientific, formatSignificant } from "./numbers.js";
import { formatNumber, t } from "./strings.js";
import { createTable } from "./table.js";

/** The space around the plot, in CSS pixels: `left` and `right` keep half of a label inside. */
const plotMargin = { top: 10, right: 10, bottom: 22, left: 12 };
/** The width of the numbers of the vertical axis, and of its label. */
const numbersWidth = 36;
const yLabelWidth = 18;
/** The number of colors and dash patterns of lines in style/chart.css. */
const lineStyles = 6;

/**
 * Creates a figure with a line chart as wide as its container, a legend and a table of its numbers: `{ element, update }`.
 *
 * `update` draws what is given to it and what was given before:
 * - `title`: the title; without it, the one of the options,
 * - `series`: `[{ name, values, points }]`, `values`: `[[x, y], ...]` with the same ascending x in all series. A line has a gap where
 *   y is not finite or not on the axis. `points`: further `[x, y]` that are not joined by the line; optional,
 * - `range`: `[low, high]` of the vertical axis; without it, that of the values,
 * - `labels`: `[{ text, start, end }]` below the whole numbers x in [start, end); without them, numbers,
 * - `cursor`: an x that is marked; null for none.
 *
 * Names and labels of axes may contain formulas between backticks.
 *
 * @param options
 * - `title`: also what a screen reader says of the chart; `showsTitle`: false if it is visible elsewhere.
 * - `xLabel`, `yLabel`: names of the axes; optional. `isLogarithmic`: true for a logarithmic vertical axis.
 * - `height`: of the plot with the labels below it, in CSS pixels.
 * - `onSelect`: gets the whole number x at which the chart is clicked; optional.
 */
export function createLineChart({
  title = "", showsTitle = true, xLabel = "", yLabel = "", isLogarithmic = false, height = 220, onSelect = null,
}) {
  const caption = h("figcaption");
  const scroller = h("div", { class: "plots" });
  const rows = h("div", { class: "rows", tabindex: "0", role: "group" });
  const details = h("details", { class: "chart-data", on: { toggle: showNumbers } }, h("summary", { text: t("page.numbers") }), rows);
  const element = h("figure", { class: "chart" }, caption, scroller, h("div", { class: "x-label" }, richText(xLabel)), details);
  const axisWidth = numbersWidth + (yLabel ? yLabelWidth : 0);
  let shown = { title, series: [], range: null, labels: null, cursor: null };
  let drawnWidth = 0;

  function update(next) {
    shown = { ...shown, ...next };
    caption.replaceChildren(
      h("div", { text: showsTitle ? shown.title : "" }),
      h("div", { class: "series-names" }, shown.series.map(({ name }, index) => h("span", {},
        svg("svg", { width: 28, height: 10, "aria-hidden": "true" }, svg("path", { class: `series ${lineStyle(index)}`, d: "M1 5H27" })),
        h("span", {}, richText(name))))));
    rows.setAttribute("aria-label", shown.title);
    draw();
    showNumbers();
  }

  function draw() {
    const { series, labels, cursor } = shown;
    drawnWidth = scroller.clientWidth || 480;
    const space = plotMargin.left + plotMargin.right;
    // A chart whose labels do not fit into its container is scrolled.
    const width = Math.max(drawnWidth - axisWidth, labels ? space + labels.at(-1).end * labelWidth(labels) : 0);
    const xs = series.flatMap(({ values }) => values.map(([x]) => x));
    const [first, last] = labels ? [-0.5, labels.at(-1).end - 0.5] : extent(xs, [0, 1]);
    const xAxis = linearAxis(first, last, { count: Math.max(2, Math.floor(width / 60)), leastStep: 1 });
    const yAxis = verticalAxis();
    const x = (value) => plotMargin.left + xAxis.position(value) * (width - space);
    const y = (value) => plotMargin.top + (1 - yAxis.position(value)) * (height - plotMargin.top - plotMargin.bottom);
    const plot = drawPlot(shown, { xAxis, yAxis, x, y, width, height });
    if (onSelect) {
      plot.classList.add("selectable");
      plot.addEventListener("click", ({ clientX }) => {
        const position = (clientX - plot.getBoundingClientRect().left - plotMargin.left) / (width - space);
        onSelect(Math.max(Math.ceil(first), Math.min(Math.floor(last), Math.round(first + position * (last - first)))));
      });
    }
    const { scrollLeft } = scroller;
    // The numbers of the axis stay in place when the plot is scrolled.
    scroller.replaceChildren(
      svg("svg", { class: "y-axis", "aria-hidden": "true", width: axisWidth, height },
        yAxis.ticks.map(({ value, text }) => svg("text", { x: axisWidth - 2, y: y(value) + 4, "text-anchor": "end", text })),
        yLabel && svg("text", { transform: `translate(13 ${(height - plotMargin.bottom) / 2}) rotate(-90)`, "text-anchor": "middle", text: yLabel })),
      plot);
    scroller.scrollLeft = scrollLeft;
    const isScrolled = axisWidth + width > drawnWidth;
    scroller.tabIndex = isScrolled ? 0 : -1;
    if (isScrolled && cursor !== null) showOffset(axisWidth + x(cursor));
  }

  function verticalAxis() {
    const values = shown.series.flatMap((line) => line.values.map(([, value]) => value)).filter(Number.isFinite);
    if (isLogarithmic) return logarithmicAxis(...(shown.range ?? extent(values.filter((value) => value > 0), [0.1, 1])));
    const [low, high] = shown.range ?? extent([0, ...values]);
    return linearAxis(low, high > low ? high : low + 1, { isWidened: true });
  }

  /** Scrolls the chart, but not the page, to what is at a distance from its left side. */
  function showOffset(offset) {
    const isVisible = offset > scroller.scrollLeft + axisWidth && offset < scroller.scrollLeft + drawnWidth - 20;
    if (!isVisible) scroller.scrollLeft = offset - drawnWidth / 2;
  }

  function showNumbers() {
    if (!details.open) return;
    const { series, labels } = shown;
    const longest = series.reduce((a, b) => (b.values.length > a.values.length ? b : a));
    const name = (x) => (labels ? `${x + 1} ${labels.find(({ end }) => x < end).text}` : formatNumber(x, Number.isInteger(x) ? 0 : 1));
    const number = (value) => (isLogarithmic ? formatScientific(value) : formatNumber(value, 3));
    // axe-core 4.12 takes headings of MathML for empty ones.
    const headings = [xLabel || t("page.position"), ...series.map((line) => line.name)].map(plainText);
    rows.replaceChildren(createTable(headings, longest.values.map(([x], index) => [
      h("th", { scope: "row", text: name(x) }),
      series.map(({ values }) => h("td", { text: values[index] ? number(values[index][1]) : "" })),
    ])));
  }

  new ResizeObserver(() => {
    if (scroller.clientWidth > 0 && scroller.clientWidth !== drawnWidth) draw();
  }).observe(scroller);
  return { element, update };
}

/** Draws the lines, the labels below them and the cursor. */
function drawPlot({ title, series, labels, cursor }, { xAxis, yAxis, x, y, width, height }) {
  const [top, bottom, left, right] = [plotMargin.top, height - plotMargin.bottom, plotMargin.left, width - plotMargin.right];
  const label = (position, text, isCurrent) => svg("text", {
    x: position, y: bottom + 16, "text-anchor": "middle", text, class: isCurrent ? "current" : null,
  });
  return svg("svg", { class: "plot", width, height, role: "img", "aria-label": `${title}. ${series.map(describeSeries).join(" ")}` },
    yAxis.ticks.map(({ value }) => svg("path", { class: value === 0 ? "axis" : "grid", d: `M${left} ${y(value)}H${right}` })),
    svg("path", { class: "axis", d: `M${left} ${bottom}H${right}` }),
    labels ? labels.map(({ text, start, end }) => label((x(start) + x(end - 1)) / 2, text, start <= cursor && cursor < end))
      : xAxis.ticks.map(({ value, text }) => [svg("path", { class: "axis", d: `M${x(value)} ${bottom}v4` }), label(x(value), text)]),
    cursor !== null && svg("path", { class: "cursor", d: `M${x(cursor)} ${top}V${bottom}` }),
    series.map(({ values, points = [] }, index) => {
      const circle = (r) => ([px, py]) => Number.isFinite(y(py)) && svg("circle", { class: lineStyle(index), r, cx: x(px), cy: y(py) });
      return [
        svg("path", { class: `series ${lineStyle(index)}`, d: linePath(values, x, y) }),
        points.map(circle(2.5)), values.filter(([px]) => px === cursor).map(circle(4)),
      ];
    }));
}

function lineStyle(index) {
  return `series-${index % lineStyles + 1}`;
}

/** Returns the path of a line with gaps where y is not finite; a lone point is a cross. */
function linePath(values, x, y) {
  const isShown = (value) => value !== undefined && Number.isFinite(y(value[1]));
  return values.map((value, index) => {
    if (!isShown(value)) return "";
    const isAfterGap = !isShown(values[index - 1]);
    const isAlone = isAfterGap && !isShown(values[index + 1]);
    return `${isAfterGap ? "M" : "L"}${x(value[0]).toFixed(1)} ${y(value[1]).toFixed(1)}${isAlone ? "m-4 0h8m-4 -4v8" : ""}`;
  }).join("");
}

/** Returns what a screen reader says of a series. */
function describeSeries({ name, values }) {
  const finite = values.map(([, value]) => value).filter(Number.isFinite);
  if (finite.length === 0) return `${plainText(name)}: –.`;
  const [low, high] = extent(finite).map(formatSignificant);
  return t("page.series", { name: plainText(name), first: formatSignificant(finite[0]), last: formatSignificant(finite.at(-1)), low, high });
}

/** Returns the width of a step in pixels at which the labels do not overlap. */
function labelWidth(labels) {
  return Math.max(...labels.map(({ text, start, end }) => (/^[\0-\xff␣]*$/.test(text) ? 8 : 13) / (end - start)), 4);
}

/** Returns the least and the greatest value, or `empty` if there are none. */
function extent(values, empty = null) {
  return values.length === 0 ? empty : [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}
