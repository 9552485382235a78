import { h } from "../app/dom.js";
import { formula } from "../app/formula.js";
import { createLineChart } from "../app/lineChart.js";
import { formatNumber, t } from "../app/strings.js";
import { createNeuronChoice, meanGate, neuronSeries } from "./neurons.js";
import { createTokenRow } from "./reading.js";

/**
 * Shows one neuron while the sentence is read: the tokens colored by one of its quantities, charts, and the values at
 * the chosen token.
 *
 * @param tint The name of the quantity that colors the tokens.
 * @param charts `[{ names, range, meanOf }]`: the quantities of each chart; `meanOf` adds the layer's mean of a gate.
 * @param shown The names of the quantities whose values at the chosen token are listed.
 * @param addition A function of `(values, position, neuron)` that returns further nodes; optional.
 */
export function createNeuronFigure({ cellReading: reading, onClose }, { tint, charts, shown, addition = () => [] }) {
  const choice = createNeuronChoice(reading, onClose);
  let values = neuronSeries(reading, reading.neuron.value);
  const row = createTokenRow(reading, {
    label: t("learn.choose"), tint: (index) => Math.max(-1, Math.min(1, values[tint][index])),
    describe: (index) => `${tint} ${formatNumber(values[tint][index], 2)}`,
  });
  const lines = charts.map(({ names }) => createLineChart({
    title: names.join(", "), showsTitle: false, height: charts.length > 1 ? 150 : 200, onSelect: (index) => { reading.position.value = index; },
  }));
  const list = h("dl", { class: "values" });
  const additions = h("div", {});

  function update() {
    const position = reading.position.value;
    const neuron = reading.neuron.value;
    row.update();
    lines.forEach((chart, number) => {
      const { names, range, meanOf } = charts[number];
      const line = (name, lineValues) => ({ name, values: lineValues.map((value, index) => [index, value]) });
      const series = names.map((name) => line(`\`${name}\``, values[name]));
      if (meanOf !== undefined) series.push(line(t("learn.layerMean"), meanGate(reading, neuron.layer, meanOf)));
      chart.update({ series, range, labels: reading.characters, cursor: position });
    });
    list.replaceChildren(
      h("div", {}, h("dt", {}, formula("x_t")), h("dd", { text: `${reading.tokens[position].text} (t = ${position + 1})` })),
      ...shown.map((name) => {
        const value = values[name][position];
        return h("div", { dataset: { name, value } }, h("dt", {}, formula(name)), h("dd", { text: formatNumber(value, 3) }));
      }));
    additions.replaceChildren(...addition(values, position, neuron));
  }

  onClose(reading.position.subscribe(update));
  onClose(reading.neuron.subscribe((neuron) => {
    values = neuronSeries(reading, neuron);
    update();
  }));
  update();
  return [
    choice, row.element, h("p", { class: "muted" }, t("learn.tintLegend"), " ", formula(tint)),
    ...lines.map((chart) => chart.element), list, additions,
  ];
}
