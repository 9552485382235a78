/// A key that was pressed in a terminal, or a text that was pasted into it.
package enum Key: Sendable, Equatable {
  /// A code point of the text, without control characters.
  case character(Unicode.Scalar)
  /// A pasted text with line feeds as line breaks, without other control characters than tabs.
  case paste(String)
  /// A letter, in lower case, together with Ctrl.
  case control(Character)
  case tab, shiftTab, enter, escape, backspace
  case left, right, up, down, home, end, pageUp, pageDown
  /// A key that has no meaning here.
  case other
}
