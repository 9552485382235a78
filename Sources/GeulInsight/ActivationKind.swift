/// A gate or state of a recurrent cell.
public enum ActivationKind: String, Sendable, CaseIterable {
  case forgetGate = "forget_gate"
  case inputGate = "input_gate"
  case outputGate = "output_gate"
  case updateGate = "update_gate"
  case resetGate = "reset_gate"
  /// The new content of the cell state of an LSTM, or of the hidden state of a GRU.
  case candidate
  case cellState = "cell_state"
  case hiddenState = "hidden_state"
}
