import Foundation
import Testing
import TestSupport

/// `geul write` over a pipe; Tests/Write tests it in terminals.
struct WriteTests {
  private func write(
    _ lines: String, _ options: [String] = [], in folder: Folder
  ) throws -> GeulProcess.Result {
    try GeulProcess.run(["write", "run", "--seed", "4"] + options, stdin: lines, in: folder)
  }

  /// Returns the texts of `geul generate` with a prompt, up to their first line breaks.
  private func generated(_ prompt: String, count: Int, in folder: Folder) throws -> [String] {
    let result = try GeulProcess.run(
      [
        "generate", "run", "--seed", "4", "-n", "100", "--prompt", prompt, "--stop", "\n",
        "--num-samples", "\(count)",
      ], in: folder)
    return result.stdout.replacing("---\n", with: "").split(separator: "\n").map(String.init)
  }

  @Test(arguments: [(Runs.english, "the king"), (Runs.korean, "옛날 하")])
  func `a line of text is answered by the text that generate continues it with`(
    run: Swift.Result<Folder, any Error>, prompt: String
  ) throws {
    let folder = try run.get()
    let expected = try generated(prompt, count: 3, in: folder)
    let result = try write("\(prompt)\n/next\n/next\n/previous\n/previous\n", in: folder)
    #expect(result.status == 0 && result.stderr.isEmpty, "\(result.stderr)")
    let lines = result.stdout.split(separator: "\n", omittingEmptySubsequences: false)
    // A model of jamo may add a consonant to the last syllable of the prompt.
    #expect(
      lines.dropLast().map { prompt + $0 } == expected + [expected[1], expected[0]])
  }

  @Test func `the text of the lines, and the continuations that were accepted, are saved`() throws {
    let folder = try Runs.trained()
    let result = try write(
      "the\r\n/word\n king\n/accept\n\n//x\n/undo\n/undo\n/redo\nend", ["-q", "-o", "out.txt"],
      in: folder
    )
    #expect(result.status == 0, "\(result.stderr)")
    let answers = result.stdout.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(answers.count == 6)
    let text = try #require(folder.text("out.txt"))
    let word = answers[0].split(separator: " ").first.map(String.init) ?? ""
    #expect(text.hasPrefix("the") && text.contains(word))
    #expect(text.hasSuffix(" king\(answers[1])\nend"), "\(text) | \(answers)")
    #expect(result.notes == ["Wrote out.txt"])
  }

  @Test func `--prompt begins the text, and an answer comes before the next line is sent`() throws {
    let folder = try Runs.english.get()
    let expected = try generated("the king", count: 1, in: folder)
    let result = try GeulProcess.shell(
      #"""
      coproc "$geul" write run --seed 4 --prompt "the "
      echo king >&${COPROC[1]}; read -r -t 30 answer <&${COPROC[0]}; echo "$answer"
      echo /quit >&${COPROC[1]}; wait $COPROC_PID
      """#, in: folder)
    // `read` removes spaces at the start.
    let answer = expected[0].dropFirst("the king".count).trimmingPrefix(" ")
    #expect(result.status == 0 && result.stdout == answer + "\n")
  }

  @Test func `a wrong command is one sentence and exit code 2, and the others are answered`() throws
  {
    let folder = try Runs.trained()
    let result = try write(
      "/temprature 1\n/temperature hot\nthe\n/save out.txt\n/settings\n", ["-o", "out.txt"],
      in: folder)
    #expect(result.status == 2)
    #expect(
      result.notes.prefix(2) == [
        "geul: There is no command /temprature. Did you mean /temperature?",
        "geul: temperature must be a number, not hot.",
      ])
    #expect(result.notes.last == "geul: 2 commands could not be run. See geul write --help.")
    #expect(result.notes.contains("length 100") && result.notes.contains("Wrote out.txt"))
    #expect(result.stdout.split(separator: "\n").count == 1)
    #expect(folder.text("out.txt") == "the")
  }

  @Test func `invalid bytes are ignored, and unknown characters are noted unless --quiet`() throws {
    let folder = try Runs.trained()
    let line = #"printf 'th\xffe\xe2\x82Ω\n' | "$geul" write run --seed 4 -o out.txt"#
    let result = try GeulProcess.shell(line, in: folder)
    #expect(result.status == 0 && folder.text("out.txt") == "theΩ")
    #expect(
      result.notes.first?.hasPrefix(
        "Ω U+03A9 GREEK CAPITAL LETTER OMEGA is not in the model's vocabulary")
        == true, "\(result.stderr)")
    #expect(try !GeulProcess.shell(line + " --quiet", in: folder).stderr.contains("OMEGA"))
  }

  @Test func `SIGTERM saves the text`() throws {
    let folder = try Runs.trained()
    let result = try GeulProcess.shell(
      #"""
      mkfifo lines
      "$geul" write run --seed 4 -o out.txt <lines >answers & exec 3>lines
      echo 'the king' >&3
      while [ ! -s answers ]; do sleep 0.02; done
      kill -TERM $!; wait $!
      """#, in: folder)
    #expect(result.status == 143 && folder.text("out.txt") == "the king")
  }

  @Test(arguments: [
    (["--prompt-file", "-"], 2, "standard input is used for keys"),
    (["--prompt", "a", "--prompt-file", "b"], 2, "Give only one"),
    (["-t", "0.2,1"], 2, "--temperature must be one number"), (["--length", "0"], 2, "--length"),
    (["--top-p", "3"], 2, "--top-p must be"), (["--output", "run"], 1, "is a directory"),
    (["--output", "no/such/file"], 1, "cannot be written"),
    (["--prompt-file", "missing.txt"], 1, "missing.txt"),
  ])
  func `bad options are refused`(options: [String], code: Int32, part: String) throws {
    try write("", options, in: Runs.english.get()).expectRefusal(code, naming: part)
  }

  @Test func `the text of an existing file is continued, and stays as it is if nothing is written`()
    throws
  {
    let folder = try Runs.trained()
    try folder.write("the \n", to: "out.txt")
    let same = try write("", ["-o", "out.txt"], in: folder)
    #expect(same.status == 0 && same.output.isEmpty && folder.text("out.txt") == "the \n")
    let longer = try write("king\n", ["-o", "out.txt"], in: folder)
    #expect(longer.status == 0 && folder.text("out.txt") == "the \nking", "\(longer.stderr)")
    try write("", ["-o", "out.txt", "--prompt", "a"], in: folder)
      .expectRefusal(1, naming: "out.txt already exists")
    try write("", ["-o", ""], in: folder).expectRefusal(2, naming: "--output is empty")
  }

  @Test func `a file that the session saved can be saved again, another one not`() throws {
    let folder = try Runs.trained()
    try folder.write("kept", to: "other.txt")
    let result = try write("a\n/save new.txt\nb\n/save new.txt\n/save other.txt\n", [], in: folder)
    #expect(folder.text("new.txt") == "ab" && folder.text("other.txt") == "kept")
    #expect(result.stderr.contains("other.txt already exists. Choose another file."))
  }

  @Test func `an empty input is an empty text`() throws {
    let folder = try Runs.trained()
    let result = try write("", ["-o", "out.txt"], in: folder)
    #expect(result.status == 0 && result.output.isEmpty && folder.text("out.txt") == "")
  }
}
