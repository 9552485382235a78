import { slider } from "../app/controls.js";
import { button, h } from "../app/dom.js";
import { formula, formulaNumber } from "../app/formula.js";
import { createLineChart } from "../app/lineChart.js";
import { formatNumber, t } from "../app/strings.js";
import { createBarList } from "./barList.js";
import { createNeuronChoice, neuronSeries } from "./neurons.js";
import { createTokenRow } from "./reading.js";

/** The number of steps over which the state is followed with a constant forget gate. */
const followedSteps = 60;

/**
 * The update of each kind of cell: its sliders `{ name, low, high }` in the order of `terms(values)`, which returns
 * `[kept, written]`, the two terms of the new state. An RNN has no gates: its sliders are those of an LSTM
 * and start at 0.5.
 */
const cellUpdates = {
  lstm: {
    before: "c_{t-1}", after: "c_t", kept: "f_t * c_{t-1}", written: "i_t * c~_t", retention: "f_t",
    sliders: [{ name: "f_t", label: "f", low: 0 }, { name: "i_t", label: "i", low: 0 }, { name: "c~_t", label: "c̃", low: -1 }],
    terms: (before, [f, i, candidate]) => [f * before, i * candidate],
    equation: (before, [f, i, candidate]) => `c_t = ${f} × ${before} + ${i} × ${candidate}`,
  },
  gru: {
    before: "h_{t-1}", after: "h_t", kept: "z_t * h_{t-1}", written: "(1 - z_t) * n_t", retention: "z_t",
    sliders: [{ name: "z_t", label: "z", low: 0 }, { name: "n_t", label: "n", low: -1 }],
    terms: (before, [z, candidate]) => [z * before, (1 - z) * candidate],
    equation: (before, [z, candidate]) => `h_t = (1 - ${z}) × ${candidate} + ${z} × ${before}`,
  },
};

/** Step 7: the state of one neuron, updated by hand. */
export function createUpdateFigure({ cellReading: reading, kind, onClose }) {
  const update = cellUpdates[kind] ?? cellUpdates.lstm;
  const choice = createNeuronChoice(reading, onClose);
  const row = createTokenRow(reading, { label: t("learn.choose") });
  const sliders = h("div", { class: "update-sliders" });
  const equation = h("div", { class: "equation" });
  const bars = createBarList({ label: t("learn.terms"), isSigned: true });
  const chart = createLineChart({ title: t("learn.followed"), showsTitle: false, xLabel: t("learn.steps"), height: 170 });
  let numbers = [];
  let before = 0;

  /** Starts from the values of the model at the chosen token. */
  function reset() {
    const values = neuronSeries(reading, reading.neuron.value);
    const position = reading.position.value;
    const valueOf = (name) => values[name]?.[position] ?? 0.5;
    before = valueOf(update.before);
    numbers = update.sliders.map(({ name }) => valueOf(name));
    const format = (value) => formatNumber(value, 2);
    const limit = Math.max(1, Math.ceil(Math.abs(before)));
    sliders.replaceChildren(
      slider({
        label: t(`learn.before.${update.before[0]}`), min: -limit, max: limit, step: 0.01, value: before, format, onInput: (value) => {
          before = value;
          show();
        },
      }),
      ...update.sliders.map(({ label, low }, index) => slider({
        label: t(`learn.slider.${label}`), min: low, max: 1, step: 0.01, value: numbers[index], format, onInput: (value) => {
          numbers[index] = value;
          show();
        },
      })));
    row.update();
    show();
  }

  function show() {
    const [kept, written] = update.terms(before, numbers);
    const after = kept + written;
    const text = update.equation(formulaNumber(before), numbers.map(formulaNumber));
    equation.replaceChildren(formula(`${text} = ${formatNumber(after, 2)}`, true));
    const scale = Math.max(1, Math.abs(before), Math.abs(kept), Math.abs(written), Math.abs(after));
    const terms = [[update.before, before], [update.kept, kept], [update.written, written], [update.after, after]];
    bars.update(terms.map(([name, value], index) => ({
      text: [formula(name)], value: value / scale, valueText: formatNumber(value, 3), isMarked: index === 3,
    })));
    const retention = numbers[0];
    const followed = Array.from({ length: followedSteps + 1 }, (_, step) => [step, after * retention ** step]);
    chart.update({ range: after < 0 ? [-Math.max(1, -after), 0] : [0, Math.max(1, after)], series: [{
      name: t("learn.constant", { gate: `\`${update.retention} = ${formatNumber(retention, 2)}\`` }), values: followed,
    }] });
    bars.element.dataset.after = after;
  }

  onClose(reading.position.subscribe(reset));
  onClose(reading.neuron.subscribe(reset));
  reset();
  return [
    // The values of an RNN do not depend on the neuron and the token.
    ...(cellUpdates[kind] ? [choice, row.element] : []), sliders, h("div", { class: "controls" }, button(t("learn.modelValues"), reset)),
    equation, bars.element, chart.element,
  ];
}
