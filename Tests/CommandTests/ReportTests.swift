import Foundation
import Testing
import TestSupport

/// `geul explain`, `context` and `report`, on the terminal and in HTML.
struct ReportTests {
  private func run(_ arguments: [String], in folder: Folder) throws -> (text: String, page: String)
  {
    let page = "page.html"
    let result = try GeulProcess.run(arguments + ["--html", page], in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(!result.stdout.contains("\u{1B}"), "colors without a terminal")
    let html = try #require(folder.text(page))
    folder.remove(page)
    for outside in ["http:", "https:", "src=", "<script"] {
      #expect(!html.contains(outside), "\(outside)")
    }
    #expect(!html.contains(#/\b(NaN|nan)\b/#))
    return (result.stdout, html)
  }

  @Test(arguments: ["lstm", "gru", "rnn"])
  func `explain shows surprisal, predictions and every gate`(cell: String) throws {
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
      let persistent = try run(
        ["explain", "run", "--text", text, "--select", "persistent"], in: folder)
      let gate = cell == "lstm" ? "forget" : "update"
      #expect(persistent.text.contains("those with mean \(gate) gates closest to 1"))
    }
  }

  @Test func `explain shows the unbounded states of relu`() throws {
    let folder = try Runs.trained(["--cell", "rnn", "--activation", "relu", "--steps", "200"])
    let (shown, page) = try run(["explain", "run", "--text", "the moon said"], in: folder)
    #expect(shown.contains("without bound") && page.contains("without bound"))
    let rows = shown.split(separator: "\n").filter { $0.hasPrefix("neuron ") }
    #expect(rows.count == 12 && rows.contains { $0.contains("█") })
  }

