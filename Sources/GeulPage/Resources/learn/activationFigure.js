import { slider } from "../app/controls.js";
import { h } from "../app/dom.js";
import { formula } from "../app/formula.js";
import { createLineChart } from "../app/lineChart.js";
import { formatScientific } from "../app/numbers.js";
import { formatNumber, t } from "../app/strings.js";
import { defaultNeuron, neuronSeries } from "./neurons.js";
import { learnState } from "./reading.js";

/** The number of steps of the recurrence. */
const recurrenceSteps = 60;
/** The half width of the plot of the functions. */
const plotWidth = 6;

/** The activation functions with their derivatives, as functions of the value f(a). */
const activationFunctions = {
  relu: { f: (a) => Math.max(0, a), slope: (value) => (value > 0 ? 1 : 0) },
  tanh: { f: Math.tanh, slope: (value) => 1 - value * value },
  sigmoid: { f: (a) => 1 / (1 + Math.exp(-a)), slope: (value) => value * (1 - value) },
};

/** Step 9: the functions with the model's values on them, and a recurrence of one unit with an adjustable weight. */
export function createActivationFigure({ cellReading: reading }) {
  reading.neuron.value ??= defaultNeuron(reading);
  return [...createFunctionPlot(reading), ...createRecurrence()];
}

/** Plots the functions and their derivatives; the points are the gates and candidates of one neuron while it reads the sentence. */
function createFunctionPlot(reading) {
  const { sigmoid, tanh } = activationFunctions;
  const inputs = Array.from({ length: 20 * plotWidth + 1 }, (_, index) => index / 10 - plotWidth);
  const neuron = reading.neuron.value;
  const values = neuronSeries(reading, neuron);
  const inverse = { sigmoid: (value) => Math.log(value / (1 - value)), tanh: Math.atanh };
  const gates = ["f_t", "i_t", "o_t", "z_t", "r_t"].filter((name) => values[name]);
  const candidates = ["c~_t", "n_t"].filter((name) => values[name]);
  if (candidates.length === 0) candidates.push("h_t");
  const pointsOf = (names, kind) => names.flatMap((name) => Array.from(values[name], (y) => [inverse[kind](y), y]))
    .filter(([x]) => Math.abs(x) <= plotWidth);
  const chart = createLineChart({ title: t("learn.functions"), showsTitle: false, height: 230, xLabel: "`a`" });
  const curve = (f) => inputs.map((a) => [a, f(a)]);
  chart.update({ range: [-1, 1], series: [
    { name: "`σ(a)`", values: curve(sigmoid.f), points: pointsOf(gates, "sigmoid") },
    { name: "`tanh(a)`", values: curve(tanh.f), points: pointsOf(candidates, "tanh") },
    { name: "`σ'(a)`", values: curve((a) => sigmoid.slope(sigmoid.f(a))) },
    { name: "`tanh'(a)`", values: curve((a) => tanh.slope(tanh.f(a))) },
  ] });
  const listed = (names) => names.flatMap((name, index) => [index > 0 ? ", " : "", formula(name)]);
  return [
    h("h3", { text: t("learn.functions") }), chart.element,
    h("p", { class: "muted" }, t("learn.points", { layer: neuron.layer + 1, index: neuron.index }), " ",
      listed([...gates, ...candidates]), "."),
  ];
}

/** Computes `h_1 = f(x_1)`, `h_t = f(w h_{t-1})` with x_1 = 1, and the derivatives of h_t with respect to h_1. */
export function recurrence(name, weight, steps) {
  const { f, slope } = activationFunctions[name];
  const states = [f(1)];
  const gradients = [1];
  for (let time = 1; time < steps; time += 1) {
    states.push(f(weight * states[time - 1]));
    gradients.push(gradients[time - 1] * weight * slope(states[time]));
  }
  return { states, gradients };
}

function createRecurrence() {
  const charts = ["learn.states", "learn.gradients"].map((key) => createLineChart({ title: t(key), xLabel: "`t`", isLogarithmic: true }));
  const result = h("table", { class: "recurrence" });
  const names = Object.keys(activationFunctions);

  function update() {
    const results = names.map((name) => recurrence(name, learnState.weight, recurrenceSteps));
    const curves = [results.map(({ states }) => states), results.map(({ gradients }) => gradients)];
    const label = { relu: "ReLU", tanh: "tanh", sigmoid: "σ" };
    charts.forEach((chart, index) => chart.update({ range: [1e-12, 1e12], series: names.map((name, number) => ({
      name: label[name], values: curves[index][number].map((value, time) => [time + 1, value]),
    })) }));
    const headings = [t("learn.function"), ...["learn.lastState", "learn.lastGradient"].map((key) => t(key, { steps: recurrenceSteps }))];
    result.replaceChildren(
      h("caption", { class: "visually-hidden", text: t("learn.recurrence") }),
      h("thead", {}, h("tr", {}, headings.map((text) => h("th", { scope: "col", text })))),
      h("tbody", {}, names.map((name, number) => h("tr", { dataset: { name } },
        h("th", { scope: "row", text: label[name] }),
        curves.map((values) => values[number].at(-1)).map((value) => h("td", { text: formatScientific(value), dataset: { value } }))))));
  }

  update();
  return [
    h("h3", { text: t("learn.recurrence") }),
    slider({
      label: t("learn.weight"), min: 0, max: 1.6, step: 0.05, value: learnState.weight, format: (value) => formatNumber(value, 2),
      onInput: (weight) => {
        learnState.weight = weight;
        update();
      },
    }),
    h("div", { class: "columns" }, charts.map(({ element }) => element)),
    result,
  ];
}
