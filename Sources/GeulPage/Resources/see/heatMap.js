import { h } from "../app/dom.js";
import { formatNumber, t } from "../app/strings.js";
import { mapColors, scaled } from "./colorScale.js";

/** Heights in CSS pixels: a line of labels, the row of means, the space below it. */
const labelHeight = 20;
const meanHeight = 32;
const meanGap = 6;

/** The least and the largest width of a column, in CSS pixels. */
export const leastColumnWidth = 16;
export const largestColumnWidth = 36;

/**
 * Creates a heat map `[neurons, time]` below a row of token labels and a row of means. Only the visible columns are drawn.
 *
 * `update(data)` shows `{ values, mean, range, time, rows, rowHeight, columnWidth, tokens, groups, cursor, selection,
 * picked, hovered, label }`:
 * - `values` `[hidden, time]`, `mean` `[time]`, `range`: as in layerValues.js; `rows`: the neurons to show,
 * - `tokens`: `[{ text, part }]`; a `part` "final" is underlined, "vowel" colored; `groups`: `[{ text, start, end }]`, the
 *   characters above their tokens, or null,
 * - `cursor`, `selection`: `{ start, end }` or null; `hovered`: a column or -1; `picked`: a neuron or null.
 *
 * `onPick(neuron, t)` and `onHover(neuron, t, event)` get -1 for the row of means.
 */
