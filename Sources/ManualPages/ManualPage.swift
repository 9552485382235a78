import Foundation

/// The manual page of a command, in the markup of mdoc(7).
struct ManualPage {
  private let command: Command
  private let root: Command
  private let synopsis: Substring
  private let version: String

  /// Creates the page of a command of the program `root`.
  init(_ command: Command, of root: Command, synopsis: Substring, version: String) {
    (self.command, self.root, self.synopsis, self.version) = (command, root, synopsis, version)
  }

  /// The page.
  var text: String {
    var sections = [name, usage, description]
    if !command.children.isEmpty { sections.append(commands) }
    sections += [
      options,
      list("ENVIRONMENT", CommonSections.environment(of: command), macro: "Ev"),
      list("FILES", CommonSections.files(of: command), macro: "Pa"),
      ".Sh EXIT STATUS\n"
        + items(CommonSections.exitStatus(of: root).map { ("It \($0)", $1) }, indent: "6n"),
    ]
    let examples = command.paragraphs.filter(\.isExample)
    if !examples.isEmpty {
      sections.append(".Sh EXAMPLES\n" + examples.map(display).joined())
    }
    if !references.isEmpty {
      sections.append(".Sh SEE ALSO\n" + references.joined(separator: " ,\n") + "\n")
    }
    return sections.joined()
  }

  private var name: String {
    let abstract = command.abstract ?? ""
    let phrase = abstract.prefix(1).lowercased() + abstract.dropFirst()
    return """
      .\\" Written by ManualPages from the help of \(root.commandName).
      .Dd \(Self.date)
      .Dt \(command.pageName.uppercased()) 1
      .Os \(root.commandName) \(version)
      .Sh NAME
      .Nm \(command.pageName)
      .Nd \(Roff.text(phrase.hasSuffix(".") ? String(phrase.dropLast()) : String(phrase)))

      """
  }

  private var usage: String {
    ".Sh SYNOPSIS\n.Nm \(command.words.joined(separator: " "))\n\(Roff.synopsis(synopsis))\n"
  }

  private var description: String {
    let paragraphs = command.paragraphs.filter { !$0.isExample }.map { paragraph in
      paragraph.isLiteral ? display(paragraph) : ".Pp\n\(Roff.text(paragraph.text))\n"
    }
    return ".Sh DESCRIPTION\n\(Roff.text(command.abstract ?? ""))\n" + paragraphs.joined()
  }

  private func display(_ paragraph: Command.Paragraph) -> String {
    ".Bd -literal -offset indent\n\(Roff.literal(paragraph.text))\n.Ed\n"
  }

  private var commands: String {
    ".Sh COMMANDS\n"
      + items(command.children.map { ("It Xr \($0.pageName) 1", $0.abstract ?? "") })
  }

  /// The arguments, and the options under the titles of their sections.
  private var options: String {
    var text = ".Sh OPTIONS\n"
    var arguments = command.allArguments
    // Options without a title follow the positional arguments, as in the help.
    let general =
      arguments.filter { $0.kind == .positional }
      + arguments.filter {
        $0.kind != .positional && $0.sectionTitle == nil
      }
    arguments.removeAll { $0.kind == .positional || $0.sectionTitle == nil }
    text += items(general.map(item))
    while let title = arguments.first?.sectionTitle {
      text += ".Ss \(Roff.text(title))\n"
      text += items(arguments.filter { $0.sectionTitle == title }.map(item))
      arguments.removeAll { $0.sectionTitle == title }
    }
    return text
  }

  private func item(_ argument: Command.Argument) -> (String, String) {
    let names = (argument.names ?? []).map(\.spelling).sorted { $0.count < $1.count }
      .map { "Fl \(Roff.literal($0.dropFirst()))" }.joined(separator: " , ")
    let value = argument.kind == .flag ? "" : " Ar \(Roff.literal(argument.valueName ?? ""))"
    let repeated = argument.kind == .positional && argument.isRepeating ? " ..." : ""
    var sentences = [argument.abstract ?? ""]
    if let values = argument.allValues, argument.kind == .option {
      sentences.append("Values: \(values.joined(separator: ", ")).")
    }
    if let standard = argument.defaultValue { sentences.append("Default: \(standard).") }
    let head = names.isEmpty ? value.dropFirst() : "\(names)\(value)"[...]
    return ("It \(head)\(repeated)", sentences.joined(separator: " "))
  }

  private func list(_ title: String, _ entries: [(String, String)], macro: String) -> String {
    guard !entries.isEmpty else { return "" }
    return ".Sh \(title)\n" + items(entries.map { ("It \(macro) \(Roff.literal($0))", $1) })
  }

  private func items(_ entries: [(String, String)], indent: String = "4n") -> String {
    guard !entries.isEmpty else { return "" }
    return ".Bl -tag -width \(indent)\n"
      + entries.map { ".\($0)\n\(Roff.text($1))\n" }.joined() + ".El\n"
  }

  private var references: [String] {
    let above = command.words.dropLast()
    let names =
      (above.isEmpty ? [] : [above.joined(separator: "-")]) + command.children.map(\.pageName)
      + CommonSections.related(to: command)
    return names.sorted().map { ".Xr \($0) 1" }
  }

  /// The date of SOURCE_DATE_EPOCH, for reproducible pages, or else of today.
  private static var date: String {
    let epoch = ProcessInfo.processInfo.environment["SOURCE_DATE_EPOCH"].flatMap(Double.init)
    let date = epoch.map(Date.init(timeIntervalSince1970:)) ?? Date()
    return date.formatted(
      Date.FormatStyle(date: .long, locale: Locale(identifier: "en_US"), timeZone: .gmt))
  }
}
