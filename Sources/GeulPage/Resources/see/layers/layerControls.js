import { namedOptions, segmented, selectBox } from "../../app/controls.js";
import { h } from "../../app/dom.js";
import { t } from "../../app/strings.js";

/** The numbers of neurons that can be shown, beside all. */
const rowCounts = [12, 24, 48];

/** Creates the choices of the layer, and of the number and the order of its neurons. */
export function createLayerControls(view) {
  const { network } = view.model;
  const layerChoice = segmented({
    label: t("see.layer"), value: () => view.state.layer, onChange: (layer) => view.change({ layer }),
    options: Array.from({ length: network.layerCount }, (_, layer) => [layer, t("see.layerNumber", { layer: layer + 1 })]),
  });
  const element = h("div", { class: "controls" },
    network.layerCount > 1 && layerChoice.element, rowCountChoice(view), orderChoice(view));
  return { element, update: layerChoice.update };
}

function rowCountChoice(view) {
  const { hiddenSize } = view.model.network;
  const options = rowCounts.filter((count) => count < hiddenSize).map((count) => [String(count), String(count)]);
  return selectBox({
    label: t("see.rows"), value: String(view.state.rowCount), onChange: (count) => view.change({ rowCount: Number(count) }),
    options: [...options, ["0", t("see.all", { count: hiddenSize })]],
  });
}

function orderChoice(view) {
  const hasGate = view.model.network.cell.retentionGate >= 0;
  const orders = ["activity", ...(hasGate ? ["persistence"] : []), "selection", "index"];
  return selectBox({
    label: t("see.order"), value: view.state.order, onChange: (order) => view.change({ order }),
    options: namedOptions("see.order", orders),
  });
}
