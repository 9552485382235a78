import ArgumentParser

/// A command or subcommand that a command line names.
struct NamedCommand {
  let type: any ParsableCommand.Type
  /// The name of the command itself, such as `bench`, also for its subcommands.
  let name: String
  /// The command with its parent commands, such as `geul bench train`.
  let path: String

  /// Finds the command of a command line; nil if it is unknown.
  init?(_ arguments: [String]) {
    var words = arguments.filter { !$0.hasPrefix("-") }[...]
    var type: any ParsableCommand.Type = GeulCommand.self
    let name = words.first ?? "geul"
    var path = "geul"
    while let word = words.popFirst(),
      let next = type.configuration.subcommands.first(where: { Self.name(of: $0) == word })
    {
      type = next
      path += " \(word)"
    }
    guard type != GeulCommand.self || name == "geul" || name == "help" else { return nil }
    (self.type, self.name, self.path) = (type, name, path)
  }

  private init(_ type: any ParsableCommand.Type) {
    self.type = type
    name = Self.name(of: type)
    path = "geul \(name)"
  }

  /// All commands, without subcommands.
  static var all: [NamedCommand] { GeulCommand.configuration.subcommands.map(NamedCommand.init) }

  /// The options of the command.
  var options: CommandOptions { CommandOptions(of: type) }

  private static func name(of type: any ParsableCommand.Type) -> String {
    type.configuration.commandName ?? "\(type)".lowercased()
  }
}
