/// A command, as ArgumentParser describes it.
struct Command: Decodable {
  let commandName: String
  let superCommands: [String]?
  let abstract: String?
  let discussion: String?
  let arguments: [Argument]?
  let subcommands: [Command]?

  /// An argument, option or flag.
  struct Argument: Decodable {
    let kind: Kind
    let isRepeating: Bool
    let sectionTitle: String?
    let names: [Name]?
    let valueName: String?
    let abstract: String?
    let defaultValue: String?
    let allValues: [String]?

    enum Kind: String, Decodable {
      case positional, option, flag
    }

    struct Name: Decodable {
      let kind: String
      let name: String

      /// The name with its dashes.
      var spelling: String { kind == "long" ? "--\(name)" : "-\(name)" }
    }
  }

  /// The name of the program and of the commands down to this one.
  var words: [String] { (superCommands ?? []) + [commandName] }

  /// The name of the manual page, such as `geul-train`.
  var pageName: String { words.joined(separator: "-") }

  /// The commands below this one that have a page.
  var children: [Command] { (subcommands ?? []).filter { $0.commandName != "help" } }

  /// This command and all below it.
  var all: [Command] { [self] + children.flatMap(\.all) }

  /// All arguments, also those that only `--help-hidden` lists.
  var allArguments: [Argument] { arguments ?? [] }

  /// Indicates whether the command has an option, given with its dashes.
  func has(_ option: String) -> Bool {
    allArguments.contains { $0.names?.contains { $0.spelling == option } == true }
  }

  /// Indicates whether the command has an argument or option whose value has one of these names.
  func takes(_ valueNames: String...) -> Bool {
    allArguments.contains { $0.kind != .flag && valueNames.contains($0.valueName ?? "") }
  }

  /// The paragraphs of the discussion.
  var paragraphs: [Paragraph] {
    (discussion ?? "").split(separator: "\n\n").map { Paragraph(text: String($0)) }
  }

  /// A paragraph of a discussion.
  struct Paragraph {
    let text: String

    /// Indicates whether the paragraph consists of command lines.
    var isExample: Bool { text.hasPrefix("geul") || text.contains("| geul") }

    /// Indicates whether line breaks are kept.
    var isLiteral: Bool { text.contains("\n") }
  }
}
