import Foundation
import Testing

/// What `explain`, `context` and `report` show, on the terminal and on a page.
struct ReportTests {
  private func run(_ arguments: [String], in folder: Folder) throws -> (text: String, page: String)
  {
    let page = "page.html"
    let result = try GeulProcess.run(arguments + ["--html", page], in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(!result.stdout.contains("\u{1B}"), "no colours where there is no terminal")
    let html = try #require(folder.text(page))
    folder.remove(page)
    for outside in ["http:", "https:", "src=", "<script", "NaN", "nan"] {
      #expect(!html.contains(outside), "\(outside)")
    }
    return (result.stdout, html)
  }

  @Test(arguments: ["lstm", "gru", "rnn"])
  func `a text is explained: its surprise, what was expected, each gate`(cell: String) throws {
    let folder = try Runs.trained(["--cell", cell])
    let text = "the moon <said>"
    let (shown, page) = try run(["explain", "run", "--text", text, "--rows", "3"], in: folder)
    let bands = [
      "lstm": ["forget gate", "input gate", "candidate", "output gate", "cell state"],
      "gru": ["update gate", "reset gate", "candidate"], "rnn": [],
    ]
    for name in (bands[cell] ?? []) + ["hidden state"] {
      #expect(shown.contains(name) && page.contains(name), "\(name)")
    }
    #expect(shown.contains("\nthe moon "))
    #expect(shown.components(separatedBy: "%").count > 5 * 10)
    #expect(!page.contains("<said>"))
    #expect(shown.contains("(next)") && page.contains("(next)"))
    let chosen = try run(
      ["explain", "run", "--text", "t", "--neuron", "5", "--neuron", "2"], in: folder)
    #expect(chosen.text.contains("2 neurons of 16.") && chosen.text.contains("\nneuron 5 "))
    if cell != "rnn" {
      let lasting = try run(["explain", "run", "--text", text, "--select", "persistent"], in: folder)
      #expect(lasting.text.contains("the highest mean keep gate"))
    }
  }

  @Test func `the states of a rectified network are shown, though they have no bound`() throws {
    let folder = try Runs.trained(["--cell", "rnn", "--activation", "relu", "--steps", "200"])
    let (shown, page) = try run(["explain", "run", "--text", "the moon said"], in: folder)
    #expect(shown.contains("without bound") && page.contains("without bound"))
    let rows = shown.split(separator: "\n").filter { $0.hasPrefix("neuron ") }
    #expect(rows.count == 12 && rows.contains { $0.contains("█") })
  }

  @Test func `a text in another encoding than UTF-8 is read as the one it is in`() throws {
    let folder = try Runs.trained([], text: String(repeating: "그날 밤 바다는 조용했다.\n", count: 60))
    let page = String(repeating: "그날 밤 바다는 조용했다. ", count: 20)
    try folder.write(try #require(page.data(using: .utf16)), to: "other.txt")
    let shown = try run(["explain", "run", "--file", "other.txt"], in: folder).text
    #expect(shown.contains("그날 밤 바다는 조용했다."))
  }

  @Test func `the surprise that is told is that of evaluate`() throws {
    let folder = try Runs.english.get()
    let part = String(Texts.english.prefix(200))
    let other = try Folder()
    try other.write(part, to: "part.txt")
    let model = folder.file("run/best.safetensors")
    let bits = try #require(
      try GeulProcess.run(["evaluate", model, "part.txt", "--json"], in: other).json()["bits"]
        as? Double)
    let shown = try GeulProcess.run(["explain", model, "--file", "part.txt"], in: other).stdout
    #expect(
      shown.replacing("\n", with: " ").contains(
        "Mean: \(String(format: "%.2f", bits)) bits/char."), "\(bits)")
  }

  @Test func `cells that follow something are found and shown`() throws {
    let text = (0..<400).map { $0 % 2 == 0 ? "say \"go (now) far\" " : "Never mind it 한글도\n" }
      .joined()
    let folder = try Runs.trained(["--steps", "300"], text: text)
    let (shown, page) = try run(["explain", "run", "--probe", "--corpus", "text.txt"], in: folder)
    for feature in ["inside quotation marks", "inside brackets", "position in the line", "Hangul"] {
      #expect(shown.contains("\(feature): layer 1, neuron ") && page.contains(feature), "\(feature)")
    }
    let found = shown.matches(of: /r = (-?[0-9.]+)/).compactMap { Double($0.1) }.map(abs)
    #expect(found == found.sorted(by: >) && found[0] > 0.6 && found[0] <= 1)
  }

