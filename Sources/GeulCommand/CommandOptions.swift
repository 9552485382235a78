import ArgumentParser
import GeulCommandSupport
import PortableFoundation

/// The declarations of the options of a command, as far as arguments are translated and errors explained with them.
struct CommandOptions {
  /// The declaration of an option or flag.
  private struct Declaration {
    /// The long name, or the short one if there is no other, with dashes.
    let name: String
    let isFlag: Bool
    /// The values of a choice.
    let choices: [String]
    let takesText: Bool
    /// Indicates whether a second value would replace the first one.
    let hasOneValue: Bool
  }

  private let declarations: [String: Declaration]
  /// The long names of the options that the help lists, with dashes.
  let longNames: [String]

  /// Names of values in the help that stand for text or paths; all other values are numbers or choices.
  private static let textValues: Set = [
    "text", "file", "path", "encoding", "model", "class", "regex", "token=bias",
  ]

  /// The options of an unknown command.
  init() { (declarations, longNames) = ([:], []) }

  /// Reads the declarations of a command.
  ///
  /// This takes some milliseconds, so it is done only if an argument needs it.
  init(of type: any ParsableCommand.Type) {
    // ArgumentParser describes a command as JSON for tools such as generators of manuals.
    let tool = try? JSONDecoder().decode(Tool.self, from: Data(type._dumpHelp().utf8))
    var declarations: [String: Declaration] = [:]
    var longNames: [String] = []
    for argument in tool?.command.arguments ?? [] {
      let names = (argument.names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name }
      let isOption = argument.kind == "option"
      let declaration = Declaration(
        name: names.first { $0.hasPrefix("--") } ?? names.first ?? "",
        isFlag: argument.kind == "flag", choices: argument.allValues ?? [],
        takesText: isOption && argument.valueName.map(Self.textValues.contains) ?? false,
        hasOneValue: isOption && !argument.isRepeating)
      for name in names { declarations[name] = declaration }
      longNames += names.filter { $0.hasPrefix("--") }
    }
    (self.declarations, self.longNames) = (declarations, longNames)
  }

  private struct Tool: Decodable {
    let command: Command

    struct Command: Decodable { let arguments: [Argument]? }

    struct Argument: Decodable {
      let kind: String
      let isRepeating: Bool
      let names: [Name]?
      let valueName: String?
      let allValues: [String]?
    }

    struct Name: Decodable {
      let kind: String
      let name: String
    }
  }

  /// Indicates whether the command has an option or flag of this name.
  func contains(_ name: String) -> Bool { declarations[name] != nil }

  /// Indicates whether the command has an option or flag of this name, or all of a group such as `-qs`.
  func accepts(_ name: String) -> Bool {
    contains(name) || letters(of: name)?.allSatisfy(contains) ?? false
  }

  /// Splits a group of short options such as `-qp` into the last one and those before it; nil if it is no group.
  func split(_ name: String) -> (flags: String, last: String)? {
    guard let letters = letters(of: name), letters.count > 1, letters.allSatisfy(contains),
      let last = letters.last
    else { return nil }
    return (String(name.dropLast()), last)
  }

  /// Returns the long name of an option; the given one if it is unknown.
  func longName(_ name: String) -> String { declarations[name]?.name ?? name }

  /// Indicates whether an option has no value.
  func isFlag(_ name: String) -> Bool { declarations[name]?.isFlag ?? false }

  /// The values of an option that is a choice.
  func choices(_ name: String) -> [String] { declarations[name]?.choices ?? [] }

  /// Indicates whether the value of an option is a text or a path, which may begin with a dash.
  func takesText(_ name: String) -> Bool { declarations[name]?.takesText ?? false }

  /// Indicates whether an option has one value, so that giving it twice is an error.
  func hasOneValue(_ name: String) -> Bool { declarations[name]?.hasOneValue ?? false }
}

/// Returns the short options, with dashes, that a name with a single dash stands for; nil for other names.
private func letters(of name: String) -> [String]? {
  name.hasPrefix("--") ? nil : name.dropFirst().map { "-\($0)" }
}

/// The options that were given, to find one that is given twice although it has one value.
struct Repetitions {
  /// An option of the command line.
  private struct Occurrence {
    let name: String
    /// The argument that the user gave.
    let given: String
    /// Indicates whether the command does not declare the option, which has one value.
    let isUndeclared: Bool
  }

  private var occurrences: [Occurrence] = []
  private var asksForHelp = false

  /// Adds an option of the command line.
  ///
  /// - Parameters:
  ///   - option: The option; a group of short ones such as `-qs` counts as each of them.
  ///   - name: The canonical name if the command does not declare the option.
  ///   - argument: The argument that stands for the option; nil for its name.
  mutating func add(
    _ option: Aliases.Option, named name: String? = nil, given argument: String? = nil
  ) {
    asksForHelp = asksForHelp || ["--help", "-h"].contains(option.name)
    occurrences.append(
      Occurrence(
        name: name ?? option.name, given: argument ?? option.given, isUndeclared: name != nil))
  }

  /// Throws an error for the first repetition, unless the command line asks for help.
  ///
  /// - Parameter declared: Returns the declarations; called only if two names may stand for the same option.
  /// - Throws: `ValidationError` with the names.
  func check(_ declared: () -> CommandOptions) throws {
    guard !asksForHelp, mayRepeat else { return }
    let declared = declared()
    var given: [String: String] = [:]
    for occurrence in occurrences {
      let group = letters(of: occurrence.name).flatMap {
        $0.allSatisfy(declared.contains) ? $0 : nil
      }
      for name in group ?? [occurrence.name]
      where occurrence.isUndeclared || declared.hasOneValue(name) {
        let long = declared.longName(name)
        let second = occurrence.given
        guard let first = given.updateValue(second, forKey: long) else { continue }
        let spellings =
          first == long && second == long
          ? "" : first == second ? " as \(first)" : " as \(first) and \(second)"
        throw ValidationError("\(long) is given twice\(spellings). Give it once.")
      }
    }
  }

  private var mayRepeat: Bool {
    let names = occurrences.flatMap { letters(of: $0.name) ?? [$0.name] }
    return names.indices.contains { index in
      names[..<index].contains { Self.mayBeSame($0, names[index]) }
    }
  }

  /// Long names that do not begin with the letter of their short name.
  private static let irregularNames = ["-f": "--prompt-file", "-n": "--length"]

  /// Returns false if two names cannot stand for the same option of any command.
  private static func mayBeSame(_ a: String, _ b: String) -> Bool {
    func isShort(_ short: String, of long: String) -> Bool {
      !short.hasPrefix("--") && long.hasPrefix("--")
        && (long.dropFirst(2).first == short.last || irregularNames[short] == long)
    }
    return a == b || isShort(a, of: b) || isShort(b, of: a)
  }
}
