/// The arithmetic of matrix products.
///
/// Cell states, gates and gradients of weights are always float32.
public enum Precision: String, Codable, CaseIterable, Sendable {
  /// Float32 operands and sums; the same bits on every machine.
  case float32
  /// Bfloat16 operands and float32 sums: half the memory, and up to twice the speed on processors with bfloat16
  /// instructions. The bits may differ between machines.
  case bfloat16
  /// Int8 weights with one scale per column and int32 sums, for inference only; the same bits on every machine.
  case int8

  /// The precisions that a network can be trained with.
  public static let trainable: [Precision] = [.float32, .bfloat16]

  /// The size of an element of a hidden state in bytes.
  public var elementBytes: Int { self == .float32 ? 4 : 2 }
  /// The size of a packed weight in bytes.
  var weightBytes: Int { self == .int8 ? 1 : elementBytes }
}
