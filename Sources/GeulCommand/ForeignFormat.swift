import Geul

/// A format of models of other programs, which `geul import` does not read.
struct ForeignFormat: CustomStringConvertible {
  /// The format and how to convert a file to a state dict in safetensors, without a period.
  let description: String

  /// The number of bytes that are examined.
  private static let headBytes = 4096

  /// Recognizes the format of a file by its first bytes; nil for an unknown one.
  init?(ofFile path: String) {
    var head: [UInt8] = []
    _ = try? FileDescriptor(readingRegularFile: path).read(upTo: Self.headBytes, appendingTo: &head)
    func begins(_ text: String) -> Bool { head.starts(with: text.utf8) }
    func contains(_ text: String) -> Bool {
      let text = Array(text.utf8)
      return head.indices.contains { head[$0...].starts(with: text) }
    }
    let conversion =
      "Convert it in Python: safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")"
    let torch = "a file of torch.save, which may contain any program. \(conversion)"
    if begins("PK") {
      let name = Self.firstName(inArchive: head)
      if name.hasSuffix(".npy") {
        description =
          "an archive of NumPy (.npz). Convert it in Python: safetensors.numpy.save_file(dict(numpy.load(\"\(FileSystem.name(of: path))\")), \"model.safetensors\")"
      } else if contains("/data.pkl") {
        description = torch
      } else {
        description =
          "a zip archive, neither of torch.save nor of NumPy, or a damaged one. Give a state dict in safetensors. In Python: safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")"
      }
    } else if head.starts(with: [0x93]), contains("NUMPY") {
      description =
        "one array of NumPy (.npy). Give a safetensors file with all tensors of the model"
    } else if head.first == 0x80 {
      // Before PyTorch 1.6, torch.save wrote a pickle.
      description = torch
    } else if begins("GGUF") {
      description = "a model of llama.cpp (GGUF). Give a state dict of PyTorch in safetensors"
    } else if head.starts(with: [0x89]), contains("HDF\r\n") {
      description = "an HDF5 file, as of Keras. Give a state dict of PyTorch in safetensors"
    } else if path.hasSuffix(".onnx") {
      description = "a model of ONNX. Give a state dict of PyTorch in safetensors"
    } else {
      return nil
    }
  }

  /// Returns the name of the first file of a zip archive, from its header; empty if it is damaged.
  private static func firstName(inArchive head: [UInt8]) -> String {
    guard head.count >= 30, head.starts(with: [0x50, 0x4B, 3, 4]) else { return "" }
    let count = Int(head[26]) | Int(head[27]) << 8
    return head.count < 30 + count ? "" : String(decoding: head[30..<30 + count], as: UTF8.self)
  }
}
