import Geul
import PortableFoundation

/// The models that are found by their names: those in the directory GEUL_MODELS, if it is set, then those that were
/// installed with the program.
enum InstalledModels {
  private static let fileExtension = ".safetensors"

  /// The names of the models, in ascending order.
  static var names: [String] {
    let files = folders.flatMap { (try? FileSystem.names(in: $0)) ?? [] }
    let models = files.filter { $0.hasSuffix(fileExtension) && !$0.hasPrefix(".") }
    return Set(models.map { String($0.dropLast(fileExtension.count)) }).sorted()
  }

  /// Returns the path of the model file with a name; nil if there is none.
  static func path(of name: String) -> String? {
    guard !name.isEmpty, !name.contains("/") else { return nil }
    return folders.map { "\($0)/\(name)\(fileExtension)" }.first(where: FileSystem.exists)
  }

  /// The directories with models; `make install` writes share/geul/models beside the directory of the program.
  private static var folders: [String] {
    let chosen = ProcessInfo.processInfo.environment["GEUL_MODELS"] ?? ""
    let program = executablePath ?? ""
    let prefix = FileSystem.folder(of: FileSystem.folder(of: program))
    return (chosen.isEmpty ? [] : [chosen])
      + (prefix.isEmpty ? [] : ["\(prefix)/share/geul/models"])
  }
}
