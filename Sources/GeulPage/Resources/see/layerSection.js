import { h, selectBox } from "../app/dom.js";
import { formatNumber, language, t } from "../app/strings.js";
import { createTable } from "../app/table.js";
import { quantityFormula } from "./formulas.js";
import { createHeatMap, largestColumnWidth, leastColumnWidth } from "./heatMap.js";
import { orderNeurons } from "./layerValues.js";
import { segmented, tokenLabel } from "./parts.js";
import { seeStrings } from "./strings.js";

/** Creates the part of the view that shows the gates and states of a layer as heat maps over time. */
export function createLayerSection(view) {
  const { state } = view;
  const { network } = view.model;
  const panels = network.cell.quantities.map(({ key }) => createPanel(key));
  const tooltip = h("div", { class: "tooltip", "aria-hidden": "true", hidden: true });
  const table = h("div", { class: "wide", tabindex: "0", role: "group", "aria-label": t("see.table") });
  const details = h("details", { on: { toggle: () => showTable() } }, h("summary", { text: t("see.table") }), table);
  const layers = Array.from({ length: network.layerCount }, (_, layer) => [layer, t("see.layerNumber", { layer: layer + 1 })]);
  const orders = ["activity", network.cell.retentionGate >= 0 && "persistence", "selection", "index"].filter(Boolean);
  const layerChoice = segmented(t("see.layer"), layers, () => state.layer, (layer) => view.change({ layer }));
  const element = h("section", { class: "layer", "aria-label": t("see.layers") },
    h("h2", { text: t("see.layers") }),
    h("p", { class: "muted", text: t("see.layersHelp") }),
    h("div", { class: "controls" },
      network.layerCount > 1 && layerChoice.element,
      selectBox({
        label: t("see.rows"), value: String(state.rowCount), onChange: (count) => view.change({ rowCount: Number(count) }),
        options: [12, 24, 48].filter((count) => count < network.hiddenSize).map((count) => [String(count), String(count)])
          .concat([["0", t("see.all", { count: network.hiddenSize })]]),
      }),
      selectBox({
        label: t("see.order"), value: state.order, onChange: (order) => view.change({ order }),
        options: orders.map((order) => [order, t(`see.order.${order}`)]),
      })),
    panels.map((panel) => panel.element), details, tooltip);
  let rows = [];
  let shownOrder = null;
  let shownCursor = null;
  let scrollLeft = 0;
  let hovered = -1;

  function createPanel(key) {
    const map = createHeatMap({
      onPick: (neuron, column) => {
        if (!view.layer) return;
        if (column >= 0) view.moveTo(view.characterOf(column));
        if (neuron >= 0) view.change({ neuron, quantity: key, tint: "neuron" });
      },
      onHover: (neuron, column, event) => showTooltip(key, neuron, column, event),
      onScroll: (left) => {
        scrollLeft = left;
        for (const { map: other } of panels) {
          if (other.scroller.scrollLeft !== left) other.scroller.scrollLeft = left;
        }
      },
    });
    const other = language.value === "ko" ? "en" : "ko";
    const range = key === "candidate" || key.endsWith("State") ? "signed" : "gate";
    const { range: limits } = network.cell.quantities.find((quantity) => quantity.key === key);
    return { key, map, element: h("div", { class: "panel quantity", dataset: { quantity: key } },
      h("div", { class: "quantity-head" },
        h("h3", {}, t(`see.${key}`), " ", h("span", { class: "muted", lang: other, text: seeStrings[other][`see.${key}`] })),
        quantityFormula(network, key)),
      h("p", {}, t(`see.${network.cellKind}.${key}`), " ", h("span", { class: `scale ${limits ? range : "gate"}`, "aria-hidden": "true" },
        limits ? (range === "signed" ? "−1" : "0") : "0", h("i", {}), limits ? "1" : t("see.largest"))),
      map.element) };
  }

  function showTooltip(key, neuron, column, event) {
    if (!view.layer) return;
    if (column !== hovered) {
      hovered = column;
      updateMaps();
    }
    tooltip.hidden = column < 0;
    if (column < 0) return;
    const { values, mean } = view.layer.quantities.get(key);
    const value = neuron < 0 ? mean[column] : values[neuron * view.layer.time + column];
    tooltip.textContent = [
      neuron < 0 ? t("see.meanOfAll") : t("see.neuronNumber", { neuron }),
      tokenDescription(column), formatNumber(value, 3),
    ].join(" · ");
    tooltip.style.left = `${Math.min(event.clientX + 12, innerWidth - tooltip.offsetWidth - 4)}px`;
    tooltip.style.top = `${event.clientY + 16}px`;
  }

  function tokenDescription(column) {
    const { text } = tokenLabel(view, column);
    const character = view.window.characters[view.characterOf(column)];
    return character.end - character.start > 1 ? `${text} (${character.text})` : text;
  }

  /** Shows the current layer; scrolls to the cursor's column if the cursor or the text is new. */
  function update() {
    const { layer } = view;
    layerChoice.update();
    const selection = view.selectionRange();
    const order = JSON.stringify([state.layer, state.order, state.rowCount, state.order === "selection" && selection, view.version]);
    if (order !== shownOrder) {
      shownOrder = order;
      rows = orderNeurons(layer, state.order, selection).slice(0, state.rowCount || undefined);
    }
    updateMaps();
    const cursor = `${view.store.cursor.value} ${view.version}`;
    if (cursor !== shownCursor) scrollToCursor();
    shownCursor = cursor;
    showTable();
  }

  function updateMaps() {
    const { layer, window } = view;
    const width = panels[0].map.scroller.clientWidth;
    const fitting = Math.floor(width / Math.max(1, layer.time));
    const columnWidth = Math.max(leastColumnWidth, Math.min(largestColumnWidth, fitting));
    const isGrouped = window.characters.some(({ start, end }) => end - start > 1);
    const shown = rows.includes(state.neuron) || state.neuron === null ? rows : [...rows, state.neuron];
    const common = {
      time: layer.time, rows: shown, rowHeight: state.rowCount === 0 ? lowRowHeight(layer.hidden) : 20, columnWidth, hovered,
      tokens: view.labels, groups: isGrouped ? window.characters : null,
      cursor: view.cursorRange(), selection: view.selectionRange(), picked: state.neuron,
    };
    for (const { key, map } of panels) {
      map.update({ ...common, ...layer.quantities.get(key), label: t("see.mapLabel", { quantity: t(`see.${key}`), layer: state.layer + 1 }) });
    }
  }

  function scrollToCursor() {
    const cursor = view.cursorRange();
    const { scroller } = panels[0].map;
    if (!cursor) return;
    const columnWidth = parseFloat(scroller.firstChild.style.width) / view.layer.time;
    const [left, right] = [cursor.start * columnWidth, cursor.end * columnWidth];
    if (left >= scroller.scrollLeft && right <= scroller.scrollLeft + scroller.clientWidth) return;
    scroller.scrollLeft = left - scroller.clientWidth / 2;
  }

  function showTable() {
    const cursor = view.cursorRange();
    if (!details.open || !view.layer) return;
    if (!cursor) return table.replaceChildren(h("p", { text: t("see.noCursor") }));
    const columns = Array.from({ length: cursor.end - cursor.start }, (_, index) => cursor.start + index);
    const { quantities, time } = view.layer;
    const headers = [...quantities.keys()].flatMap((key) => columns.map((column) => [key, column]));
    const line = (name, value) => [
      h("th", { scope: "row", text: name }),
      headers.map(([key, column]) => h("td", { text: formatNumber(value(quantities.get(key), column), 3) })),
    ];
    table.replaceChildren(createTable(
      [t("see.neuron"), ...headers.map(([key, column]) => `${t(`see.${key}`)}, ${tokenDescription(column)}`)],
      [line(t("see.mean"), ({ mean }, column) => mean[column]),
        ...rows.map((neuron) => line(String(neuron), ({ values }, column) => values[neuron * time + column]))]));
  }

  const observer = new ResizeObserver(() => view.layer && updateMaps());
  observer.observe(panels[0].map.scroller);
  return {
    element, update,
    /** Outlines the column of a token; -1 for none. */
    hover(column) {
      hovered = column;
      updateMaps();
    },
    redraw: () => panels.forEach(({ map }) => map.redraw()),
    close: () => observer.disconnect(),
  };
}

/** The height of rows if all neurons are shown, in CSS pixels: browsers limit the height of a canvas. */
function lowRowHeight(hidden) {
  return Math.max(1, Math.min(5, Math.floor(5000 / hidden)));
}
