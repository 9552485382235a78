import { h } from "../../app/dom.js";
import { mapColors } from "./colorScale.js";
import { drawHeatMap } from "./heatMapDrawing.js";
import { rowsTop } from "./heatMapLayout.js";
import { createHeatMapRows } from "./heatMapRows.js";

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
  const canvas = h("canvas", { role: "img", on: {
    click: (event) => {
      const [neuron, column] = cellAt(event);
      if (column >= 0) onPick(neuron, column);
    },
    pointermove: (event) => onHover(...cellAt(event), event),
    pointerleave: () => onHover(-1, -1, null),
  } });
  const track = h("div", { class: "track" }, canvas);
  const scroller = h("div", { class: "scroller", tabindex: "0", role: "group", on: {
    scroll: () => {
      draw();
      onScroll(scroller.scrollLeft);
    },
  } }, track);
  const rowLabels = createHeatMapRows({ onPick: (neuron) => onPick(neuron, -1) });
  const element = h("div", { class: "heat-map" }, rowLabels.element, scroller);
  const cells = h("canvas");
  let data = null;
  let colors = null;

  function update(next) {
    data = next;
    colors ??= mapColors(element);
    track.style.width = `${data.time * data.columnWidth}px`;
    canvas.setAttribute("aria-label", data.label);
    scroller.setAttribute("aria-label", data.label);
    rowLabels.update(data);
    draw();
  }

  function draw() {
    const { clientWidth: width, scrollLeft: left } = scroller;
    if (!data || width === 0) return;
    const { fontFamily } = getComputedStyle(element);
    drawHeatMap(canvas, data, { left, width, colors, fontFamily, cells });
  }

  /** Reads the colors again. */
  function redraw() {
    colors = mapColors(element);
    draw();
  }

  /** Returns the neuron (-1: the means) and the token at a point of the map. */
  function cellAt({ clientX, clientY }) {
    const { left, top } = canvas.getBoundingClientRect();
    const column = Math.floor((clientX - left + scroller.scrollLeft) / data.columnWidth);
    const row = Math.floor((clientY - top - rowsTop(data)) / data.rowHeight);
    return [data.rows[row] ?? -1, column < data.time ? column : -1];
  }
  return { element, update, scroller, redraw };
}
