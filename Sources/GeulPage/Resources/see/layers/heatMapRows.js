import { h } from "../../app/dom.js";
import { formatNumber, t } from "../../app/strings.js";
import { headerHeight, meanGap, meanHeight, meanScale } from "./heatMapLayout.js";

/** The least distance of the numbers of neurons, in CSS pixels. */
const numberDistance = 18;

/** Creates the labels of the rows of a heat map: buttons with the numbers of the neurons; the arrow keys move among them. */
export function createHeatMapRows({ onPick }) {
  const element = h("div", { class: "row-labels", on: { keydown: moveFocus } });
  const meanLimit = h("small", {});
  let shownRows = null;
  let buttons = [];

  function update(data) {
    const { rows, rowHeight, range, picked } = data;
    const key = `${rows.join()} ${rowHeight} ${headerHeight(data)}`;
    if (key !== shownRows) showRows(data);
    shownRows = key;
    rows.forEach((neuron, row) => buttons[row].setAttribute("aria-pressed", String(neuron === picked)));
    meanLimit.textContent = `±${formatNumber(meanScale(data), 2)}`;
    meanLimit.hidden = range[0] === 0;
  }

  function showRows(data) {
    const { rows, rowHeight } = data;
    // If the rows are low, only some have a number.
    const step = Math.ceil(numberDistance / rowHeight);
    buttons = rows.map((neuron, row) => h("button", {
      type: "button", tabindex: row === 0 ? "0" : "-1", dataset: { neuron }, style: { height: `${rowHeight}px` },
      text: row % step === 0 ? String(neuron) : "", "aria-label": t("see.pickNeuron", { neuron }),
      on: { click: () => onPick(neuron) },
    }));
    const style = { height: `${meanHeight}px`, "margin-top": `${headerHeight(data)}px`, "margin-bottom": `${meanGap}px` };
    element.replaceChildren(h("div", { class: "mean", style }, h("span", { text: t("see.mean") }), meanLimit), ...buttons);
  }

  function moveFocus(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = buttons[buttons.indexOf(document.activeElement) + step];
    if (!step || !next) return;
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
    event.preventDefault();
  }
  return { element, update };
}
