internal import GeulText

/// A text that is changed at its end, with a history of the changes.
package struct WrittenText: Sendable, Equatable {
  /// The extended grapheme clusters of the text.
  package private(set) var characters: [Character]
  /// The number of leading characters that no change has touched since `takeUnchangedCount()`, at first 0.
  private var unchangedCount = 0
  private var changes: [Change] = []
  private var undone: [Change] = []
  /// Indicates whether the next change of the same kind joins the last one.
  private var isRunOpen = false

  /// The kind of a change; consecutive changes of one kind are undone together.
  package enum Kind: Sendable, Equatable {
    case typing, deletion
    /// A change that is undone alone: an accepted continuation or a pasted text.
    case insertion
  }

  /// A replacement of the last characters.
  private struct Change: Sendable, Equatable {
    let kind: Kind
    var removed: [Character]
    var inserted: [Character]
    /// The continuation that was shown before a part of it was accepted.
    var suggestion: Suggestion?
  }

  /// Creates a text without history.
  package init(_ text: String = "") { characters = Array(text) }

  /// The text.
  package var string: String { String(characters) }

  /// Returns the number of leading characters that are unchanged since the last call; 0 in the first call.
  package mutating func takeUnchangedCount() -> Int {
    defer { unchangedCount = characters.count }
    return min(unchangedCount, characters.count)
  }

  /// Appends a text, whose first code points may join the last character.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - kind: The kind of the change.
  ///   - suggestion: The continuation that the text is a part of, which `suggestion` returns after an undo.
  package mutating func append(
    _ text: String, _ kind: Kind, from suggestion: Suggestion? = nil
  ) {
    guard !text.isEmpty else { return }
    guard let last = characters.last else {
      return make(
        Change(kind: kind, removed: [], inserted: Array(text), suggestion: suggestion))
    }
    var tail = Array(String(last) + text)
    // Characters compare equal in all normal forms.
    if String(tail[0]).utf8.elementsEqual(String(last).utf8) {
      make(
        Change(
          kind: kind, removed: [], inserted: Array(tail.dropFirst()), suggestion: suggestion))
    } else {
      tail[0] = Self.composed(tail[0])
      make(Change(kind: kind, removed: [last], inserted: tail, suggestion: suggestion))
    }
    if text.hasSuffix("\n") { endRun() }
  }

  /// Returns a Hangul syllable and the final consonant that a model of jamo has added to it as one code point.
  private static func composed(_ character: Character) -> Character {
    let scalars = character.unicodeScalars.map(\.value)
    guard scalars.count == 2, let syllable = Hangul.syllable(scalars[0], scalars[1]),
      Hangul.syllables.contains(scalars[0]), let scalar = Unicode.Scalar(syllable)
    else { return character }
    return Character(scalar)
  }

  /// Removes the last characters.
  package mutating func removeLast(_ count: Int) {
    let removed = Array(characters.suffix(count))
    guard !removed.isEmpty else { return }
    make(Change(kind: .deletion, removed: removed, inserted: []))
  }

  /// Ends a run of changes: the next change is undone on its own.
  package mutating func endRun() { isRunOpen = false }

  /// The continuation from which the last reverted change was accepted.
  var undoneSuggestion: Suggestion? { undone.last?.suggestion }

  /// Reverts the last change; returns false if there is none.
  package mutating func undo() -> Bool {
    endRun()
    guard let change = changes.popLast() else { return false }
    undone.append(change)
    replaceLast(change.inserted.count, by: change.removed)
    return true
  }

  /// Reapplies the last change that was reverted; returns false if there is none.
  package mutating func redo() -> Bool {
    endRun()
    guard let change = undone.popLast() else { return false }
    changes.append(change)
    replaceLast(change.removed.count, by: change.inserted)
    return true
  }

  private mutating func make(_ change: Change) {
    replaceLast(change.removed.count, by: change.inserted)
    undone = []
    guard isRunOpen, change.kind != .insertion, let last = changes.indices.last,
      changes[last].kind == change.kind
    else {
      changes.append(change)
      isRunOpen = true
      return
    }
    let excess = change.removed.count - changes[last].inserted.count
    if excess > 0 {
      changes[last].removed.insert(contentsOf: change.removed.prefix(excess), at: 0)
    }
    changes[last].inserted.removeLast(min(change.removed.count, changes[last].inserted.count))
    changes[last].inserted += change.inserted
  }

  private mutating func replaceLast(_ count: Int, by new: [Character]) {
    characters.removeLast(count)
    unchangedCount = min(unchangedCount, characters.count)
    characters += new
  }
}
