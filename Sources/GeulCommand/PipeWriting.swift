import ArgumentParser
import Geul
import GeulCommandSupport
import GeulWriting
import PortableFoundation

/// `geul write` over a pipe: each line is a command or a part of the text, and is answered before the next one is read.
///
/// A line of text, `/next` and `/previous` are answered by one line on standard output: the continuation up to its first
/// line break. Other commands are answered on standard error.
struct PipeWriting: ~Copyable {
  private var session: WritingSession
  private var engine: WritingEngine
  private var files: WritingFiles
  private let note: (String) -> Void
  private let input = ByteInput(file: STDIN_FILENO)
  /// The bytes that were read after the last line.
  private var bytes: [UInt8] = []
  /// The number of bytes at the start of `bytes` that contain no line break.
  private var searchedCount = 0
  private var isAtEnd = false

  init(
    _ session: WritingSession, _ engine: consuming WritingEngine, files: WritingFiles,
    note: @escaping (String) -> Void
  ) {
    self.session = session
    self.engine = engine
    self.files = files
    self.note = note
  }

  /// Answers all lines, and saves the text in the file of `--output`.
  ///
  /// - Throws: `ValidationError` at the end if a command was wrong.
  mutating func run() throws {
    var errorCount = 0
    while !StopSignal.isReceived, let line = nextLine() {
      do {
        guard try answer(line) else { break }
      } catch let error as WritingError {
        errorCount += 1
        Output.note("geul: \(error)")
      }
    }
    try files.saveAtEnd(session.text.string)
    if errorCount > 0 {
      throw ValidationError("\(quantity(errorCount, "command")) could not be run.")
    }
  }

  /// Answers a line; returns false if the session ends.
  private mutating func answer(_ line: String) throws -> Bool {
    guard line.hasPrefix("/"), !line.hasPrefix("//") else {
      session.insert(line.isEmpty ? "\n" : line.hasPrefix("/") ? String(line.dropFirst()) : line)
      session.suggestNext()
      return try writeContinuation()
    }
    switch try session.execute(String(line.dropFirst())) {
    case .end: return false
    case .save(let path):
      do { note(try files.save(session.text.string, path)) } catch {
        throw WritingError("\(error)")
      }
    case .showContinuation:
      session.message.forEach(note)
      return try writeContinuation()
    case .redraw, nil:
      (session.showsHelp ? WritingCommand.helpLines : session.message).forEach(note)
    }
    return true
  }

  /// Generates the continuation, unless it is an earlier one, and writes it; returns false if nobody reads it.
  private mutating func writeContinuation() throws -> Bool {
    let unchangedCount = session.takeUnchangedCount()
    engine.setText(session.text.characters, unchangedCount: unchangedCount)
    while !engine.isRead, !StopSignal.isReceived { _ = try engine.step(session.settings) }
    for encoding in engine.takeSubstitutions() {
      encoding.characterNotes.forEach(note)
    }
    if session.wantsGeneration {
      try engine.generate(
        session.settings, sampleIndex: session.suggestion?.sampleIndex ?? 0, stops: ["\n"])
    }
    while session.wantsGeneration, !StopSignal.isReceived {
      guard case .generated(let text, let isComplete) = try engine.step(session.settings) else {
        continue
      }
      session.append(generated: text)
      if isComplete { session.stopGeneration() }
    }
    return try Output.text((session.suggestion?.text ?? "") + "\n")
  }

  /// Waits for a line, without its line break; nil at the end of the input or after a signal.
  private mutating func nextLine() -> String? {
    while !StopSignal.isReceived {
      let lineFeed = UInt8(ascii: "\n")
      if let end = bytes[searchedCount...].firstIndex(of: lineFeed) {
        defer { bytes.removeFirst(end + 1) }
        searchedCount = 0
        return Self.text(bytes[..<end])
      }
      searchedCount = bytes.count
      guard !isAtEnd else {
        defer { (bytes, searchedCount) = ([], 0) }
        return bytes.isEmpty ? nil : Self.text(bytes[...])
      }
      switch input.next(within: 250) {
      case .bytes(let new): bytes += new
      case .nothing: break
      case .end: isAtEnd = true
      }
    }
    return nil
  }

  /// Decodes a line; invalid bytes are ignored.
  private static func text(_ line: ArraySlice<UInt8>) -> String {
    typedText(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
  }
}
