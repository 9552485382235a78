import ArgumentParser

/// The command line of Geul.
@main
struct GeulCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "geul")
}