  @Test func `explain detects the encoding of a file`() throws {
    let folder = try Runs.trained([], text: String(repeating: "그날 밤 바다는 조용했다.\n", count: 60))
    let page = String(repeating: "그날 밤 바다는 조용했다. ", count: 20)
    try folder.write(try #require(page.data(using: .utf16)), to: "other.txt")
    let shown = try run(["explain", "run", "--file", "other.txt"], in: folder).text
    #expect(shown.contains("그날 밤 바다는 조용했다."))
  }

  @Test func `the mean surprisal equals the loss of evaluate`() throws {
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

  @Test func `the probe finds interpretable neurons`() throws {
    let text = (0..<400).map { $0 % 2 == 0 ? "say \"go (now) far\" " : "Never mind it 한글도\n" }
      .joined()
    let folder = try Runs.trained(["--steps", "300"], text: text)
    let (shown, page) = try run(["explain", "run", "--probe", "--corpus", "text.txt"], in: folder)
    for feature in ["inside quotation marks", "inside brackets", "position in the line", "Hangul"] {
      #expect(
        shown.contains("\(feature): layer 1, neuron ") && page.contains(feature), "\(feature)")
    }
    let found = shown.matches(of: /r = (-?[0-9.]+)/).compactMap { Double($0.1) }.map(abs)
    #expect(found == found.sorted(by: >) && found[0] > 0.6 && found[0] <= 1)
  }

  @Test func `context compares cells with equal parameter counts`() throws {
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
      ["context", "--compare-cells", "text.txt", "--activation", "relu", "--out", "three"],
      in: folder)
    #expect(second.status == 1 && second.stderr.contains("already exists"), "\(second.stderr)")
    #expect(shown.contains("Text read during training") && page.contains("characters"))
    let steps = try run(
      [
        "context", "--compare-cells", "text.txt", "--train-steps", "7", "--hidden", "24", "--out",
        "steps", "--threads", "1",
      ], in: folder
    ).text.matches(of: #/steps/(rnn|gru|lstm) [^\n]* 7 +([0-9.k]+) /#).map(\.2)
    #expect(steps.count == 3 && Set(steps).count == 1, "equal steps read equal text: \(steps)")
    let again = try run(["context", "three/lstm", "--corpus", "text.txt"], in: folder)
    #expect(again.text.contains("Context sensitivity"))
  }

  @Test func `report shows configuration, metrics, samples and results`() throws {
    let folder = try Runs.trained(["--sample-every", "5", "--save-every", "7"])
    let (shown, page) = try run(["report", "run"], in: folder)
    for words in [
      "Configuration", "1 x 16 lstm", "Loss", "Learning rate", "Gradient norm", "Speed",
      "(step 5)",
      "(step 20)", "Best model", "validation loss", "baselines",
    ] { #expect(shown.contains(words) && page.contains(words), "\(words)") }
  }

  @Test func `report works without samples, validation and text`() throws {
    let folder = try Runs.trained(["--validation", "0"])
    let (shown, _) = try run(["report", "run"], in: folder)
    #expect(shown.contains("Best model") && !shown.contains("baselines"))
    folder.remove("text.txt")
    _ = try run(["report", "run"], in: folder)
  }

  @Test func `report --json prints configuration, history and results`() throws {
    let folder = try Runs.trained()
    let train = try GeulProcess.run(["resume", "run", "--json"], in: folder).json()
    let report = try GeulProcess.run(["report", "run", "--json"], in: folder)
    #expect(report.status == 0 && report.stderr.isEmpty, "\(report.stderr)")
    let object = try report.json()
    let configuration = try #require(object["configuration"] as? [String: Any])
    for (key, value) in [
      ("hidden", 16), ("layers", 1), ("batch", 4), ("length", 8), ("seed", 1), ("total_steps", 20),
    ] { #expect(configuration[key] as? Int == value, "\(key)") }
    #expect(configuration["cell"] as? String == "lstm")
    #expect(configuration["text"] as? [String] == [folder.file("text.txt")])
    let history = try #require(object["history"] as? [[String: Any]])
    #expect(history.compactMap { $0["step"] as? Int } == Array(1...20))
    #expect(history.allSatisfy { $0["train_nats"] is Double && $0["validation_nats"] is Double })
    let results = try #require(object["results"] as? [String: Any])
    for key in ["validation_nats", "bits_per_byte", "unigram_nats", "trigram_nats", "epochs"] {
      #expect(results[key] as? Double == train[key] as? Double && results[key] is Double, "\(key)")
    }
    #expect(results["steps"] as? Int == 20 && results["best_step"] as? Int == 20)
  }

  @Test func `report --csv prints one row for each line of the metrics`() throws {
    for validation in ["0", "0.1"] {
      let folder = try Runs.trained(["--validation", validation])
      let report = try GeulProcess.run(["report", "run", "--csv"], in: folder)
      #expect(report.status == 0 && report.stderr.isEmpty, "\(report.stderr)")
      let rows = report.stdout.split(separator: "\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
      // JSONDecoder, because JSONSerialization rounds some numbers differently.
      let metrics = try #require(folder.text("run/metrics.jsonl")).split(separator: "\n").map {
        try JSONDecoder().decode([String: Double?].self, from: Data($0.utf8))
      }
      #expect(rows.count == metrics.count + 1)
      #expect(
        rows[0].starts(with: ["step", "total_steps", "epoch", "train_nats", "validation_nats"]))
      #expect(Set(metrics.flatMap(\.keys)).isSubset(of: rows[0]))
      for (row, object) in zip(rows.dropFirst(), metrics) {
        #expect(row.count == rows[0].count)
        for (key, text) in zip(rows[0], row) {
          #expect(Double(text) == object[key, default: nil], "\(key)")
        }
      }
    }
  }

  /// A run, and texts that do not suit it.
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
      (["context", "run", "--corpus", "text.txt", "--train-steps", "5"], 2, "--compare-cells"),
      (["context", "--compare-cells", "short.txt"], 1, "too short"),
      (["context", "run", "--corpus", "korean.txt"], 1, "less than half"),
      (["report", "run/best.safetensors"], 1, "Give the run directory, run."),
      (["report", "run", "--json", "--csv"], 2, "--json"),
      (["report", "nowhere"], 1, "no such directory"), (["report", "."], 1, "not a run directory"),
    ] as [([String], Int32, String)])
  func `invalid input is refused with a message`(
    arguments: [String], code: Int32, words: String
  ) throws {
    let result = try GeulProcess.run(arguments, in: try Self.refusing.get())
    #expect(result.stdout.isEmpty, "output before the error")
    #expect(result.status == code, "\(result.stderr)")
    // A note on unknown characters may precede the error.
    #expect(result.notes.count <= 2, "\(result.stderr)")
    #expect(result.notes.last?.contains(words) == true, "\(result.stderr)")
  }

  @Test(arguments: [
    (["TERM": "xterm", "NO_COLOR": ""], true), (["TERM": "xterm", "NO_COLOR": "1"], false),
  ])
  func `a terminal has colors unless NO_COLOR is set`(
    environment: [String: String], isColored: Bool
  ) throws {
    let folder = try Runs.english.get()
    let terminal = try Terminal()
    let process = try GeulProcess(
      ["explain", "run", "--text", "moon"], environment: environment, terminal: terminal.path,
      in: folder)
    #expect(process.wait().status == 0)
    #expect(terminal.text.contains("Predictions"))
    #expect(terminal.text.contains("\u{1B}[48;2;") == isColored, "\(terminal.text)")
  }
}
