import { slider } from "../app/controls.js";
import { h } from "../app/dom.js";
import { formatNumber, t } from "../app/strings.js";
import { createActivationFigure } from "./activationFigure.js";
import { createBarList } from "./barList.js";
import { formula, formulaNumber, richText } from "../app/formula.js";
import { createInfluenceFigure } from "./influenceFigure.js";
import { createNeuronFigure } from "./neuronFigure.js";
import { predictionBars } from "./reading.js";
import { createSequenceFigure } from "./sequenceFigure.js";
import { createTemperatureFigure } from "./temperatureFigure.js";
import { createUnrolledFigure } from "./unrolledFigure.js";
import { createUpdateFigure } from "./updateFigure.js";

const unitRange = [0, 1];
const signedRange = [-1, 1];

/** What the figure of one neuron shows in the steps 4, 5, 6 and 8, by the kind of cell. */
const neuronQuantities = {
  lstm: {
    4: { tint: "tanh(c_t)", charts: [{ names: ["c_t", "h_t"] }], shown: ["c_t", "h_t"] },
    5: {
      tint: "f_t", charts: [{ names: ["f_t"], range: unitRange, meanOf: 1 }, { names: ["c_t"] }],
      shown: ["f_t", "c_{t-1}", "c_t"],
    },
    6: {
      tint: "i_t * c~_t", charts: [{ names: ["i_t", "c~_t", "i_t * c~_t"], range: signedRange }, { names: ["c_t"] }],
      shown: ["i_t", "c~_t", "i_t * c~_t", "f_t", "c_t"],
    },
    8: {
      tint: "h_t", charts: [{ names: ["o_t", "tanh(c_t)", "h_t"], range: signedRange }],
      shown: ["o_t", "c_t", "tanh(c_t)", "h_t"],
    },
  },
  gru: {
    4: { tint: "h_t", charts: [{ names: ["h_t"], range: signedRange }], shown: ["h_t"] },
    5: {
      tint: "z_t", charts: [{ names: ["z_t"], range: unitRange, meanOf: 1 }, { names: ["h_t"], range: signedRange }],
      shown: ["z_t", "h_{t-1}", "h_t"],
    },
    6: {
      tint: "1 - z_t", charts: [{ names: ["1 - z_t", "n_t"], range: signedRange }, { names: ["h_t"], range: signedRange }],
      shown: ["1 - z_t", "n_t", "h_t"],
    },
    8: { tint: "r_t", charts: [{ names: ["r_t", "n_t", "h_t"], range: signedRange }], shown: ["r_t", "n_t", "h_t"] },
  },
};

function neuronStep(number) {
  const onlyState = { tint: "h_t", charts: [{ names: ["h_t"] }], shown: ["h_t"] };
  const additions = { 5: smallestValues, 8: outputGateAddition };
  return (lesson) => createNeuronFigure(lesson, {
    ...(neuronQuantities[lesson.kind]?.[number] ?? onlyState),
    addition: lesson.kind === "lstm" ? additions[number]?.(lesson.cellReading) : undefined,
  });
}

/** Returns a function of the values that names the tokens at which the forget gate is smallest. */
function smallestValues(reading) {
  return (values) => {
    const smallest = Array.from(values["f_t"], (value, time) => ({ value, time })).sort((a, b) => a.value - b.value).slice(0, 3);
    return [h("p", { class: "result" }, ...richText(t("learn.smallest")), " ",
      smallest.map(({ value, time }) => `‘${reading.tokens[time].text}’ ${formatNumber(value, 2)}`).join(" · "))];
  };
}

/** Returns a function that creates the slider of the output gate at the chosen token, and the prediction with the changed hidden state. */
function outputGateAddition(reading) {
  return (values, position, { layer, index }) => {
    const { network } = reading.model;
    const state = reading.trace.states[position];
    const isTop = layer === network.layerCount - 1;
    const equation = h("div", { class: "equation" });
    const bars = createBarList({ label: t("learn.predictions") });
    function show(gate) {
      const hidden = gate * values["tanh(c_t)"][position];
      const factors = [gate, values["tanh(c_t)"][position]].map(formulaNumber);
      equation.replaceChildren(formula(`h_t = ${factors.join(" × ")} = ${formatNumber(hidden, 2)}`, true));
      equation.dataset.hidden = hidden;
      if (!isTop) return;
      const hiddenState = Float32Array.from(state[layer].hiddenState);
      hiddenState[index] = hidden;
      const changed = [...state.slice(0, layer), { ...state[layer], hiddenState }];
      bars.update(predictionBars(reading, network.probabilities(changed), 5, reading.ids[position + 1]));
    }
    const gate = values["o_t"][position];
    show(gate);
    return [
      slider({
        label: t("learn.slider.o"), min: 0, max: 1, step: 0.01, value: gate, format: (value) => formatNumber(value, 2),
        onInput: show,
      }),
      equation, ...(isTop ? [h("h3", {}, richText(t("learn.changedPrediction"))), bars.element] : []),
    ];
  };
}

/** The ten steps: the formulas, and a function of a lesson that creates the nodes of the figure. */
export const lessonSteps = [
  {
    formulas: [
      "p(x_2, …, x_T | x_1) = ∏_{t=2}^T p(x_t | x_1, …, x_{t-1})",
      "L = -{1}/{T - 1} ∑_{t=2}^T ln p(x_t | x_1, …, x_{t-1})",
    ],
    create: createSequenceFigure,
  },
  {
    formulas: ["h_t = tanh(W_x x_t + W_h h_{t-1} + b)", "y_t = W_y h_t + b_y", "p_t = softmax(y_t)"],
    create: createUnrolledFigure, hasOwnNote: true,
  },
  {
    formulas: [
      "J_t = {∂h_t}/{∂h_{t-1}} = diag(1 - h_t^2) W_h",
      "{∂L_t}/{∂h_{t-k}} = J_{t-k+1}^⊤ ⋯ J_{t-1}^⊤ J_t^⊤ {∂L_t}/{∂h_t}",
    ],
    create: createInfluenceFigure,
  },
  { formulas: ["c_t = f_t * c_{t-1} + i_t * c~_t", "h_t = o_t * tanh(c_t)"], create: neuronStep(4), isAboutCell: true },
  { formulas: ["f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)"], create: neuronStep(5), isAboutCell: true },
  {
    formulas: ["i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)", "c~_t = tanh(W_c x_t + U_c h_{t-1} + b_c)"],
    create: neuronStep(6), isAboutCell: true,
  },
  { formulas: ["c_t = f_t * c_{t-1} + i_t * c~_t"], create: createUpdateFigure, isAboutCell: true },
  { formulas: ["o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)", "h_t = o_t * tanh(c_t)"], create: neuronStep(8), isAboutCell: true },
  {
    formulas: [
      "σ(a) = {1}/{1 + exp(-a)}", "σ'(a) = σ(a) (1 - σ(a))", "tanh'(a) = 1 - tanh^2(a)",
      "h_1 = f(x_1)", "h_t = f(w h_{t-1})", "{∂h_t}/{∂h_1} = ∏_{s=2}^t w f'(w h_{s-1})",
    ],
    create: createActivationFigure, isAboutCell: true,
  },
  { formulas: ["p_k = {exp(y_k / T)}/{∑_{j=1}^V exp(y_j / T)}"], create: createTemperatureFigure },
];
