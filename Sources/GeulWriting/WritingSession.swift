/// A text that a person and a model write together: the text, the model's continuation of it, and the settings.
///
/// It has no model: `wantsGeneration` asks for a continuation, and `append(generated:)` takes it. The cursor is at the
/// end of the text.
package struct WritingSession: Sendable {
  /// The text.
  package private(set) var text: WrittenText
  /// The continuation that is shown after the text; nil if there is none.
  package private(set) var suggestion: Suggestion?
  /// The settings.
  package internal(set) var settings: WritingSettings
  /// The command that is being typed, without its slash; nil if the text is typed.
  package private(set) var command: String?
  /// Indicates whether the command was begun with Ctrl-X, so that a slash is no text.
  private var isCommandBegunByKey = false
  /// The lines that answer the last command, until the next key.
  package var message: [String] = []
  /// The number of rows by which the screen shows an earlier part of the text.
  package var scrolledRows = 0
  /// Indicates whether the list of commands is shown, until the next key.
  package internal(set) var showsHelp = false
  /// The number of continuations that were begun or ended by a key.
  package private(set) var generationNumber = 0
  /// Indicates whether the continuation that is shown is to be generated further.
  package private(set) var wantsGeneration = false

  /// An action of the owner of a session after a key or a command.
  package enum Effect: Sendable, Equatable {
    /// Save the text in a file; nil for the file that the session began with.
    case save(String?)
    /// Show the continuation, where no screen shows it.
    case showContinuation
    /// Redraw the screen.
    case redraw
    /// End the session.
    case end
  }

  /// Creates a session with an initial text.
  package init(_ text: String = "", settings: WritingSettings) {
    self.text = WrittenText(text)
    self.settings = settings
  }

  /// Changes the session by a key.
  package mutating func handle(_ key: Key) -> Effect? {
    clearMessage()
    switch key {
    case .control("c"), .control("d"): return .end
    case .control("l"): return .redraw
    default: break
    }
    if let rows = Self.scrolledRows(by: key) {
      scrolledRows = max(0, scrolledRows + rows)
      return nil
    }
    scrolledRows = 0
    guard command == nil else { return handleInCommand(key) }
    switch key {
    case .character("/") where isAtLineStart: beginCommand(byKey: false)
    case .control("x"): beginCommand(byKey: true)
    case .character(let scalar): type(String(Character(scalar)))
    case .paste(let text): insert(text)
    case .enter: type("\n")
    case .backspace: delete(1)
    case .control("w"): delete(wordLengthBeforeCursor)
    case .control("z"): undo()
    case .control("y"): redo()
    case .tab: suggestNext()
    case .shiftTab: suggestPrevious()
    case .right, .control("f"): acceptWord()
    case .end, .control("e"): acceptAll()
    case .escape: discardSuggestion()
    default: stopGeneration()
    }
    return nil
  }

  /// Returns the number of rows by which a key scrolls back; nil for other keys.
  private static func scrolledRows(by key: Key) -> Int? {
    switch key {
    case .up: 1
    case .down: -1
    case .pageUp: 10
    case .pageDown: -10
    default: nil
    }
  }

  /// Removes the answer of the last command.
  mutating func clearMessage() { (message, showsHelp) = ([], false) }

  private mutating func handleInCommand(_ key: Key) -> Effect? {
    guard let line = command else { return nil }
    switch key {
    case .character("/") where line.isEmpty && !isCommandBegunByKey:
      // Two slashes stand for one in the text.
      command = nil
      type("/")
    case .character(let scalar): extendCommand(by: String(Character(scalar)))
    case .paste(let text): extendCommand(by: text.filter { !$0.isNewline })
    case .backspace where line.isEmpty, .escape: command = nil
    case .backspace: command = String(line.dropLast())
    case .enter:
      command = nil
      return run(command: line)
    default: break
    }
    return nil
  }

  /// Begins a command; a continuation that is being generated stays as it is.
  private mutating func beginCommand(byKey: Bool) {
    stopGeneration()
    (command, isCommandBegunByKey) = ("", byKey)
  }

  /// Appends to the command.
  ///
  /// A slash before the name is the one that is shown already.
  private mutating func extendCommand(by typed: String) {
    guard let line = command else { return }
    let isSlashShown = line.isEmpty && typed.hasPrefix("/")
    command = line + (isSlashShown ? String(typed.dropFirst()) : typed)
  }

  /// Indicates whether a slash would begin a command.
  var isAtLineStart: Bool { text.characters.last?.isNewline ?? true }

  // MARK: The text

  /// Returns the number of leading characters of the text that are unchanged since the last call; 0 in the first call.
  package mutating func takeUnchangedCount() -> Int { text.takeUnchangedCount() }

  /// Appends what was typed, and keeps the rest of a continuation that begins with it.
  package mutating func type(_ typed: String) {
    stopGeneration()
    let count = text.characters.count
    text.append(typed, .typing)
    if typed == suggestion?.text.prefix(1).description, text.characters.count == count + 1 {
      _ = suggestion?.take(1)
      if suggestion?.text.isEmpty ?? false { suggestion = nil }
    } else {
      suggestion = nil
    }
  }

  /// Appends a text that is undone as a whole.
  package mutating func insert(_ inserted: String) {
    discardSuggestion()
    text.append(inserted, .insertion)
  }

  private mutating func delete(_ count: Int) {
    discardSuggestion()
    text.removeLast(count)
  }

  /// The number of characters of the last word and the spaces after it.
  private var wordLengthBeforeCursor: Int {
    let characters = text.characters.reversed()
    let spaces = characters.prefix(while: \.isWhitespace).count
    return spaces + characters.dropFirst(spaces).prefix { !$0.isWhitespace }.count
  }

  mutating func undo() {
    discardSuggestion()
    if text.undo() {
      suggestion = text.undoneSuggestion
    } else {
      message = ["There is nothing to undo."]
    }
  }

  mutating func redo() {
    discardSuggestion()
    if !text.redo() { message = ["There is nothing to redo."] }
  }

  // MARK: Continuations

  /// Shows the next continuation, which is generated if it is new.
  package mutating func suggestNext() {
    stopGeneration()
    text.endRun()
    if suggestion == nil {
      suggestion = Suggestion()
    } else if suggestion?.showNext() == false {
      return
    }
    wantsGeneration = true
  }

  /// Shows the continuation before the one that is shown.
  package mutating func suggestPrevious() {
    stopGeneration()
    if suggestion?.showPrevious() != true { message = ["There is no earlier continuation."] }
  }

  /// Appends the next word of the continuation to the text.
  package mutating func acceptWord() { accept(suggestion?.wordLength ?? 0) }

  /// Appends the continuation to the text.
  package mutating func acceptAll() { accept(suggestion?.text.count ?? 0) }

  private mutating func accept(_ count: Int) {
    stopGeneration()
    let before = suggestion
    guard let taken = suggestion?.take(count), !taken.isEmpty else {
      message = ["There is no continuation. Tab generates one."]
      return
    }
    text.append(taken, .insertion, from: before)
    if suggestion?.text.isEmpty ?? false { suggestion = nil }
  }

  /// Adds a piece to the continuation that is being generated.
  package mutating func append(generated piece: String) { suggestion?.append(piece) }

  /// Ends the continuation that is being generated; what is there stays.
  package mutating func stopGeneration() {
    wantsGeneration = false
    generationNumber += 1
  }

  /// Ends the continuation because the model has generated all of it.
  package mutating func finishGeneration() {
    stopGeneration()
    if suggestion?.text.isEmpty ?? true { message = ["The model has generated no text."] }
  }

  /// Removes the continuation.
  package mutating func discardSuggestion() {
    stopGeneration()
    suggestion = nil
  }
}
