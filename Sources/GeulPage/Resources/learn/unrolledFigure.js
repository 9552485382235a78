import { h, svg } from "../app/dom.js";
import { formatNumber, formatPercent, t } from "../app/strings.js";
import { mostLikely } from "../app/mostLikely.js";
import { visibleTokenOf } from "../app/visibleText.js";
import { createBarList } from "./barList.js";
import { formula, richText } from "../app/formula.js";
import { mostActive } from "./neurons.js";
import { createTokenRow, predictionBars } from "./reading.js";

/** The number of components of the hidden state that are shown. */
const componentCount = 8;
/** The numbers of cells in wide and in narrow windows. */
const windowSize = 5;
const nearWindowSize = 3;

/** Step 2: the network unrolled over time around the chosen token, with some components of h_t and the predictions. */
export function createUnrolledFigure({ reading, onClose }) {
  const { network } = reading.model;
  const layer = network.layerCount - 1;
  const components = mostActive(reading, layer, componentCount).sort((a, b) => a - b);
  const row = createTokenRow(reading, { label: t("learn.choose") });
  const cells = h("ol", { class: "unrolled", "aria-label": t("learn.unrolled") });
  const title = h("h3", {});
  const bars = createBarList({ label: t("learn.predictions") });

  function createCell(index, position, isFar) {
    const values = components.map((component) => reading.trace.states[index][layer].hiddenState[component]);
    const probabilities = network.probabilities(reading.trace.states[index]);
    const [best] = mostLikely(probabilities, 1);
    const predicted = visibleTokenOf(reading.model, best.id);
    const { text } = reading.tokens[index];
    return h("li", { class: isFar ? "far" : null, "aria-current": index === position ? "true" : null },
      h("span", { class: "output" }, formula(`y_{${index + 1}}`), ` ${predicted} ${formatPercent(best.probability)}`),
      h("span", { class: "arrow", "aria-hidden": "true", text: "↑" }),
      h("span", { class: "state" }, formula(`h_{${index + 1}}`), createComponents(values, components)),
      h("span", { class: "arrow", "aria-hidden": "true", text: "↑" }),
      h("span", { class: "input" }, formula(`x_{${index + 1}}`), ` ${text}`));
  }

  function update() {
    row.update();
    const position = reading.position.value;
    // Narrow windows hide the cells that are far.
    const { length } = reading.ids;
    const firstOf = (size) => Math.max(0, Math.min(position - (size - 1) / 2, length - size));
    const near = firstOf(nearWindowSize);
    const shown = Array.from({ length: Math.min(windowSize, length) }, (_, index) => firstOf(windowSize) + index);
    cells.replaceChildren(...shown.map((index) => createCell(index, position, index < near || index >= near + nearWindowSize)));
    title.textContent = t("learn.predictionAfter", { token: reading.tokens[position].text });
    bars.update(predictionBars(reading, network.probabilities(reading.trace.states[position]), 5, reading.ids[position + 1]));
  }

  onClose(reading.position.subscribe(update));
  update();
  return [
    row.element, cells,
    h("p", { class: "muted" }, richText(t("learn.components", {
      count: components.length, layer: layer + 1, neurons: components.join(", "),
    }))),
    title, bars.element,
  ];
}

/** Draws components between -1 and 1 as vertical bars. */
function createComponents(values, components) {
  const [step, half] = [12, 30];
  const label = values.map((value, index) => `${components[index]}: ${formatNumber(value, 2)}`).join(", ");
  return svg("svg", { role: "img", "aria-label": label, viewBox: `0 0 ${values.length * step} ${2 * half + 4}` },
    svg("line", { class: "zero", x1: 0, x2: values.length * step, y1: half + 2, y2: half + 2 }),
    values.map((value, index) => {
      const height = Math.min(1, Math.abs(value)) * half;
      return svg("rect", {
        class: value < 0 ? "negative" : "positive", x: index * step + 2, y: half + 2 - (value < 0 ? 0 : height), width: step - 4, height,
      });
    }));
}
