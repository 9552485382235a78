/// The contents of a safetensors file: named tensors and string metadata.
///
/// ```swift
/// let file = SafetensorsFile(
///   metadata: ["geul": about],
///   tensors: [.init("decoder.bias", shape: [v], floats: biases)])
/// try file.write(to: AtomicFile("model.safetensors"))
/// let read = try SafetensorsFile(contentsOf: "model.safetensors")
/// let copy = try read.floats("decoder.bias", shape: [v])
/// ```
///
/// The format consists of 8 bytes with the length of the header, little-endian; the header as JSON;
/// and the data, little-endian. The header contains the dtype, shape and data range of each tensor,
/// and strings under `__metadata__`. See https://github.com/huggingface/safetensors#format.
///
/// The tensors of an opened file stay on disk until they are requested; the file stays open.
///
/// Files written by Geul have a checksum: the metadata key `checksum` has the value `xxh64:` and 16
/// hexadecimal digits, the XXH64 (seed 0) of all bytes of the file with these digits replaced by
/// zeros. It is verified on reading and protects against damage, not against tampering. A file
/// without the metadata key `geul` comes from another program and needs no checksum.
public struct SafetensorsFile: Sendable {
  /// The metadata, without the checksum.
  public var metadata: [String: String]
  /// The tensors, in the order of their bytes.
  public var tensors: [Tensor]
  /// Indicates whether the file was read and its checksum verified; false for files of other programs.
  public internal(set) var isVerified = false
  /// The path or name used in errors.
  let name: String

  /// The maximum size of a header in bytes (64 MiB).
  public static let headerLimit = 64 << 20

  /// Creates the contents of a file to be written.
  public init(metadata: [String: String] = [:], tensors: [Tensor] = []) {
    self.init(name: "safetensors", metadata: metadata, tensors: tensors)
  }

  init(name: String, metadata: [String: String], tensors: [Tensor]) {
    self.name = name
    self.metadata = metadata
    self.tensors = tensors
  }

  /// Returns the tensor with a name.
  ///
  /// - Throws: `FormatError` with the reason `missingTensor`.
  public func tensor(_ name: String) throws(FormatError) -> Tensor {
    guard let tensor = tensors.first(where: { $0.name == name }) else {
      throw FormatError(file: self.name, reason: .missingTensor(name))
    }
    return tensor
  }

  /// Returns the elements of a tensor, row-major.
  ///
  /// - Parameters:
  ///   - name: The name of the tensor.
  ///   - shape: The expected shape.
  ///   - type: The expected element type.
  /// - Returns: The elements, as many as the shape has.
  /// - Throws: `FormatError` if the tensor is missing, has another shape or dtype, or can no longer
  ///   be read.
  public func values<Element: TensorElement>(
    _ name: String, shape: [Int], as type: Element.Type = Element.self
  ) throws(FormatError) -> [Element] {
    let tensor = try tensor(name)
    do throws(FormatError.Reason) {
      guard tensor.shape == shape else {
        throw .wrongShape(tensor: name, expected: shape, found: tensor.shape)
      }
      guard tensor.dtype == Element.dtype else {
        throw .wrongDtype(tensor: name, expected: Element.dtype, found: tensor.dtype)
      }
      do { return try tensor.source.elements() } catch { throw .unreadable(error) }
    } catch {
      throw FormatError(file: self.name, reason: error)
    }
  }

  /// Returns the elements of a float32 tensor, row-major; see `values(_:shape:as:)`.
  public func floats(_ name: String, shape: [Int]) throws(FormatError) -> [Float] {
    try values(name, shape: shape)
  }

  /// Returns the bytes of a tensor of any dtype and shape, as stored in the file.
  ///
  /// - Throws: `FormatError` if the tensor is missing or can no longer be read.
  public func bytes(_ name: String) throws(FormatError) -> [UInt8] {
    let tensor = try tensor(name)
    do { return try tensor.source.elements() } catch {
      throw FormatError(file: self.name, reason: .unreadable(error))
    }
  }
}
