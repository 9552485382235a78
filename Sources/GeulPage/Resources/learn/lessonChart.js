import { h, svg } from "../app/dom.js";
import { formatNumber, t } from "../app/strings.js";
import { richText } from "./formula.js";

const lessonChartMargin = { left: 46, right: 10, top: 10, bottom: 22 };
/** The width of the numbers of the vertical axis; the plot begins beside them. */
const axisWidth = 34;

/**
 * Creates a chart of lines with a linear or logarithmic axis, a legend and a table of its numbers.
 *
 * `update({ series, range, labels, cursor, firstX })` draws
 * - `series`: `[{ name, values, points }]`; a name may contain formulas, NaN is a gap; `points` draws no line but
 *   `[{ x, y }]`,
 * - `range`: `[minimum, maximum]` of the vertical axis; without it, that of the values,
 * - `labels`: `[{ text, start, end }]` below the ranges of values [start, end); without them, numbers from `firstX`,
 * - `cursor`: the index of a value that is marked; -1 for none.
 *
 * @param onSelect Called with the index of the value that is clicked, if there are labels.
 * @param xOf The horizontal value of an index; by default index + firstX.
 */
export function createLessonChart({ label, xTitle = "", height = 190, isLog = false, onSelect = null, xOf = null }) {
  const legend = h("div", { class: "chart-legend", "aria-hidden": "true" });
  const scroller = h("div", { class: "chart-scroller" });
  const rows = h("div", { class: "rows", tabindex: "0", role: "group", "aria-label": label });
  const details = h("details", { class: "chart-data" }, h("summary", { text: t("learn.numbers") }), rows);
  const element = h("div", { class: "lesson-chart" }, legend, scroller, details);
  let shown = null;
  let drawnWidth = 0;

  const horizontal = (index) => (xOf ? xOf(index) : index + (shown.firstX ?? 0));

  function draw() {
    const { series, labels, cursor = -1 } = shown;
    const count = Math.max(...series.map(({ values }) => values.length));
    const { left, right, top, bottom } = lessonChartMargin;
    const width = Math.max(drawnWidth, labels ? left + right + count * chartMinimumStep(labels) : 0);
    const axis = isLog ? chartLogAxis(series, shown.range) : chartLinearAxis(series, shown.range);
    const x = labels
      ? (index) => left + (index + 0.5) / count * (width - left - right)
      : (index) => left + index / Math.max(1, count - 1) * (width - left - right);
    const y = (value) => top + (1 - axis.position(value)) * (height - top - bottom);
    const plot = svg("svg", {
      class: "plot", role: "img", "aria-label": `${label}. ${series.map(describeLessonSeries).join("; ")}`,
      width: width - axisWidth, height, viewBox: `${axisWidth} 0 ${width - axisWidth} ${height}`,
    },
    axis.ticks.map(({ value }) => svg("line", {
      class: value === 0 && !isLog ? "zero" : "grid", x1: left, x2: width - right, y1: y(value), y2: y(value),
    })),
    labels ? labels.map(({ text, start, end }) => svg("text", {
      x: (x(start) + x(end - 1)) / 2, y: height - 6, "text-anchor": "middle", text,
      class: start <= cursor && cursor < end ? "current" : null,
    })) : chartTicks(count, shown.firstX ?? 0).map((index) => svg("text", {
      x: x(index), y: height - 6, "text-anchor": "middle", text: formatNumber(horizontal(index)),
    })),
    cursor >= 0 && svg("line", { class: "at", x1: x(cursor), x2: x(cursor), y1: top, y2: height - bottom }),
    series.map(({ values, points }, number) => [
      svg("path", { class: `line series-${number + 1}`, d: chartPath(values, x, y, axis) }),
      (points ?? []).map((point) => svg("circle", {
        class: `series-${number + 1}`, r: 2.5, cx: x((point.x - horizontal(0)) / (horizontal(1) - horizontal(0))), cy: y(point.y),
      })),
      cursor >= 0 && axis.has(values[cursor]) && svg("circle", {
        class: `series-${number + 1}`, r: 4, cx: x(cursor), cy: y(values[cursor]),
      }),
    ]));
    if (onSelect) {
      plot.classList.add("selectable");
      plot.addEventListener("click", (event) => {
        const offset = (event.clientX - plot.getBoundingClientRect().left + axisWidth - left) / (width - left - right);
        onSelect(Math.max(0, Math.min(count - 1, Math.floor(offset * count))));
      });
    }
    const { scrollLeft } = scroller;
    // The numbers of the axis stay in place when the plot is scrolled.
    scroller.replaceChildren(
      svg("svg", { class: "axis", "aria-hidden": "true", width: axisWidth, height, viewBox: `0 0 ${axisWidth} ${height}` },
        axis.ticks.map(({ value, text }) => svg("text", { x: axisWidth - 2, y: y(value) + 4, "text-anchor": "end", text }))),
      plot);
    scroller.scrollLeft = scrollLeft;
    scroller.tabIndex = width > drawnWidth ? 0 : -1;
    if (width > drawnWidth && cursor >= 0) showCursor(x(cursor));
    drawLegend(series);
    if (details.open) drawTable();
  }

  /** Scrolls a chart that is wider than the window to the cursor, but not the page. */
  function showCursor(offset) {
    const isVisible = offset > scroller.scrollLeft + axisWidth && offset < scroller.scrollLeft + drawnWidth - 20;
    if (!isVisible) scroller.scrollLeft = offset - drawnWidth / 2;
  }

  function drawLegend(series) {
    legend.replaceChildren(...series.map(({ name }, number) => h("span", {},
      svg("svg", { width: 26, height: 10, viewBox: "0 0 26 10" },
        svg("path", { class: `line series-${number + 1}`, d: "M1 5H25" })), h("span", {}, richText(name)))),
    xTitle && h("span", { class: "x-title" }, richText(xTitle)));
  }

  function drawTable() {
    const { series, labels } = shown;
    const count = Math.max(...series.map(({ values }) => values.length));
    const rowName = (index) => (labels
      ? `${index + 1} ${labels.find(({ end }) => index < end)?.text ?? ""}`
      : formatNumber(horizontal(index), xOf ? 1 : 0));
    const number = (value) => (isLog ? scientific(value) : formatNumber(value, 3));
    rows.replaceChildren(h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col", text: plainName(xTitle || t("learn.position")) }),
        series.map(({ name }) => h("th", { scope: "col", text: plainName(name) })))),
      h("tbody", {}, Array.from({ length: count }, (_, index) => h("tr", {},
        h("th", { scope: "row", text: rowName(index) }),
        series.map(({ values }) => h("td", { text: index < values.length ? number(values[index]) : "" })))))));
  }

  details.addEventListener("toggle", () => details.open && drawTable());
  new ResizeObserver(() => {
    const width = scroller.clientWidth;
    if (width === drawnWidth || width === 0) return;
    drawnWidth = width;
    if (shown) draw();
  }).observe(scroller);
  return {
    element,
    update(next) {
      shown = { ...shown, ...next };
      if (drawnWidth > 0) draw();
    },
  };
}

