/// The arithmetic of matrix products.
///
/// Sums, cell states, gates and gradients of weights are float32 in all of them.
public enum Precision: String, Codable, CaseIterable, Sendable {
  /// The same bits on every machine.
  case float32
  /// Half the memory, and up to twice the speed where the processor multiplies bfloat16 pairs; not the same bits on every
  /// machine.
  case bfloat16
  /// Weights of one byte with a scale for each column, for inference only. Sums are integers, so results are the same bits
  /// on every machine.
  case int8

  /// The precisions that a network can be trained with.
  public static let trainable: [Precision] = [.float32, .bfloat16]

  /// The bytes of an element of a hidden state.
  public var elementBytes: Int { self == .float32 ? 4 : 2 }
  /// The bytes of a packed weight.
  var weightBytes: Int { self == .int8 ? 1 : elementBytes }
}
