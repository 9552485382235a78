import GeulGeneration
import GeulWriting
import Testing

/// The text, its history and the continuations of a writing session.
struct WritingSessionTests {
  private func session(_ text: String = "") -> WritingSession {
    WritingSession(text, settings: WritingSettings(seed: 7))
  }

  private func typed(_ text: String, _ session: inout WritingSession) {
    for scalar in text.unicodeScalars {
      _ = session.handle(scalar == "\n" ? .enter : .character(scalar))
    }
  }

  /// Shows a continuation as if a model had generated it.
  private func suggest(_ text: String, _ session: inout WritingSession) {
    _ = session.handle(.tab)
    session.append(generated: text)
    session.finishGeneration()
  }

  @Test func `typed characters are appended`() {
    var session = session("옛날 ")
    typed("옛적에\nx", &session)
    #expect(session.text.string == "옛날 옛적에\nx")
  }

  @Test(arguments: ["temperature 0.6", "/temperature 0.6"])
  func `Ctrl-X begins a command in the middle of a line`(command: String) {
    var session = session("the king")
    suggest(" said", &session)
    #expect(session.handle(.control("x")) == nil && session.command == "")
    typed(command, &session)
    #expect(session.command == "temperature 0.6")
    #expect(session.suggestion?.text == " said")
    typed("\n", &session)
    #expect(session.text.string == "the king" && session.command == nil)
    #expect(session.settings.sampling.temperature == 0.6)
    #expect(session.message == ["temperature 0.6"])
    typed(" a/b", &session)
    #expect(session.text.string == "the king a/b")
    for (key, expected) in [
      (Key.paste("/temperature 0.7\n"), 0.7), (.paste("temperature 0.9"), 0.9),
    ] {
      _ = session.handle(.control("x"))
      _ = session.handle(key)
      _ = session.handle(.enter)
      #expect(session.settings.sampling.temperature == expected)
    }
    for key in [Key.escape, .backspace] {
      _ = session.handle(.control("x"))
      #expect(session.command == "")
      _ = session.handle(key)
      #expect(session.command == nil && session.text.string == "the king a/b")
    }
    // A slash after a line break still begins a command, and two are text.
    typed("\n/", &session)
    #expect(session.command == "")
    typed("/", &session)
    #expect(session.command == nil && session.text.string == "the king a/b\n/")
  }

  @Test func `Backspace deletes a grapheme cluster`() {
    var session = session()
    typed("가👩‍🚀🇰🇷e\u{301}\u{1112}\u{1161}\u{11AB}", &session)
    for rest in ["가👩‍🚀🇰🇷e\u{301}", "가👩‍🚀🇰🇷", "가👩‍🚀", "가", "", ""] {
      _ = session.handle(.backspace)
      #expect(session.text.string == rest)
    }
  }

  @Test func `typed jamo are kept as they are`() {
    var session = session()
    typed("\u{1112}\u{1161}\u{11AB}", &session)
    #expect(Array(session.text.string.unicodeScalars) == ["\u{1112}", "\u{1161}", "\u{11AB}"])
  }

  @Test func `Ctrl-W deletes a word and the spaces after it`() {
    var session = session("한 글  two  ")
    for rest in ["한 글  ", "한 ", ""] {
      _ = session.handle(.control("w"))
      #expect(session.text.string == rest)
    }
  }

