internal import GeulCharts
internal import PortableFoundation

/// The screen of a writing session: rows of the text, of a message, and the status line.
package struct WritingScreen: Sendable {
  /// The rows as they were drawn last, by index.
  private var drawn: [String] = []
  /// The number of rows by which an earlier part of the text was shown.
  package private(set) var scrolledRows = 0
  private let usesColor: Bool
  private let name: String

  /// The progress that the status line shows.
  package enum Activity: Sendable, Equatable {
    case none
    /// The part of the text that was read, from 0 to 1.
    case reading(Double)
    case generating
  }

  /// Creates a screen.
  ///
  /// - Parameters:
  ///   - name: The name of the model.
  ///   - usesColor: Pass false to show no surprisal of the text.
  package init(name: String, usesColor: Bool) {
    self.name = visibleText(name)
    self.usesColor = usesColor
  }

  /// Forgets what was drawn, so that the next update draws all rows.
  package mutating func invalidate() { drawn = [] }

  /// Returns the control sequences that bring the screen up to date.
  package mutating func update(
    _ session: WritingSession, _ scores: CharacterScores, _ activity: Activity,
    size: RawTerminal.Size
  ) -> String {
    let message = Self.messageRows(of: session, size)
    let height = max(1, size.rows - 1 - message.count)
    let layout = TextLayout(
      of: session.text.characters, suggestion: session.suggestion?.text ?? "",
      width: size.columns, height: height, scrolledRows: session.scrolledRows)
    scrolledRows = layout.scrolledRows
    var rows = layout.rows.map {
      self.row($0, session.settings.showsSurprisal ? scores : nil)
    }
    rows += Array(repeating: "", count: max(0, height - rows.count)) + message
    var cursor = layout.cursor
    if let command = session.command {
      let line = Self.tail(of: "/" + visibleText(command), columns: size.columns - 1)
      rows.append(line)
      cursor = (rows.count - 1, displayWidth(of: line))
    } else {
      let status = self.status(session, scores, activity, width: size.columns)
      rows.append("\u{1B}[7m" + status + "\u{1B}[0m")
    }
    let isCursorShown = session.command != nil || cursor.row < height
    return changes(to: Array(rows.suffix(size.rows)), isCursorShown ? cursor : nil)
  }

  /// Returns the control sequences that replace the rows that have changed, and set the cursor.
  private mutating func changes(to rows: [String], _ cursor: (row: Int, column: Int)?) -> String {
    var output = "\u{1B}[?25l"
    if drawn.isEmpty { output += "\u{1B}[0m\u{1B}[2J" }
    for (index, row) in rows.enumerated()
    where !drawn.indices.contains(index) || drawn[index] != row {
      output += "\u{1B}[\(index + 1);1H\u{1B}[K\(row)"
    }
    drawn = rows
    guard let cursor else { return output }
    return output + "\u{1B}[\(cursor.row + 1);\(cursor.column + 1)H\u{1B}[?25h"
  }

  // MARK: Rows

  private func row(_ cells: [TextLayout.Cell], _ scores: CharacterScores?) -> String {
    let terminal = Terminal(width: 20, supportsColor: usesColor)
    var (row, column) = ("", 0)
    var style = Style.plain
    var run = ""
    func endRun() {
      guard !run.isEmpty else { return }
      row += style.applied(to: run, on: terminal)
      run = ""
    }
    for cell in cells {
      let next = Style(cell, scores)
      if next != style {
        endRun()
        style = next
      }
      run += cell.text
      column += cell.width
      if Self.hasUncertainWidth(cell.text) {
        endRun()
        // Terminals disagree on the width.
        row += "\u{1B}[\(column + 1)G"
      }
    }
    endRun()
    return row
  }

  /// Indicates whether terminals disagree on the width of a character: emoji and combining sequences.
  private static func hasUncertainWidth(_ text: String) -> Bool {
    text.unicodeScalars.contains { $0.properties.isEmoji && $0.value > 0x7F }
      || text.count == 1 && text.unicodeScalars.count > 1
  }

  /// The style of a character.
  private enum Style: Equatable {
    case plain
    /// A character of the continuation.
    case dim
    /// A character that is not in the vocabulary.
    case underlined
    /// A surprisal in tenths of the range.
    case surprisal(Int)

    init(_ cell: TextLayout.Cell, _ scores: CharacterScores?) {
      guard let index = cell.index else {
        self = .dim
        return
      }
      switch scores?[index] {
      case .bits(let bits) where bits >= 1: self = .surprisal(min(10, Int(bits)))
      case .skipped: self = .underlined
      default: self = .plain
      }
    }

    func applied(to text: String, on terminal: Terminal) -> String {
      switch self {
      case .plain: text
      case .dim: "\u{1B}[2m\(text)\u{1B}[0m"
      case .underlined: "\u{1B}[4m\(text)\u{1B}[0m"
      case .surprisal(let tenths):
        terminal.styled(
          text, Color(0, 0, 0), background: HighlightedText.background(Double(tenths) / 10))
      }
    }
  }

  /// Returns the rows of a message, at most all but two of the screen.
  private static func messageRows(of session: WritingSession, _ size: RawTerminal.Size) -> [String]
  {
    func rows(_ lines: [String]) -> [String] {
      lines.flatMap { wrappedLines(visibleText($0), width: size.columns) }
    }
    let limit = max(0, size.rows - 2)
    guard session.showsHelp else { return Array(rows(session.message).prefix(limit)) }
    let help = rows(WritingCommand.helpLines + [WritingCommand.keyHelp])
    // On a small screen, the names.
    let names = WritingCommand.names.joined(separator: ", ")
    return help.count <= limit
      ? help : Array(rows(["Ctrl-X begins a command anywhere.", names]).prefix(limit))
  }

  // MARK: The status line

  private func status(
    _ session: WritingSession, _ scores: CharacterScores, _ activity: Activity, width: Int
  ) -> String {
    let bits = scores.mean.map { formatted($0, "%.2f bits/char") } ?? ""
    let progress =
      switch activity {
      case .none: ""
      case .reading(let part): "reading \(Int(part * 100)) %"
      case .generating: "generating"
      }
    let isNarrow = width < 60
    let help = session.isAtLineStart ? "/help" : isNarrow ? "^X /help" : "Ctrl-X /help"
    let accepting = ["Tab another", "Right word", "End all"]
    let keys =
      session.suggestion == nil
      ? [help, "Tab continue", "Ctrl-D end"] : isNarrow ? [help] + accepting : accepting + [help]
    // On a narrow screen, temperature 0.8 is t 0.8.
    let settings = session.settings.summary.map {
      isNarrow ? $0.replacing("temperature", with: "t") : $0
    }
    let fields = [name] + settings + [bits, progress] + keys
    var shown = fields.filter { !$0.isEmpty }
    // The keys at the end are the first to be left out.
    while shown.count > 1, displayWidth(of: shown.joined(separator: "  ")) > width {
      shown.removeLast()
    }
    let line = Self.prefix(of: shown.joined(separator: "  "), columns: width)
    return line + String(repeating: " ", count: max(0, width - displayWidth(of: line)))
  }

  private static func prefix(of text: String, columns: Int) -> String {
    var column = 0
    return String(
      text.prefix { character in
        column += displayWidth(of: String(character))
        return column <= columns
      })
  }

  private static func tail(of text: String, columns: Int) -> String {
    String(prefix(of: String(text.reversed()), columns: columns).reversed())
  }
}
