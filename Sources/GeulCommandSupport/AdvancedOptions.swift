package import ArgumentParser

extension ArgumentHelp {
  /// Returns the help of an option that few people need: `--help-hidden` lists it, `--help` does not.
  package static func advanced(_ text: String, valueName: String? = nil) -> ArgumentHelp {
    ArgumentHelp(text, valueName: valueName, visibility: .hidden)
  }
}
