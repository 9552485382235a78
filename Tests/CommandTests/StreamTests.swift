import Foundation
import Testing
import TestSupport

/// Standard streams that are closed, terminals, or not read.
struct StreamTests {
  @Test func `a run with closed standard streams writes only metrics into its files`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let tiny = Runs.tiny.joined(separator: " ")
    for (number, closed) in [">&- 2>&- <&-", "2>&-", "<&-", ">&-", ""].enumerated() {
      let result = try GeulProcess.shell(
        #""$geul" train text.txt --out \#(number) --steps 20 \#(tiny) \#(closed)"#, in: folder)
      #expect(result.status == 0, "\(closed): \(result.stderr)")
      let metrics = try #require(folder.text("\(number)/metrics.jsonl"))
      for line in metrics.split(separator: "\n") {
        let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(object?["step"] != nil, "\(closed): \(line)")
      }
    }
    #expect(folder.data("0/best.safetensors") == folder.data("4/best.safetensors"))
  }

  @Test func `a result that cannot be written to closed standard output is an error`() throws {
    try GeulProcess.shell(
      #""$geul" generate run -n 9 --seed 1 >&-"#, in: Runs.english.get()
    ).expectRefusal(1, naming: "standard output: could not be written")
  }

  @Test(arguments: ["dumb", ""])
  func `a terminal without control sequences gets plain lines`(type: String) throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    for arguments in [
      ["train", "text.txt", "--out", "run", "--steps", "20", "--sample-every", "10"]
        + Runs.tiny.dropLast(2),
      ["explain", "run", "--text", "moon"], ["report", "run"],
      ["compress", "text.txt", "--model", "run"],
    ] {
      let terminal = try Terminal()
      let process = try GeulProcess(
        arguments, environment: ["TERM": type], terminal: terminal.path, in: folder)
      #expect(process.wait().status == 0)
      // The terminal itself ends lines with CR and LF.
      let text = terminal.text.replacing("\r\n", with: "\n")
      #expect(!text.unicodeScalars.contains { $0 == "\r" || $0 == "\u{1B}" }, "\(text)")
      #expect(text.split(separator: "\n").count > 0)
    }
  }

  @Test func `control characters of texts and paths are visible on a terminal, exact elsewhere`()
    throws
  {
    let controls = "\u{1B}[31m\u{7}\u{9B}\u{202E}\u{2066}"
    let visible = "␛[31m␇<U+009B><U+202E><U+2066>"
    let folder = try Runs.trained(["--unit", "codepoint"], text: Texts.english + "\t" + controls)
    let generate = [
      "generate", "run", "-n", "0", "--seed", "1", "--prompt", "the\tking" + controls,
    ]
    #expect(try GeulProcess.run(generate, in: folder).stdout == "the\tking" + controls + "\n")
    for (arguments, shown) in [
      (generate, "the"), (generate + ["--num-samples", "2"], "the"),
      (["inspect", "no" + controls], "no"),
      (["train", "text.txt", "--steps", controls], "--steps"),
      (["explain", "run", "--text", "the", "--html", controls], "Wrote"),
      (["generate", "run", "-n", "1", "--stop", "한" + controls], "--stop"),
    ] {
      let terminal = try Terminal(columns: 400)
      let process = try GeulProcess(
        arguments, environment: ["NO_COLOR": "1", "TERM": "dumb"], terminal: terminal.path,
        in: folder)
      _ = process.wait()
      let text = terminal.text
      for scalar in text.unicodeScalars where scalar.properties.generalCategory == .control {
        #expect("\r\n\t".unicodeScalars.contains(scalar), "\(arguments): \(text)")
      }
      #expect(!text.unicodeScalars.contains { $0 == "\u{202E}" || $0 == "\u{2066}" })
      #expect(text.contains(visible) && text.contains(shown), "\(arguments): \(text)")
    }
  }

  @Test func `an unusable number of columns counts as unknown`() throws {
    let folder = try Runs.english.get()
    let expected = try GeulProcess.run(["explain", "run", "--text", "moon"], in: folder).stdout
    for columns in ["0", "-5", "many"] {
      let result = try GeulProcess.run(
        ["explain", "run", "--text", "moon"], environment: ["COLUMNS": columns], in: folder)
      #expect(result.stdout == expected)
    }
    let terminal = try Terminal(columns: 0)
    let process = try GeulProcess(
      ["train", "text.txt", "--out", "zero", "--steps", "2"] + Runs.tiny, terminal: terminal.path,
      in: Runs.trained())
    #expect(process.wait().status == 0)
    #expect(terminal.text.contains("Done in"))
  }

  @Test(arguments: [SIGINT, SIGTERM], [["--json"], []])
  func `an interrupt of several texts prints what was generated`(
    signal: Int32, flags: [String]
  ) throws {
    let process = try GeulProcess(
      ["generate", "run", "-n", "100000000", "--num-samples", "2", "--prompt", "king"] + flags,
      in: Runs.english.get())
    try process.send(signal) { $0.stderr.contains("seed ") }
    let result = process.wait(limit: 20)
    #expect(result.status == 128 + signal, "\(result.stderr)")
    if flags.isEmpty {
      let texts = result.stdout.components(separatedBy: "\n---\n")
      #expect(texts.count == 2 && texts.allSatisfy { $0.hasPrefix("king") })
      #expect(result.stdout.hasSuffix("\n"))
    } else {
      let samples = try #require(try result.json()["samples"] as? [[String: Any]])
      #expect(samples.map { $0["stop_reason"] as? String } == ["interrupted", "interrupted"])
    }
  }

  @Test func `a signal ends a command whose output is not read`() throws {
    let result = try GeulProcess.shell(
      """
      mkfifo pipe
      exec 3<>pipe
      "$geul" generate run -n -1 --seed 1 >pipe 3<&- &
      until grep -q 'State:.S' /proc/$!/status; do sleep 0.01; done
      kill -TERM $!
      wait $!
      """, in: Runs.trained())
    #expect(result.status == 143, "\(result.stderr)")
  }
}
