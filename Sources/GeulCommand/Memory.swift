import ArgumentParser
import Foundation
import Geul
import GeulPictures

/// `geul memory`: how far back models remember.
struct Memory: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Show how far back models remember: gradients through time, and what is lost without the past.",
    usage: """
      geul memory <model> ... --corpus <text> [--html <file>]
      geul memory --train-three <text> [--minutes <minutes>] [--html <file>]
      """,
    discussion: """
      What happened long ago is lost on the way through a vanilla network: its gradients vanish. LSTM and GRU carry it on. \
      --train-three trains one of each, of equal size, for an equal time, and compares them.
      """)

  @Argument(help: "Models' files, or folders of runs.")
  var models: [String] = []
  @Option(help: "The text to measure on.")
  var corpus: String?
  @Option(help: "Train a vanilla network, a GRU and an LSTM on this text first.")
  var trainThree: String?
  @Option(help: "What the vanilla one does with its sums: tanh, or relu, which may explode.")
  var activation = Activation.tanh
  @Option(help: "How long to train, all three together.")
  var minutes = 3.0
  @Option(help: "Units in a layer of the three.")
  var hidden = 128
  @Option(help: "Folder of the three (default: checkpoints/three-, and the text's name).")
  var out: String?
  @Option(help: "How far back to follow gradients.")
  var steps = 200
  @OptionGroup var pictures: PictureOptions
  @OptionGroup var machine: MachineOptions

  func validate() throws {
    try check("--minutes", minutes, in: 0.05...1e5)
    try check("--hidden", hidden, in: 1...4096)
    try check("--steps", steps, in: 2...5000)
    if trainThree == nil {
      guard !models.isEmpty else {
        throw ValidationError("Give models and --corpus, or --train-three and a text.")
      }
      guard corpus != nil else {
        throw ValidationError("Give the text to measure on with --corpus.")
      }
    } else if !models.isEmpty {
      throw ValidationError("--train-three makes its own models: leave others out.")
    }
  }

  func run() throws {
    var paths = models
    if let trainThree { paths = try train(on: trainThree) }
    guard let text = corpus ?? trainThree else { return }
    var story = try Story(
      "How far back \(paths.count == 1 ? "a model remembers" : "models remember")")
    let reaches = try paths.map { path in (path, try measure(path, text)) }
    try show(reaches, on: text, &story)
    if trainThree != nil { try showTraining(paths, &story) }
    try pictures.write(story.page)
  }

  /// Trains the three, one after the other, and answers where they are.
  private func train(on text: String) throws -> [String] {
    let name = URL(filePath: absolute(text)).deletingPathExtension().lastPathComponent
    let folder = out ?? "checkpoints/three-\(name)"
    return try ["rnn", "gru", "lstm"].map { cell in
      let path = "\(folder)/\(cell)"
      Output.note("Training \(path)")
      let threads = machine.threads.map { ["--threads", "\($0)"] } ?? []
      let train = try Train.parse(
        [
          text, "--out", path, "--cell", cell, "--layers", "1", "--hidden", "\(hidden)",
          "--seconds", "\(max(0.5, minutes * 20))", "--dropout", "0", "--sample-every", "0",
          "--activation", cell == "rnn" ? activation.rawValue : "tanh",
        ] + threads)
      do { try train.run() } catch let failure as Failure {
        // What explodes beyond mending is worth seeing too.
        guard FileManager.default.fileExists(atPath: RunFolder(path).best.path) else {
          throw failure
        }
        Output.note("\(failure)")
      }
      return path
    }
  }

  private func measure(_ path: String, _ text: String) throws -> (MemoryReach, Model) {
    let model = try loadModel(path)
    let corpus = try readCorpus(
      [text], CorpusOptions(tokenizer: model.about.tokenizer, vocabulary: model.about.vocabulary))
    // What was held out of the same text is what the model has not seen.
    let fraction = model.about.training?.validationFraction ?? 0
    let isSame = model.about.training?.corpusHash == corpus.hash && fraction > 0
    let start = isSame ? Int(Double(corpus.count) * (1 - fraction)) : 0
    guard corpus.count - start > 64 else {
      throw Failure("\(text): fewer than 64 characters to measure on. Give a longer text.")
    }
    Output.note("Measuring \(path)")
    let reach = MemoryReach(
      model, corpus, in: start..<corpus.count, steps: steps, kernels: try machine.kernels,
      lanes: machine.lanes)
    return (reach, model)
  }

  private func show(
    _ reaches: [(path: String, (reach: MemoryReach, model: Model))], on text: String,
    _ story: inout Story
  ) throws {
    let names = reaches.map { path, measured in
      "\(path) (\(measured.model.about.model.cell.rawValue))"
    }
    try story.paragraph(
      "Measured on \(text); where a model was trained on it, on the part that was held out.")
    try story.heading("How gradients fade")
    try story.paragraph(
      "The norm of the gradient of one character's loss with respect to the state k characters before. Where it is a"
        + " thousandth of what it was, training hears nearly nothing of that past.")
    try story.picture(
      LineChart(
        title: "Norm of d loss_t / d h_{t-k}", x: "k, characters back", y: "logarithmic",
        logarithmicY: true,
        series: zip(names, reaches).map { name, entry in
          .init(
            name,
            entry.1.reach.gradientNorms.enumerated().map { (Double($0), max($1, 1e-30)) })
        }))
    try story.heading("What the past is worth")
    try story.paragraph(
      "The loss when the model sees only the last k characters before the one that it foretells. Where a line no longer"
        + " falls, what lies further back is of no use to the model.")
    try story.picture(
      LineChart(
        title: "Loss by what is seen", x: "k, characters seen (logarithmic)", y: "nats a character",
        logarithmicX: true,
        series: zip(names, reaches).map { name, entry in
          .init(name, entry.1.reach.losses.map { (Double($0.seen), $0.nats) })
        }))
    let all = reaches.map(\.1.reach)
    let windows = all.map(\.losses).min { $0.count < $1.count } ?? []
    try story.table(
      [
        ["its gradient is halved after"] + all.map { after($0, 2) },
        ["and a thousandth after"] + all.map { after($0, 1000) },
      ]
        + windows.indices.map { index in
          ["loss when it sees \(windows[index].seen)"]
            + all.map { number($0.losses[index].nats, 3) }
        }, under: [""] + names)
  }

  /// How large gradients were while the three learned: what tanh and the gates' sigmoids hold in bounds.
  private func showTraining(_ paths: [String], _ story: inout Story) throws {
    try story.heading("Why sigmoid and tanh")
    try story.paragraph(
      activation == .relu
        ? "The vanilla network here has max(0, x) in the place of tanh: its states have no bound, and neither has the"
          + " product of slopes through which a gradient goes back. Below: whether that held, and its loss."
        : "tanh holds states between -1 and 1, sigmoids hold gates between 0 and 1, so no step can make more of a state than"
          + " it was. --activation relu takes the bound away from the vanilla network: it trains, or explodes."
    )
    for (title, unit, value) in [
      ("Gradient while learning", "norm before clipping, logarithmic", \Run.Progress.gradientNorm),
      ("Loss while learning", "nats a character, logarithmic", \Run.Progress.trainNats),
    ] as [(String, String, KeyPath<Run.Progress, Double>)] {
      try story.picture(
        LineChart(
          title: title, x: "step", y: unit, logarithmicY: true,
          series: paths.map { path in
            .init(
              path, RunFolder(path).metrics().map { (Double($0.step), $0[keyPath: value]) })
          }))
    }
  }

  /// How many characters back the gradient has fallen to a part of what it was.
  private func after(_ reach: MemoryReach, _ part: Double) -> String {
    reach.distance(toFallBy: part).map { "\($0)" } ?? "more than \(reach.gradientNorms.count - 1)"
  }
}
