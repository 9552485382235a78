public import GeulModel
internal import GeulStorage
internal import GeulText
internal import PortableFoundation

extension Model {
  /// Converts the model to NumPy's `.npz` archive.
  ///
  /// The arrays have the names and shapes of the model file, which are PyTorch's, as float32; the items of a list are int64.
  /// The array `geul` of the
  /// type uint8 has the metadata as JSON: `json.loads(bytes(archive["geul"]))["vocabulary"]`. The archive is not
  /// compressed. Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
  ///
  /// - Throws: `ExchangeError` if the archive would have more than 4 GiB.
  public func numPyArchive() throws(ExchangeError) -> [UInt8] {
    let tensors = network.tensors(of: parameters)
    let metadata = Array(Model.json(metadata).utf8)
    // 1 KiB for the headers and the directory entry of each array.
    let items = self.metadata.list?.items.hashes
    let size = tensors.reduce(metadata.count + (items?.count ?? 0) * 8 + 1024) {
      $0 + $1.values.count * 4 + 1024
    }
    try ExchangeError.check(size, below: ZipArchive.sizeLimit, of: "An .npz file")
    var archive = ZipArchive()
    for tensor in tensors {
      archive.add(
        tensor.name + ".npy",
        Self.npy("<f4", tensor.shape, RawBytes.bytes(of: tensor.values)))
    }
    if let items {
      archive.add(
        Self.itemsTensor + ".npy",
        Self.npy("<i8", [items.count], RawBytes.bytes(of: items.map { Int64(bitPattern: $0) })))
    }
    archive.add(Self.metadataKey + ".npy", Self.npy("|u1", [metadata.count], metadata))
    return archive.bytes
  }

  /// Returns a file in version 1.0 of the `.npy` format: the header has a multiple of 64 bytes.
  private static func npy(_ type: String, _ shape: [Int], _ values: [UInt8]) -> [UInt8] {
    // A tuple of one element ends with a comma.
    let dimensions = shape.map { "\($0)," }.joined(separator: " ")
    let tuple = shape.count == 1 ? dimensions : String(dimensions.dropLast())
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(tuple)), }"
    let start = 10
    header += String(repeating: " ", count: 63 - (start + header.utf8.count) % 64) + "\n"
    var file: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    file.append(littleEndian: UInt16(header.utf8.count))
    return file + header.utf8 + values
  }
}
