import ArgumentParser
import Foundation

/// The declarations of the options of a command, as far as the translation of arguments needs them.
struct CommandOptions {
  /// The declaration of an option or flag.
  private struct Declaration {
    /// The long name, or the short one if there is no other, with dashes.
    let name: String
    let takesText: Bool
    /// Indicates whether a second value would replace the first one.
    let hasOneValue: Bool
  }

  private let declarations: [String: Declaration]

  /// Names of values in the help that stand for text or paths; all other values are numbers or choices.
  private static let textValues: Set = ["text", "file", "path", "encoding", "model"]

  /// Reads the declarations of the command that a command line begins with, such as `bench train`; none if it is not a
  /// command.
  init(of arguments: [String]) {
    var type: any ParsableCommand.Type = GeulCommand.self
    for argument in arguments {
      let next = type.configuration.subcommands.first {
        ($0.configuration.commandName ?? "\($0)".lowercased()) == argument
      }
      guard let next else { break }
      type = next
    }
    guard type != GeulCommand.self else {
      declarations = [:]
      return
    }
    // ArgumentParser describes a command as JSON for tools such as generators of manuals.
    let tool = try? JSONDecoder().decode(Tool.self, from: Data(type._dumpHelp().utf8))
    var declarations: [String: Declaration] = [:]
    for argument in tool?.command.arguments ?? [] {
      let names = (argument.names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name }
      let isOption = argument.kind == "option"
      let declaration = Declaration(
        name: names.first { $0.hasPrefix("--") } ?? names.first ?? "",
        takesText: isOption && argument.valueName.map(Self.textValues.contains) ?? false,
        hasOneValue: isOption && !argument.isRepeating)
      for name in names { declarations[name] = declaration }
    }
    self.declarations = declarations
  }

  private struct Tool: Decodable {
    let command: Command

    struct Command: Decodable { let arguments: [Argument]? }

    struct Argument: Decodable {
      let kind: String
      let isRepeating: Bool
      let names: [Name]?
      let valueName: String?
    }

    struct Name: Decodable {
      let kind: String
      let name: String
    }
  }

  /// Indicates whether the command has an option or flag of this name.
  func contains(_ name: String) -> Bool { declarations[name] != nil }

  /// Splits a group of short options such as `-qp` into the last one and those before it; nil if it is no group.
  func split(_ name: String) -> (flags: String, last: String)? {
    let letters = name.dropFirst()
    guard !name.hasPrefix("--"), letters.count > 1, letters.allSatisfy({ contains("-\($0)") }),
      let last = letters.last
    else { return nil }
    return ("-\(letters.dropLast())", "-\(last)")
  }

  /// Returns the long name of an option; the given one if it is unknown.
  func longName(_ name: String) -> String { declarations[name]?.name ?? name }

  /// Indicates whether the value of an option is a text or a path, which may begin with a dash.
  func takesText(_ name: String) -> Bool { declarations[name]?.takesText ?? false }

  /// Indicates whether an option has one value, so that giving it twice is an error.
  func hasOneValue(_ name: String) -> Bool { declarations[name]?.hasOneValue ?? false }
}

/// The options that were given, to find one that is given twice although it has one value.
struct Repetitions {
  private let declared: CommandOptions
  /// The names as they were given, by canonical name.
  private var given: [String: String] = [:]
  private var error: ValidationError?
  private var asksForHelp = false

  init(_ declared: CommandOptions) { self.declared = declared }

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
    let letters = option.name.dropFirst().map { "-\($0)" }
    let isGroup = !option.name.hasPrefix("--") && letters.allSatisfy(declared.contains)
    let names = isGroup ? letters : [option.name]
    for canonical in name.map({ [$0] }) ?? names
    where name != nil || declared.hasOneValue(canonical) {
      let long = declared.longName(canonical)
      guard let first = given.updateValue(argument ?? option.given, forKey: long) else { continue }
      let second = argument ?? option.given
      let spellings =
        first == long && second == long
        ? "" : first == second ? " as \(first)" : " as \(first) and \(second)"
      error = error ?? ValidationError("\(long) is given twice\(spellings). Give it once.")
    }
  }

  /// Throws the error for the first repetition, unless the command line asks for help.
  func check() throws {
    if let error, !asksForHelp { throw error }
  }
}
