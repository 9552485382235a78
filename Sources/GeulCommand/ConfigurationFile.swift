import ArgumentParser
import Geul
import GeulCommandSupport
import PortableFoundation

/// A file of options, such as `{"corpus": ["my.txt"], "hidden": 384}`, which `--config` reads and a run writes.
///
/// The keys are the long names of options with underscores or hyphens; `corpus` stands for the arguments.
struct ConfigurationFile {
  /// The value of an option.
  enum Value: Codable {
    case flag(Bool)
    case integer(Int)
    /// A number that is written with the digits of a float32.
    case float(Float)
    case number(Double)
    case text(String)
    case list([String])

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let flag = try? value.decode(Bool.self) {
        self = .flag(flag)
      } else if let integer = try? value.decode(Int.self) {
        self = .integer(integer)
      } else if let number = try? value.decode(Double.self) {
        self = .number(number)
      } else if let text = try? value.decode(String.self) {
        self = .text(text)
      } else {
        self = .list(try value.decode([String].self))
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .flag(let value): try container.encode(value)
      case .integer(let value): try container.encode(value)
      case .float(let value): try container.encode(value)
      case .number(let value): try container.encode(value)
      case .text(let value): try container.encode(value)
      case .list(let value): try container.encode(value)
      }
    }

    /// The value as arguments of an option or as the arguments of a command.
    fileprivate var arguments: [String] {
      switch self {
      case .flag(let value): ["\(value)"]
      case .integer(let value): ["\(value)"]
      case .float(let value): ["\(value)"]
      case .number(let value): ["\(value)"]
      case .text(let value): [value]
      case .list(let values): values
      }
    }
  }

  /// The values by key; nil for an option that is not given.
  var values: [String: Value?]

  /// The key of the arguments of a command.
  private static let argumentsKey = "corpus"
  /// Options of which the command line gives one instead of any in the file.
  private static let alternatives: Set = ["--epochs", "--steps", "--minutes", "--seconds"]

  /// Creates the contents of a file.
  init(_ values: [String: Value?]) { self.values = values }

  /// Reads a file.
  private init(contentsOf path: String) throws {
    let path = existing(path)
    let bytes: [UInt8]
    do { bytes = try FileDescriptor(reading: path).readToEnd() } catch {
      throw CommandError("--config \(path): it cannot be read: \(error.message).")
    }
    do { values = try JSONDecoder().decode([String: Value?].self, from: Data(bytes)) } catch {
      throw CommandError(
        "--config \(path): \(Self.problem(error)) Give a JSON object of options, such as {\"hidden\": 384}."
      )
    }
  }

  /// The training text that a run's file names, and how its bytes were decoded.
  struct TrainingText {
    let paths: [String]
    /// The encoding that was stated; nil if it was detected.
    let encoding: String?
    let invalid: InvalidBytePolicy?
  }

  /// Returns the training text of the run in a directory; nil if there is no `config.json` that names it.
  static func trainingText(ofRun folder: String) -> TrainingText? {
    guard FileSystem.isFolder(folder), FileSystem.exists("\(folder)/config.json"),
      let file = try? ConfigurationFile(contentsOf: "\(folder)/config.json"),
      let paths = file.arguments(of: argumentsKey)
    else { return nil }
    return TrainingText(
      paths: paths, encoding: file.arguments(of: "encoding")?.first,
      invalid: file.arguments(of: "invalid")?.first.flatMap(InvalidBytePolicy.init(rawValue:)))
  }

  private func arguments(of key: String) -> [String]? { (values[key] ?? nil)?.arguments }

  private static func problem(_ error: any Error) -> String {
    switch error {
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      context.codingPath.first.map {
        "the value of \($0.stringValue) is not a number, a text, true, false or a list of texts."
      } ?? "it is not a JSON object."
    default: "it is not valid JSON."
    }
  }

  /// Writes the file to a run directory, or notes that it cannot be written: the run continues.
  func write(in folder: String) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let path = "\(folder)/config.json"
    guard let data = try? encoder.encode(values.compactMapValues { $0 }) else { return }
    do throws(FileError) {
      try AtomicFile(path).replace(keepingPrevious: false) { (out) throws(FileError) in
        try out.write(Array(data + [0x0A]).span)
      }
    } catch { Output.note("\(path) could not be written: \(error.message).") }
  }

  /// Returns a command line with the options of the file that `--config` names; those on the command line win.
  ///
  /// - Throws: `CommandError` if the file cannot be read, `ValidationError` for an unknown option in it.
  static func expanded(_ arguments: [String]) throws -> [String] {
    // Most command lines have no such option, and the declarations take time to read.
    guard arguments.contains(where: { Aliases.Option($0).name == "--config" }),
      let command = NamedCommand(arguments)
    else { return arguments }
    let declared = command.options
    guard declared.contains("--config") else { return arguments }
    let given = GivenArguments(arguments, command, declared)
    guard let path = given.configuration else { return arguments }
    let file = try ConfigurationFile(contentsOf: path)
    var added: [String] = []
    for (key, value) in file.values.sorted(by: { $0.key < $1.key }) {
      guard let value, key != argumentsKey else { continue }
      let name = Aliases.Option("--\(key)", Aliases.names(of: command.name)).name
      guard declared.contains(name), name != "--config" else {
        throw unknownOption(key, in: path, command.name, declared)
      }
      let isGiven =
        given.options.contains(name)
        || alternatives.contains(name) && !given.options.isDisjoint(with: alternatives)
      guard !isGiven else { continue }
      if declared.isFlag(name) {
        guard case .flag(let isSet) = value else {
          throw ValidationError("--config \(path): \(key) must be true or false.")
        }
        added += isSet ? [name] : []
      } else {
        added += value.arguments.map { "\(name)=\($0)" }
      }
    }
    if given.isWithoutArguments, let corpus = file.values[argumentsKey] ?? nil {
      added += ["--"] + corpus.arguments
    }
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    return arguments[..<end] + added + arguments[end...]
  }

  private static func unknownOption(
    _ key: String, in path: String, _ command: String, _ declared: CommandOptions
  ) -> ValidationError {
    let names = declared.longNames.map { String($0.dropFirst(2)) } + [argumentsKey]
    let near = nearestNames(
      to: key.replacing("_", with: "-"), among: names, limit: max(1, key.count / 3))
    let hint = near.first.map { " Did you mean \"\($0)\"?" } ?? ""
    return ValidationError(
      "--config \(path): geul \(command) has no option \"\(key)\".\(hint)")
  }
}

/// The options and arguments of a command line before it is parsed.
private struct GivenArguments {
  /// The canonical names of the options.
  var options: Set<String> = []
  /// The value of `--config`.
  var configuration: String?
  /// Indicates whether there is no argument that is not an option.
  var isWithoutArguments = true

  init(_ arguments: [String], _ command: NamedCommand, _ declared: CommandOptions) {
    let names = Aliases.names(of: command.name)
    // The first words are the command's.
    var rest = arguments.drop { $0.hasPrefix("-") }.dropFirst(
      command.path.split(separator: " ").count - 1)
    rest = arguments.prefix { $0.hasPrefix("-") } + rest
    while let argument = rest.popFirst() {
      guard argument != "--" else {
        isWithoutArguments = isWithoutArguments && rest.isEmpty
        return
      }
      let option = Aliases.Option(argument, names)
      guard option.isOption else {
        isWithoutArguments = false
        continue
      }
      let name = declared.longName(option.name)
      options.insert(name)
      let takesNext = option.value == nil && declared.contains(name) && !declared.isFlag(name)
      let value = takesNext ? rest.popFirst() : option.value
      if name == "--config" { configuration = value }
    }
  }
}
