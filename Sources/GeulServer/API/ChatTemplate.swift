#if Server

/// A rule that turns the messages of a chat into the prompt of a model that continues text.
package enum ChatTemplate: String, CaseIterable, Sendable {
  /// The texts alone: a message of the assistant follows directly, every other begins on a new line, and the reply
  /// continues the last message.
  case text
  /// A dialogue of the names `User` and `Assistant`, each turn on a line of its own.
  ///
  /// The texts of the system come first, followed by a blank line. The reply ends before the user's next turn. If the
  /// last message is the assistant's, the reply continues it.
  case dialogue

  /// The prompt of a chat.
  package struct Prompt: Equatable, Sendable {
    /// The text to continue.
    package let text: String
    /// The stop strings that the template adds.
    package let stops: [String]
    /// Indicates whether a space at the start of the reply is not part of it.
    package let dropsLeadingSpace: Bool
  }

  /// Returns the prompt for a list of messages.
  package func prompt(for messages: [ChatMessage]) -> Prompt {
    switch self {
    case .text: Prompt(text: Self.text(of: messages), stops: [], dropsLeadingSpace: false)
    case .dialogue: Self.dialogue(of: messages)
    }
  }

  private static func text(of messages: [ChatMessage]) -> String {
    var text = ""
    for message in messages {
      if message.role != .assistant, let last = text.unicodeScalars.last, !isLineEnding(last) {
        text += "\n"
      }
      text += message.text
    }
    return text
  }

  private static func isLineEnding(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\n" || scalar == "\r"
  }

  private static func dialogue(of messages: [ChatMessage]) -> Prompt {
    var text = ""
    var turns = ""
    for message in messages {
      switch message.role {
      case .system, .developer: text += message.text + "\n"
      case .user: turns += "User: \(message.text)\n"
      case .assistant: turns += "Assistant: \(message.text)\n"
      }
    }
    if !text.isEmpty { text += "\n" }
    text += turns
    let isContinued = messages.last?.role == .assistant
    if isContinued {
      text.unicodeScalars.removeLast()
    } else {
      text += "Assistant:"
    }
    return Prompt(text: text, stops: ["\nUser:"], dropsLeadingSpace: !isContinued)
  }
}
#endif
