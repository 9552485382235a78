/// The model's continuations of a text, of which one is shown.
package struct Suggestion: Sendable, Equatable {
  private var texts: [String]
  private var index = 0
  /// The sample index of the last continuation that was begun.
  package private(set) var sampleIndex: Int

  /// Creates a suggestion with an empty continuation: the one with the first sample index.
  init() { (texts, sampleIndex) = ([""], 0) }

  /// The continuation that is shown.
  package var text: String { texts[index] }

  /// Adds a piece to the continuation that is shown.
  mutating func append(_ piece: String) { texts[index] += piece }

  /// Shows the continuation after this one; returns true if it is a new one, which is empty.
  mutating func showNext() -> Bool {
    index += 1
    guard index == texts.count else { return false }
    texts.append("")
    sampleIndex += 1
    return true
  }

  /// Shows the continuation before this one; returns false if there is none.
  mutating func showPrevious() -> Bool {
    guard index > 0 else { return false }
    index -= 1
    return true
  }

  /// Returns the first characters of the continuation, and keeps the rest as the only continuation.
  mutating func take(_ count: Int) -> String {
    let taken = String(text.prefix(count))
    (texts, index) = ([String(text.dropFirst(count))], 0)
    return taken
  }

  /// The number of characters of the next word, with the spaces and line breaks before it.
  ///
  /// In a script that is written without spaces it is one character.
  var wordLength: Int {
    let spaces = text.prefix(while: \.isWhitespace)
    let rest = text[spaces.endIndex...]
    guard let first = rest.first, !isWrittenWithoutSpaces(first) else {
      return spaces.count + (rest.isEmpty ? 0 : 1)
    }
    return spaces.count + rest.prefix { !$0.isWhitespace && !isWrittenWithoutSpaces($0) }.count
  }
}

/// Indicates whether a character belongs to a script without spaces between words: Han, Kana, Thai, Lao, Burmese, Khmer.
private func isWrittenWithoutSpaces(_ character: Character) -> Bool {
  guard let first = character.unicodeScalars.first else { return false }
  return switch first.value {
  case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x30FF, 0x3400...0x4DBF,
    0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFD:
    true
  default: false
  }
}
