import { formatNumber, t } from "../../app/strings.js";
import { tokenDescription } from "../text/tokenLabel.js";
import { characterOf, cursorRange, moveCursorTo, selectedRange } from "../windowPositions.js";
import { createHeatMap } from "./heatMap.js";
import { columnWidthFor, rowHeightFor } from "./heatMapLayout.js";
import { createQuantityPanel } from "./quantityPanel.js";
import { createTooltip } from "./tooltip.js";

/**
 * Creates the heat maps of all quantities of the layer, which scroll together: `{ elements, tooltip, update, hover,
 * scrollToCursor, redraw, close }`. `update(rows)` shows neurons; `hover(token)` outlines a column, -1 for none.
 */
export function createQuantityMaps(view) {
  const { network } = view.model;
  const maps = network.cell.quantities.map((quantity) => ({ quantity, map: createMap(quantity.key) }));
  const { scroller } = maps[0].map;
  const tooltip = createTooltip();
  let rows = [];
  let hovered = -1;

  function createMap(key) {
    return createHeatMap({
      onPick: (neuron, column) => {
        if (!view.layer) return;
        if (column >= 0) moveCursorTo(view, characterOf(view.window, column));
        if (neuron >= 0) view.change({ neuron, quantity: key, tint: "neuron" });
      },
      onHover: (neuron, column, event) => {
        hover(column);
        if (column >= 0 && view.layer) tooltip.show(valueDescription(view, key, neuron, column), event);
        else tooltip.hide();
      },
      onScroll: (left) => {
        for (const { map } of maps) {
          if (map.scroller.scrollLeft !== left) map.scroller.scrollLeft = left;
        }
      },
    });
  }

  function update(neurons) {
    rows = neurons;
    draw();
  }

  function draw() {
    if (!view.layer) return;
    const { neuron, layer } = view.state;
    const isPickedShown = neuron === null || rows.includes(neuron);
    const columnWidth = columnWidthFor(scroller.clientWidth, view.layer.time);
    const common = { ...mapData(view), columnWidth, hovered, rows: isPickedShown ? rows : [...rows, neuron] };
    for (const { quantity: { key }, map } of maps) {
      const label = t("see.mapLabel", { quantity: t(`see.${key}`), layer: layer + 1 });
      map.update({ ...common, ...view.layer.quantities.get(key), label });
    }
  }

  function hover(token) {
    if (token === hovered) return;
    hovered = token;
    draw();
  }

  const observer = new ResizeObserver(draw);
  observer.observe(scroller);
  return {
    elements: maps.map(({ quantity, map }) => createQuantityPanel(network, quantity, map)),
    tooltip: tooltip.element,
    update, hover,
    scrollToCursor: () => scrollToCursorColumn(scroller, view),
    redraw: () => maps.forEach(({ map }) => map.redraw()),
    close: () => observer.disconnect(),
  };
}

/** Returns what heatMap.js shows of all quantities alike: the height of the rows, the tokens and the marks. */
function mapData(view) {
  const { layer, state, window, labels } = view;
  const isGrouped = window.characters.some(({ start, end }) => end - start > 1);
  return {
    time: layer.time, rowHeight: rowHeightFor(layer.hidden, state.rowCount === 0),
    tokens: labels, groups: isGrouped ? window.characters : null,
    cursor: cursorRange(view), selection: selectedRange(view), picked: state.neuron,
  };
}

/** Returns a value of a neuron, or the mean for -1, in words. */
function valueDescription(view, key, neuron, token) {
  const { quantities, time } = view.layer;
  const { values, mean } = quantities.get(key);
  const [name, value] = neuron < 0
    ? [t("see.meanOfAll"), mean[token]]
    : [t("see.neuronNumber", { neuron }), values[neuron * time + token]];
  return [name, tokenDescription(view, token), formatNumber(value, 3)].join(" · ");
}

/** Scrolls the column of the cursor into view. */
function scrollToCursorColumn(scroller, view) {
  const cursor = cursorRange(view);
  if (!cursor) return;
  const columnWidth = columnWidthFor(scroller.clientWidth, view.layer.time);
  const [left, right] = [cursor.start * columnWidth, cursor.end * columnWidth];
  if (left >= scroller.scrollLeft && right <= scroller.scrollLeft + scroller.clientWidth) return;
  scroller.scrollLeft = left - scroller.clientWidth / 2;
}