  @Test
  func `a run of typing, of deletions, an accepted continuation and a paste are undone one by one`()
  {
    var session = session("0")
    typed("abc", &session)
    _ = session.handle(.backspace)
    _ = session.handle(.backspace)
    suggest(" more text", &session)
    _ = session.handle(.right)
    _ = session.handle(.paste("1\n2"))
    typed("x\ny", &session)
    let states = ["0a more1\n2x\ny", "0a more1\n2x\n", "0a more1\n2", "0a more", "0a", "0abc", "0"]
    for (index, state) in states.enumerated() {
      #expect(session.text.string == state)
      #expect(session.message.isEmpty)
      _ = session.handle(.control("z"))
      if index == states.count - 1 { #expect(session.message == ["There is nothing to undo."]) }
    }
    for state in states.dropLast().reversed() {
      _ = session.handle(.control("y"))
      #expect(session.text.string == state)
    }
    _ = session.handle(.control("y"))
    #expect(session.message == ["There is nothing to redo."])
    // A change after an undo ends the redoing.
    _ = session.handle(.control("z"))
    typed("z", &session)
    _ = session.handle(.control("y"))
    #expect(session.text.string == "0a more1\n2x\nz")
  }

  @Test func `undo restores every earlier text after random keys`() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      var session = session("가나 다")
      let keys: [Key] = [
        .character("a"), .character(" "), .character("\u{301}"), .character("\u{1112}"),
        .character("\u{1161}"), .character("\u{11AB}"), .character("🇰"), .enter, .backspace,
        .control("w"), .paste("붙인\n글"), .right, .end,
      ]
      for _ in 0..<30 {
        let key = keys.randomElement(using: &random) ?? .enter
        if key == .right || key == .end { suggest("\u{11AB} 이어 쓴 글", &session) }
        _ = session.handle(key)
      }
      let last = session.text.string
      var steps = 0
      while session.message != ["There is nothing to undo."] {
        _ = session.handle(.control("z"))
        steps += 1
      }
      #expect(session.text.string.unicodeScalars.elementsEqual("가나 다".unicodeScalars))
      for _ in 1..<steps { _ = session.handle(.control("y")) }
      #expect(session.text.string.unicodeScalars.elementsEqual(last.unicodeScalars))
    }
  }

  @Test func `Tab asks for a continuation, again for the next sample, and Shift-Tab returns`() {
    var session = session("a")
    #expect(session.suggestion == nil && !session.wantsGeneration)
    suggest(" first", &session)
    #expect(session.suggestion?.text == " first" && session.suggestion?.sampleIndex == 0)
    #expect(!session.wantsGeneration)
    _ = session.handle(.tab)
    #expect(session.wantsGeneration && session.suggestion?.sampleIndex == 1)
    #expect(session.suggestion?.text == "")
    session.append(generated: " sec")
    session.append(generated: "ond")
    // A key interrupts it; what is there stays.
    _ = session.handle(.shiftTab)
    #expect(!session.wantsGeneration && session.suggestion?.text == " first")
    _ = session.handle(.tab)
    #expect(!session.wantsGeneration && session.suggestion?.text == " second")
    _ = session.handle(.shiftTab)
    _ = session.handle(.shiftTab)
    #expect(session.message == ["There is no earlier continuation."])
    #expect(session.text.string == "a")
  }

  @Test func `Right accepts the next word with the spaces before it, End the rest`() {
    var session = session("Once")
    suggest(" upon\n a time, 옛날 옛적에", &session)
    for text in ["Once upon", "Once upon\n a", "Once upon\n a time,", "Once upon\n a time, 옛날"] {
      _ = session.handle(.right)
      #expect(session.text.string == text)
    }
    _ = session.handle(.end)
    #expect(session.text.string == "Once upon\n a time, 옛날 옛적에" && session.suggestion == nil)
    _ = session.handle(.right)
    #expect(session.message == ["There is no continuation. Tab generates one."])
  }

  @Test func `a word of a script without spaces is one character`() {
    var session = session("")
    suggest("東京a 都👩‍🚀 ", &session)
    for text in ["東", "東京", "東京a", "東京a 都", "東京a 都👩‍🚀", "東京a 都👩‍🚀 "] {
      _ = session.handle(.right)
      #expect(session.text.string == text)
    }
    #expect(session.suggestion == nil)
  }

  @Test func `typing the beginning of a continuation keeps its rest, anything else discards it`() {
    var session = session("a")
    suggest("한글 b", &session)
    typed("한", &session)
    #expect(session.suggestion?.text == "글 b")
    typed("글 ", &session)
    #expect(session.suggestion?.text == "b" && session.text.string == "a한글 ")
    typed("c", &session)
    #expect(session.suggestion == nil)
    suggest("d", &session)
    #expect(session.suggestion?.sampleIndex == 0)
    typed("d", &session)
    #expect(session.suggestion == nil && session.text.string == "a한글 cd")
  }

  @Test func `Up and Page Up scroll back, and any other key to the end`() {
    var session = session("a")
    suggest(" b", &session)
    for (key, rows) in [
      (Key.up, 1), (.pageUp, 11), (.down, 10), (.pageDown, 0), (.down, 0), (.up, 1),
    ] {
      _ = session.handle(key)
      #expect(session.scrolledRows == rows)
    }
    #expect(session.suggestion?.text == " b")
    _ = session.handle(.right)
    #expect(session.scrolledRows == 0)
  }

  @Test func `a generated final consonant joins the syllable at the end of the text`() {
    var session = session("하")
    suggest("\u{11AB} 사람", &session)
    _ = session.handle(.right)
    #expect(Array(session.text.string.unicodeScalars) == ["한"])
    #expect(session.suggestion?.text == " 사람")
    _ = session.handle(.control("z"))
    #expect(Array(session.text.string.unicodeScalars) == ["하"])
    // What was accepted is a suggestion again.
    #expect(session.suggestion?.text == "\u{11AB} 사람")
    _ = session.handle(.control("y"))
    #expect(Array(session.text.string.unicodeScalars) == ["한"] && session.suggestion == nil)
  }

  @Test func `the number of unchanged characters is the least since the last call`() {
    var text = WrittenText("abc")
    #expect(text.takeUnchangedCount() == 0 && text.takeUnchangedCount() == 3)
    text.append("d", .typing)
    text.removeLast(3)
    text.append("xyz", .insertion)
    #expect(text.string == "axyz" && text.takeUnchangedCount() == 1)
    text.append("\u{301}", .typing)
    #expect(text.takeUnchangedCount() == 3)
  }

  @Test func `a slash at the start of a line begins a command, two slashes are text`() {
    var session = session()
    typed("/temperature 0.6", &session)
    #expect(session.command == "temperature 0.6" && session.text.string.isEmpty)
    _ = session.handle(.enter)
    #expect(session.command == nil && session.message == ["temperature 0.6"])
    #expect(session.settings.sampling.temperature == 0.6)
    typed("//x/y\n/quit", &session)
    #expect(session.text.string == "/x/y\n" && session.command == "quit")
    #expect(session.handle(.enter) == .end)
    typed("/to", &session)
    for _ in 0..<3 { _ = session.handle(.backspace) }
    #expect(session.command == nil && session.text.string == "/x/y\n")
    typed("/to", &session)
    _ = session.handle(.escape)
    #expect(session.command == nil)
    _ = session.handle(.paste("/quit\n"))
    #expect(session.text.string == "/x/y\n/quit\n")
  }

  @Test(arguments: [
    ("length 40", "length 40"), ("top-k 5", "top-k 5"), ("TOP-P 0.9", "top-p 0.9"),
    ("min-p  0.1 ", "min-p 0.1"), ("seed 11", "seed 11"), ("surprisal off", "surprisal off"),
    ("temp 1", "temperature 1"), ("temperature", "temperature 0.8"),
    ("temprature 1", "There is no command /temprature. Did you mean /temperature?"),
    ("top", "There is no command /top. Did you mean /top-k or /top-p?"),
    ("xyzzy", "There is no command /xyzzy. See /help."), ("", "There is no command /. See /help."),
    ("temperature -1", "temperature must be 0 or more, not -1.0."),
    ("temperature x", "temperature must be a number, not x."),
    ("length 0", "length must be from 1 to 100000, not 0."),
    ("surprisal maybe", "surprisal must be on or off, not maybe."),
    ("undo 3", "/undo takes no value."), ("seed -1", "seed must be a number, not -1."),
  ])
  func `a command answers with its setting or one sentence`(line: String, answer: String) {
    var session = session("a")
    suggest(" b", &session)
    #expect(session.run(command: line) == nil)
    #expect(session.message == [answer])
  }

  @Test func `a new setting discards the continuation, a wrong one changes nothing`() {
    var session = session("a")
    suggest(" b", &session)
    _ = session.run(command: "top-p 7")
    #expect(session.suggestion != nil && session.settings == WritingSettings(seed: 7))
    _ = session.run(command: "surprisal off")
    #expect(session.suggestion != nil)
    _ = session.run(command: "top-p 0.7")
    #expect(session.suggestion == nil)
  }

  @Test func `commands do what their keys do, and ask to save, redraw or end`() throws {
    var session = session("a")
    #expect(try session.execute("next") == .showContinuation)
    session.append(generated: " b c d")
    _ = try session.execute("word")
    #expect(session.text.string == "a b")
    _ = try session.execute("accept")
    _ = try session.execute("undo")
    _ = try session.execute("undo")
    _ = try session.execute("redo")
    #expect(session.text.string == "a b")
    #expect(try session.execute("save") == .save(nil))
    #expect(try session.execute("save my file.txt ") == .save("my file.txt"))
    #expect(try session.execute("q") == .end)
    #expect(session.handle(.control("l")) == .redraw)
    #expect(session.handle(.control("d")) == .end && session.handle(.control("c")) == .end)
    _ = try session.execute("settings")
    #expect(session.message.contains("top-p 1") && session.message.count == 7)
    _ = try session.execute("help")
    #expect(session.showsHelp && session.message.isEmpty)
    #expect(WritingCommand.helpLines.count == WritingCommand.allCases.count)
    #expect(WritingCommand.helpLines.allSatisfy { $0.count <= 80 })
  }
}