  @Test func `what models remember is measured side by side`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let (shown, page) = try run(
      [
        "context", "--compare-cells", "text.txt", "--minutes", "0.05", "--hidden", "24", "--out",
        "three",
        "--threads", "1",
      ], in: folder)
    for cell in ["rnn", "gru", "lstm"] {
      #expect(shown.contains("three/\(cell) (1 x ") && page.contains("three/\(cell) (1 x "))
      #expect(folder.exists("three/\(cell)/best.safetensors"))
    }
    #expect(shown.contains("(1 x 24 lstm), c") && shown.contains("\nlstm, c "))
    let parameters = try ["rnn", "gru", "lstm"].map { cell in
      try #require(
        try GeulProcess.run(["inspect", "three/\(cell)", "--json"], in: folder).json()[
          "parameters"] as? Int)
    }
    #expect(
      Double(parameters.max() ?? 0) < 1.05 * Double(parameters.min() ?? 0), "\(parameters)")
    let second = try GeulProcess.run(
      ["context", "--compare-cells", "text.txt", "--activation", "relu", "--out", "three"], in: folder)
    #expect(second.status == 1 && second.stderr.contains("already exists"), "\(second.stderr)")
    let again = try run(["context", "three/lstm", "--corpus", "text.txt"], in: folder)
    #expect(again.text.contains("Context sensitivity"))
  }

  @Test func `the story of a run is told`() throws {
    let folder = try Runs.trained(["--sample-every", "5", "--save-every", "7"])
    let (shown, page) = try run(["report", "run"], in: folder)
    for words in [
      "Configuration", "1 x 16 lstm", "Loss", "Learning rate", "Gradient norm", "Speed",
      "(step 5)",
      "(step 20)", "Best model", "validation loss", "baselines",
    ] { #expect(shown.contains(words) && page.contains(words), "\(words)") }
  }

  @Test func `a stopped run has a story too, also one without samples or validation`() throws {
    let folder = try Runs.trained(["--validation", "0"])
    let (shown, _) = try run(["report", "run"], in: folder)
    #expect(shown.contains("Best model") && !shown.contains("baselines"))
    folder.remove("text.txt")
    _ = try run(["report", "run"], in: folder)
  }

  /// A run, and texts that are not fit for it.
  private static let refusing = Swift.Result {
    let folder = try Runs.trained()
    try folder.write("the lamp on the hen", to: "short.txt")
    try folder.write(String(repeating: "가나다라 ", count: 40), to: "korean.txt")
    return folder
  }

  @Test(
    arguments: [
      (["explain", "run"], 2, "--text"),
      (["explain", "run", "--text", "a", "--file", "b"], 2, "not both"),
      (["explain", "run", "--text", "漢"], 1, "No character"),
      (["explain", "run", "--text", "t", "--neuron", "16"], 1, "0 to 15"),
      (["explain", "run", "--text", "t", "--html", "."], 1, "is a directory"),
      (["explain", "run", "--probe", "--corpus", "short.txt"], 1, "Use a longer text"),
      (
        ["explain", "run", "--text", "the", "--probe", "--corpus", "short.txt"], 1, "Use a longer"
      ),
      (["explain", "run", "--text", "the", "--layer", "2"], 1, "1 layer"),
      (["explain", "run", "--file", "nowhere"], 1, "nowhere"),
      (["explain", "run", "--probe"], 2, "--corpus"),
      (["explain", "nowhere", "--text", "the"], 1, "nowhere"),
      (["explain", "run", "--text", "the", "--html", "no/where.html"], 1, "no/where.html"),
      (["context"], 2, "--compare-cells"), (["context", "run"], 2, "--corpus"),
      (["context", "run", "--corpus", "nowhere"], 1, "nowhere"),
      (["context", "run", "--compare-cells", "text.txt"], 2, "--compare-cells"),
      (["context", "--compare-cells", "short.txt"], 1, "too short"),
      (["context", "run", "--corpus", "korean.txt"], 1, "less than half"),
      (["report", "run/best.safetensors"], 1, "Give the run directory, run."),
      (["report", "nowhere"], 1, "no such directory"), (["report", "."], 1, "not a run directory"),
    ] as [([String], Int32, String)])
  func `what cannot be shown is refused in a sentence`(
    arguments: [String], code: Int32, words: String
  ) throws {
    let result = try GeulProcess.run(arguments, in: try Self.refusing.get())
    #expect(result.stdout.isEmpty, "nothing is shown before it is known to be right")
    #expect(result.status == code, "\(result.stderr)")
    // Before the sentence there may be one on characters that are not known.
    #expect(result.notes.count <= 2, "\(result.stderr)")
    #expect(result.notes.last?.contains(words) == true, "\(result.stderr)")
  }

  @Test(arguments: [
    (["TERM": "xterm", "NO_COLOR": ""], true), (["TERM": "xterm", "NO_COLOR": "1"], false),
  ])
  func `a terminal has colours, but not with NO_COLOR`(
    environment: [String: String], isColoured: Bool
  ) throws {
    let folder = try Runs.english.get()
    let terminal = try Terminal()
    let process = try GeulProcess(
      ["explain", "run", "--text", "moon"], environment: environment, terminal: terminal.path,
      in: folder)
    #expect(process.wait().status == 0)
    #expect(terminal.text.contains("Predictions"))
    #expect(terminal.text.contains("\u{1B}[48;2;") == isColoured, "\(terminal.text)")
  }
}