export function createHeatMap({ onPick, onHover, onScroll }) {
  const canvas = h("canvas", { role: "img" });
  const track = h("div", { class: "track" }, canvas);
  const scroller = h("div", { class: "scroller", tabindex: "0", role: "group" }, track);
  const labels = h("div", { class: "row-labels" });
  const element = h("div", { class: "heat-map" }, labels, scroller);
  const cells = h("canvas");
  let data = null;
  let colors = null;

  const headerHeight = () => labelHeight * (data.groups ? 2 : 1);
  const firstRow = () => headerHeight() + meanHeight + meanGap;

  function update(next) {
    const isNewRows = data?.rows.join() !== next.rows.join() || data.rowHeight !== next.rowHeight || Boolean(data.groups) !== Boolean(next.groups);
    data = next;
    colors ??= mapColors(element);
    track.style.width = `${data.time * data.columnWidth}px`;
    canvas.setAttribute("aria-label", data.label);
    scroller.setAttribute("aria-label", data.label);
    if (isNewRows) showLabels();
    for (const label of labels.querySelectorAll("button")) {
      label.setAttribute("aria-pressed", String(Number(label.dataset.neuron) === data.picked));
    }
    labels.querySelector(".mean small").textContent = `±${formatNumber(meanScale(), 2)}`;
    labels.querySelector(".mean small").hidden = data.range[0] === 0;
    draw();
  }

  /** Shows the numbers of the neurons, or of some of them if the rows are low. The arrow keys move among them. */
  function showLabels() {
    const step = Math.ceil(18 / data.rowHeight);
    labels.replaceChildren(
      h("div", { class: "mean", style: { height: `${meanHeight}px`, "margin-top": `${headerHeight()}px`, "margin-bottom": `${meanGap}px` } },
        h("span", { text: t("see.mean") }), h("small", {})),
      ...data.rows.map((neuron, row) => h("button", {
        type: "button", tabindex: row === 0 ? "0" : "-1", dataset: { neuron }, style: { height: `${data.rowHeight}px` },
        text: row % step === 0 ? String(neuron) : "", "aria-label": t("see.pickNeuron", { neuron }), on: { click: () => onPick(neuron, -1) },
      })));
  }
  labels.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const buttons = [...labels.querySelectorAll("button")];
    const next = buttons[buttons.indexOf(document.activeElement) + step];
    if (!step || !next) return;
    for (const label of buttons) label.tabIndex = label === next ? 0 : -1;
    next.focus();
    event.preventDefault();
  });

  /** The largest absolute mean: the bars of quantities with a sign would be invisible at the scale of the map. */
  function meanScale() {
    return data.range[0] === 0 ? data.range[1] : data.mean.reduce((a, b) => Math.max(a, Math.abs(b)), 0.01);
  }

  function draw() {
    const width = scroller.clientWidth;
    if (!data || width === 0) return;
    const { columnWidth, rowHeight, rows, time } = data;
    const height = firstRow() + rows.length * rowHeight;
    const ratio = devicePixelRatio;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.translate(-scroller.scrollLeft, 0);
    const first = Math.max(0, Math.floor(scroller.scrollLeft / columnWidth));
    const last = Math.min(time, Math.ceil((scroller.scrollLeft + width) / columnWidth));
    if (last <= first) return;
    drawCells(context, first, last);
    drawMeans(context, first, last);
    drawLabels(context, first, last);
    drawMarks(context, width, height);
  }

  function drawCells(context, first, last) {
    const { columnWidth, rowHeight, rows, time, values, range } = data;
    const image = new ImageData(last - first, rows.length);
    rows.forEach((neuron, row) => {
      for (let t = first; t < last; t++) {
        const color = 3 * (255 + Math.round(255 * scaled(values[neuron * time + t], range)));
        const index = 4 * (row * image.width + t - first);
        for (let i = 0; i < 3; i++) image.data[index + i] = colors.scale[color + i];
        image.data[index + 3] = 255;
      }
    });
    cells.width = image.width;
    cells.height = image.height;
    cells.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(cells, first * columnWidth, firstRow(), image.width * columnWidth, rows.length * rowHeight);
    if (rowHeight < 12) return;
    context.fillStyle = colors.background;
    for (let row = 0; row <= rows.length; row++) {
      context.fillRect(first * columnWidth, firstRow() + row * rowHeight - 0.5, image.width * columnWidth, 1);
    }
  }

  function drawMeans(context, first, last) {
    const { columnWidth, mean, range } = data;
    const isSigned = range[0] < 0;
    const zero = headerHeight() + (isSigned ? meanHeight / 2 : meanHeight);
    const unit = (isSigned ? meanHeight / 2 : meanHeight) / meanScale();
    for (let t = first; t < last; t++) {
      context.fillStyle = mean[t] < 0 ? colors.low : colors.high;
      context.fillRect(t * columnWidth + 1, Math.min(zero, zero - mean[t] * unit), columnWidth - 2, Math.abs(mean[t] * unit));
    }
    context.fillStyle = colors.muted;
    context.fillRect(first * columnWidth, zero - 0.5, (last - first) * columnWidth, 1);
  }

  function drawLabels(context, first, last) {
    const { columnWidth, tokens, groups } = data;
    const { fontFamily } = getComputedStyle(element);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = `13px ${fontFamily}`;
    const top = groups ? labelHeight : 0;
    for (let t = first; t < last; t++) {
      const { text, part } = tokens[t];
      context.fillStyle = part === "vowel" ? colors.accent : groups ? colors.muted : colors.text;
      context.fillText(text, (t + 0.5) * columnWidth, top + labelHeight / 2, columnWidth);
      if (part === "final") context.fillRect((t + 0.5) * columnWidth - 6, top + labelHeight - 3, 12, 1.5);
    }
    context.font = `15px ${fontFamily}`;
    for (const { text, start, end } of groups ?? []) {
      if (end <= first || start >= last) continue;
      context.fillStyle = colors.text;
      context.fillText(text, (start + end) / 2 * columnWidth, labelHeight / 2, (end - start) * columnWidth);
      context.fillStyle = colors.border;
      context.fillRect(start * columnWidth - 0.5, 3, 1, labelHeight - 6);
    }
  }

  function drawMarks(context, width, height) {
    const { columnWidth, rowHeight, rows, cursor, selection, hovered, picked } = data;
    const bottom = headerHeight();
    context.strokeStyle = context.fillStyle = colors.accent;
    context.lineWidth = 2;
    if (selection) context.fillRect(selection.start * columnWidth, bottom - 2, (selection.end - selection.start) * columnWidth, 3);
    if (cursor) context.strokeRect(cursor.start * columnWidth, 1, (cursor.end - cursor.start) * columnWidth, height - 2);
    const row = rows.indexOf(picked);
    if (row >= 0) context.strokeRect(scroller.scrollLeft + 1, firstRow() + row * rowHeight, width - 2, rowHeight);
    if (hovered < 0) return;
    context.strokeStyle = colors.muted;
    context.lineWidth = 1;
    context.strokeRect(hovered * columnWidth + 0.5, 0.5, columnWidth - 1, height - 1);
  }

  /** Returns the neuron (-1: the means) and the token at a point of the map. */
  function cellAt(event) {
    const { left, top } = canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - left + scroller.scrollLeft) / data.columnWidth);
    const row = Math.floor((event.clientY - top - firstRow()) / data.rowHeight);
    return { neuron: data.rows[row] ?? -1, column: column < data.time ? column : -1 };
  }
  canvas.addEventListener("click", (event) => {
    const { neuron, column } = cellAt(event);
    if (column >= 0) onPick(neuron, column);
  });
  canvas.addEventListener("pointermove", (event) => {
    const { neuron, column } = cellAt(event);
    onHover(neuron, column, event);
  });
  canvas.addEventListener("pointerleave", () => onHover(-1, -1, null));
  scroller.addEventListener("scroll", () => {
    draw();
    onScroll(scroller.scrollLeft);
  });
  return {
    element, update, scroller,
    redraw() {
      colors = mapColors(element);
      draw();
    },
  };
}
