/// What is in a safetensors file, or will be: named tensors and texts about them.
///
/// The format: 8 bytes with the length of the header, little-endian; the header, JSON; the numbers, little-endian.
/// The header gives each tensor's kind of numbers, shape and place, and texts under `__metadata__`. Nothing in such a
/// file can run. See https://github.com/huggingface/safetensors#format.
///
/// ```swift
/// let file = SafetensorsFile(
///   metadata: ["geul": about],
///   tensors: [.init("decoder.bias", shape: [v], floats: biases)])
/// try file.write(to: AtomicFile("model.safetensors"))
/// let biases = try SafetensorsFile(contentsOf: "model.safetensors").floats("decoder.bias", shape: [v])
/// ```
///
/// The tensors of a file that was opened stay in the file, which is kept open, until one is asked for.
///
/// A written file carries a checksum: the metadata key `checksum` has the value `xxh64:` and 16 hexadecimal digits, the
/// XXH64 (seed 0) of all bytes of the file with these 16 digits as zeros. It is verified on reading. It protects
/// against damage, not against malice. A file without the metadata key `geul` comes from elsewhere and need not have it.
public struct SafetensorsFile: Sendable {
  /// The texts about the file, without the checksum.
  public var metadata: [String: String]
  /// The tensors, in the order of their bytes.
  public var tensors: [Tensor]
  /// The path or name that errors give.
  let name: String

  /// The longest header that is read or written, in bytes (64 MiB).
  public static let headerLimit = 64 << 20

  /// Puts together what will be written.
  public init(metadata: [String: String] = [:], tensors: [Tensor] = []) {
    self.init(name: "safetensors", metadata: metadata, tensors: tensors)
  }

  init(name: String, metadata: [String: String], tensors: [Tensor]) {
    self.name = name
    self.metadata = metadata
    self.tensors = tensors
  }

  /// The tensor of this name.
  ///
  /// - Throws: `FormatError` with the reason `noTensor`.
  public func tensor(_ name: String) throws(FormatError) -> Tensor {
    guard let tensor = tensors.first(where: { $0.name == name }) else {
      throw FormatError(file: self.name, reason: .noTensor(name))
    }
    return tensor
  }

  /// The numbers of a tensor, row-major, in a new array.
  ///
  /// - Parameters:
  ///   - name: The tensor's name.
  ///   - shape: The shape it must have.
  ///   - type: The kind of numbers it must have.
  /// - Returns: As many numbers as the shape says.
  /// - Throws: `FormatError` if there is no such tensor, it differs in shape or kind, or it can no longer be read.
  public func values<Number: TensorElement>(
    _ name: String, shape: [Int], as type: Number.Type = Number.self
  ) throws(FormatError) -> [Number] {
    let tensor = try tensor(name)
    do throws(FormatError.Reason) {
      guard tensor.shape == shape else {
        throw .wrongShape(tensor: name, expected: shape, found: tensor.shape)
      }
      guard tensor.dtype == Number.dtype else {
        throw .wrongDtype(tensor: name, expected: Number.dtype, found: tensor.dtype)
      }
      do { return try tensor.source.numbers() } catch { throw .unreadable(error) }
    } catch {
      throw FormatError(file: self.name, reason: error)
    }
  }

  /// The float32 numbers of a tensor, row-major, in a new array; see `values(_:shape:as:)`.
  public func floats(_ name: String, shape: [Int]) throws(FormatError) -> [Float] {
    try values(name, shape: shape)
  }

  /// The bytes of a tensor as they stand in the file, whatever its kind and shape.
  ///
  /// - Throws: `FormatError` if there is no such tensor, or it can no longer be read.
  public func bytes(_ name: String) throws(FormatError) -> [UInt8] {
    let tensor = try tensor(name)
    do { return try tensor.source.numbers() } catch {
      throw FormatError(file: self.name, reason: .unreadable(error))
    }
  }
}
