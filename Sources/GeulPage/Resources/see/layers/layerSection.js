import { h } from "../../app/dom.js";
import { t } from "../../app/strings.js";
import { selectedRange } from "../windowPositions.js";
import { createLayerControls } from "./layerControls.js";
import { orderNeurons } from "./neuronOrder.js";
import { createQuantityMaps } from "./quantityMaps.js";
import { createValueTable } from "./valueTable.js";

/**
 * Creates the part of the view that shows the gates and states of a layer: `{ element, update, hover, redraw, close }`, the
 * last three as in quantityMaps.js.
 */
export function createLayerSection(view) {
  const controls = createLayerControls(view);
  const maps = createQuantityMaps(view);
  const table = createValueTable(view);
  const element = h("section", { class: "layer", "aria-label": t("see.layers"), hidden: true },
    h("h2", { text: t("see.layers") }),
    h("p", { class: "muted", text: t("see.layersHelp") }),
    controls.element, maps.elements, table.element, maps.tooltip);
  let rows = [];
  let shownOrder = null;
  let shownCursor = null;

  /** Shows the current layer; scrolls to the cursor's column if the cursor or the text is new. */
  function update() {
    element.hidden = false;
    controls.update();
    orderRows();
    maps.update(rows);
    const cursor = `${view.store.cursor.value} ${view.version}`;
    if (cursor !== shownCursor) maps.scrollToCursor();
    shownCursor = cursor;
    table.update(rows);
  }

  function orderRows() {
    const selection = selectedRange(view);
    const { layer, order, rowCount } = view.state;
    const key = JSON.stringify([layer, order, rowCount, order === "selection" && selection, view.version]);
    if (key === shownOrder) return;
    shownOrder = key;
    rows = orderNeurons(view.layer, order, selection).slice(0, rowCount || undefined);
  }
  return { element, update, hover: maps.hover, redraw: maps.redraw, close: maps.close };
}
