/// Lines of at most so many columns, broken at spaces; what has none is broken anywhere.
public func wrapped(_ text: String, width: Int) -> [String] {
  var lines = [""]
  var used = 0
  let words = text.split(separator: " ", omittingEmptySubsequences: false)
  for (index, word) in words.enumerated() {
    if index > 0, used > 0, used + 1 + columnCount(word) > width {
      lines.append("")
      used = 0
    } else if index > 0 {
      lines[lines.count - 1] += " "
      used += 1
    }
    for letter in word {
      let own = columns(String(letter))
      if used + own > width {
        lines.append("")
        used = 0
      }
      lines[lines.count - 1].append(letter)
      used += own
    }
  }
  return lines
}

/// The same of a text of several lines.
public func wrappedLines(_ text: String, width: Int) -> [String] {
  text.split(separator: "\n", omittingEmptySubsequences: false).flatMap {
    wrapped(String($0), width: width)
  }
}

/// How many columns of a terminal a text takes.
public func columnCount(_ text: some StringProtocol) -> Int {
  text.reduce(0) { $0 + columns(String($1)) }
}
