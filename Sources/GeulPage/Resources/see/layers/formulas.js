import { h } from "../../app/dom.js";
import { formula } from "../../app/formula.js";

/** The formulas of docs/mathematics.md by kind of cell and quantity. */
const cellFormulas = {
  lstm: {
    forgetGate: "f_t = σ(W_f x_t + U_f h_{t-1} + b_f)",
    inputGate: "i_t = σ(W_i x_t + U_i h_{t-1} + b_i)",
    candidate: "c~_t = tanh(W_c x_t + U_c h_{t-1} + b_c)",
    outputGate: "o_t = σ(W_o x_t + U_o h_{t-1} + b_o)",
    cellState: "c_t = f_t ⊙ c_{t-1} + i_t ⊙ c~_t",
    hiddenState: "h_t = o_t ⊙ tanh(c_t)",
  },
  gru: {
    updateGate: "z_t = σ(W_z x_t + U_z h_{t-1} + b_z)",
    resetGate: "r_t = σ(W_r x_t + U_r h_{t-1} + b_r)",
    candidate: "n_t = tanh(W_n x_t + b_n + r_t ⊙ (U_n h_{t-1} + b_{hn}))",
    hiddenState: "h_t = (1 - z_t) ⊙ n_t + z_t ⊙ h_{t-1}",
  },
  rnn: { hiddenState: "h_t = tanh(W_x x_t + W_h h_{t-1} + b)" },
};

/** Returns a paragraph with the formula of a quantity. */
export function quantityFormula({ cellKind, activation }, key) {
  const source = cellFormulas[cellKind][key];
  return h("p", { class: "formula" }, formula(cellKind === "rnn" ? source.replace("tanh", activation) : source));
}
