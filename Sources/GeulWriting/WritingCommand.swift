internal import GeulText

/// A command of a writing session: a line that begins with a slash.
package enum WritingCommand: String, CaseIterable, Sendable {
  case temperature
  case length
  case topK = "top-k"
  case topP = "top-p"
  case minP = "min-p"
  case seed, surprisal
  case next, previous, word, accept, undo, redo, save, settings, help, quit

  /// The name of the value in the help; nil if the command has none.
  var valueName: String? {
    switch self {
    case .temperature: "t"
    case .topP, .minP: "p"
    case .topK: "k"
    case .length, .seed: "n"
    case .surprisal: "on|off"
    case .save: "[file]"
    default: nil
    }
  }

  /// The meaning of the command, for the help.
  var summary: String {
    switch self {
    case .temperature: "sampling temperature"
    case .length: "number of tokens of a continuation"
    case .topK: "sample from the k most likely tokens; 0: off"
    case .topP: "nucleus sampling; 1: off"
    case .minP: "minimum probability relative to the most likely token; 0: off"
    case .seed: "random seed"
    case .surprisal: "color the text by its surprisal"
    case .next: "another continuation (Tab)"
    case .previous: "the continuation before it (Shift-Tab)"
    case .word: "accept a word of the continuation (Right)"
    case .accept: "accept the continuation (End)"
    case .undo: "undo the last change (Ctrl-Z)"
    case .redo: "redo it (Ctrl-Y)"
    case .save: "save the text, by default in the file of --output"
    case .settings: "show the settings"
    case .help: "show the commands"
    case .quit: "end (Ctrl-D)"
    }
  }

  /// The commands with the names of their values.
  package static var names: [String] {
    allCases.map { "/\($0.rawValue)" + ($0.valueName.map { " \($0)" } ?? "") }
  }

  /// The lines of the help, with the meaning of each command.
  package static var helpLines: [String] {
    let width = (names.map(\.count).max() ?? 0) + 2
    return zip(allCases, names).map { command, name in
      name + String(repeating: " ", count: width - name.count) + command.summary
    }
  }

  /// The line of the help on the key that begins a command.
  package static let keyHelp =
    "A slash at the start of a line begins a command, Ctrl-X in the middle of one."

  /// Finds the command of a name, or of a unique prefix of a name.
  ///
  /// - Throws: `WritingError` that names the nearest command.
  init(named name: String) throws(WritingError) {
    let name = name.lowercased()
    let matches = Self.allCases.filter { $0.rawValue.hasPrefix(name) }
    if let exact = Self(rawValue: name) {
      self = exact
    } else if matches.count == 1, !name.isEmpty {
      self = matches[0]
    } else {
      let names = Self.allCases.map(\.rawValue)
      let near = nearestNames(to: name, among: names, limit: max(1, name.count / 3)).prefix(2)
      let similar = near.isEmpty && !name.isEmpty ? matches.map(\.rawValue).prefix(3) : near
      let meant = similar.map { "/\($0)" }.joined(separator: " or ")
      throw WritingError(
        "There is no command /\(name)."
          + (meant.isEmpty ? " See /help." : " Did you mean \(meant)?")
      )
    }
  }
}

/// An error in a command of a writing session.
package struct WritingError: Error, Equatable, CustomStringConvertible {
  /// A sentence that states the cause.
  package let description: String

  /// Creates an error.
  package init(_ description: String) { self.description = description }
}