/** Returns a name whose formulas are plain text. */
function plainName(name) {
  return name.replaceAll("`", "");
}

function describeLessonSeries({ name, values }) {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return plainName(name);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  return t("learn.summary", { name: plainName(name), low: threeDigits(low), high: threeDigits(high) });
}

/** Returns the width of a value in pixels at which the labels below do not overlap. */
function chartMinimumStep(labels) {
  return Math.max(...labels.map(({ text, start, end }) => (/^[\0-\xff␣]*$/.test(text) ? 8 : 13) / (end - start)), 4);
}

function chartPath(values, x, y, axis) {
  let path = "";
  let isOpen = false;
  values.forEach((value, index) => {
    const isShown = axis.has(value);
    if (isShown) path += `${isOpen ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    isOpen = isShown;
  });
  return path;
}

/** Returns the indices of about seven values whose number, index + first, is a multiple of a step. */
function chartTicks(count, first) {
  const step = [1, 2, 5, 10, 20, 50, 100].find((size) => (count - 1) / size <= 7) ?? 200;
  return Array.from({ length: count }, (_, index) => index).filter((index) => (index + first) % step === 0);
}

function chartLinearAxis(series, range) {
  const values = series.flatMap((entry) => entry.values).filter(Number.isFinite);
  const [low, high] = range ?? [Math.min(0, ...values), Math.max(0.1, ...values)];
  const step = [0.1, 0.25, 0.5, 1, 2, 5, 10, 50, 100].find((size) => (high - low) / size <= 5) ?? (high - low) / 4;
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step)
    .map((value) => ({ value, text: formatNumber(value, step < 0.5 && step !== 0.1 ? 2 : step < 1 ? 1 : 0) }));
  return { ticks, position: (value) => (value / step - first) / (last - first), has: Number.isFinite };
}

function chartLogAxis(series, range) {
  const values = series.flatMap((entry) => entry.values).filter((value) => Number.isFinite(value) && value > 0);
  const [low, high] = range ?? [Math.min(1, ...values), Math.max(1, ...values)];
  const [first, last] = [Math.max(-40, Math.floor(Math.log10(low))), Math.max(Math.ceil(Math.log10(high) - 1e-9), -39)];
  const step = Math.max(1, Math.ceil((last - first) / 6));
  const ticks = [];
  for (let power = last; power >= first; power -= step) ticks.push({ value: 10 ** power, text: `10${superscriptDigits(power)}` });
  const has = (value) => Number.isFinite(value) && value >= 10 ** first;
  return { ticks, position: (value) => (Math.log10(value) - first) / Math.max(1, last - first), has };
}

function superscriptDigits(number) {
  return String(number).replace(/./g, (digit) => (digit === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]));
}

/** Returns a number as `4.2 × 10⁻²¹`. */
export function scientific(value) {
  if (!Number.isFinite(value) || value === 0) return formatNumber(value);
  const power = Math.floor(Math.log10(Math.abs(value)));
  if (power >= -2 && power <= 3) return threeDigits(value);
  return `${formatNumber(value / 10 ** power, 1)} × 10${superscriptDigits(power)}`;
}

/** Returns a number with about three significant digits. */
export function threeDigits(value) {
  return formatNumber(value, Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}
