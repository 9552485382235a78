import Geul
import GeulCommandSupport
import GeulWriting
import PortableFoundation

/// `geul write` in a terminal: it reads keys, and draws the screen on standard output or else on standard error.
struct TerminalWriting: ~Copyable {
  private var session: WritingSession
  private var engine: WritingEngine
  private var files: WritingFiles
  private var keys = KeyDecoder()
  private var screen: WritingScreen
  private let input = ByteInput(file: STDIN_FILENO)
  /// The number of the continuation that the engine generates.
  private var generationNumber = -1

  /// The time after ESC within which the rest of a control sequence must arrive.
  private static let escapeMilliseconds = 50
  /// The time after which a signal that came before waiting is answered.
  private static let signalMilliseconds = 250

  init(
    _ session: WritingSession, _ engine: consuming WritingEngine, modelName: String,
    files: WritingFiles
  ) {
    self.session = session
    self.engine = engine
    self.files = files
    let environment = ProcessInfo.processInfo.environment
    screen = WritingScreen(
      name: modelName, usesColor: (environment["NO_COLOR"] ?? "").isEmpty)
  }

  /// Runs the session, and saves or prints the text at its end.
  mutating func run() throws {
    try write()
    try finish()
  }

  /// Handles keys until the session ends, a signal is received or the terminal is closed.
  private mutating func write() throws {
    let output = isatty(STDOUT_FILENO) == 1 ? STDOUT_FILENO : STDERR_FILENO
    guard let terminal = RawTerminal(input: STDIN_FILENO, output: output) else {
      throw CommandError(
        "Neither standard output nor standard error is a terminal. Redirect only one of them, or write over a pipe."
      )
    }
    var mustDraw = true
    while !StopSignal.isReceived {
      let unchangedCount = session.takeUnchangedCount()
      engine.setText(session.text.characters, unchangedCount: unchangedCount)
      if terminal.needsRedraw() {
        screen.invalidate()
        mustDraw = true
      }
      if mustDraw {
        terminal.write(
          screen.update(session, engine.scores, activity, size: terminal.size))
        // Not beyond the start of the text.
        session.scrolledRows = screen.scrolledRows
        mustDraw = false
      }
      let isWorking = session.wantsGeneration || !engine.isIdle
      let wait =
        keys.isUndecided ? Self.escapeMilliseconds : isWorking ? 0 : Self.signalMilliseconds
      switch input.next(within: wait) {
      case .end: return
      case .bytes(let bytes):
        for key in keys.append(bytes) {
          guard !handle(key) else { return }
        }
        mustDraw = true
      case .nothing:
        if keys.isUndecided {
          for key in keys.finish() { _ = handle(key) }
          mustDraw = true
        }
        if try step() { mustDraw = true }
      }
    }
  }

  /// Returns true if the key ends the session.
  private mutating func handle(_ key: Key) -> Bool {
    switch session.handle(key) {
    case .end: return true
    case .redraw: screen.invalidate()
    case .save(let path):
      do { session.message = [try files.save(session.text.string, path)] } catch {
        session.message = ["\(error)"]
      }
    case .showContinuation, nil: break
    }
    return false
  }

  /// Lets the model read or generate; returns false if it had nothing to do.
  private mutating func step() throws -> Bool {
    guard session.wantsGeneration || !engine.isIdle else { return false }
    if engine.isGenerating, generationNumber != session.generationNumber { engine.cancel() }
    if session.wantsGeneration, engine.isRead, generationNumber != session.generationNumber {
      try engine.generate(session.settings, sampleIndex: session.suggestion?.sampleIndex ?? 0)
      generationNumber = session.generationNumber
    }
    switch try engine.step(session.settings) {
    case .generated(let text, let isComplete):
      session.append(generated: text)
      if isComplete { session.finishGeneration() }
    case .read:
      let notes = engine.takeSubstitutions().flatMap(\.characterNotes)
      if !notes.isEmpty { session.message = Self.summary(of: notes) }
    case nil: break
    }
    return true
  }

  /// Returns the first two notes on characters that are not in the vocabulary, and the number of the others.
  private static func summary(of notes: [String]) -> [String] {
    let rest = notes.count - 2
    guard rest > 0 else { return notes }
    return notes.prefix(2) + [
      "\(quantity(rest, "more character")) \(rest == 1 ? "is" : "are") not in its vocabulary."
    ]
  }

  private var activity: WritingScreen.Activity {
    guard engine.isRead else {
      return .reading(Double(engine.readCount) / Double(max(1, session.text.characters.count)))
    }
    return session.wantsGeneration ? .generating : .none
  }

  /// Saves the text in the file of `--output`, or prints it.
  private mutating func finish() throws {
    let text = session.text.string
    guard files.output != nil else {
      if !text.isEmpty { try Output.text(text.hasSuffix("\n") ? text : text + "\n") }
      return
    }
    do { try files.saveAtEnd(text) } catch {
      // The text is not lost.
      try Output.text(text + "\n")
      throw error
    }
  }
}
