import Foundation
import TestSupport
import Testing

/// `geul train --init-from`.
struct FineTuningTests {
  private func fineTuned(_ arguments: [String], in folder: Folder) throws -> GeulProcess.Result {
    try GeulProcess.run(
      Runs.overriding(
        [
          "train", "new.txt", "--out", "tuned", "--init-from", "run", "--steps", "12", "--batch",
          "4", "--length", "8", "--threads", "1", "--sample-every", "0", "--save-every", "5",
        ] + arguments), in: folder)
  }

  @Test func `a model learns a new text with new characters, and the run can be resumed`() throws {
    let folder = try Runs.trained()
    try folder.write(Texts.english + "Zoë ate 25 crêpes — zzz.\n", to: "new.txt")
    let result = try fineTuned([], in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(
      result.notes.contains {
        $0.contains("Fine-tuning run: 1 x 16 lstm. The vocabulary grows from ")
      }, "\(result.stderr)")
    // The run stops after a step and continues to the same bytes.
    try folder.write("", to: "none.txt")
    let shorter = try fineTuned(["--out", "short", "--steps", "12"], in: folder)
    #expect(shorter.status == 0)
    #expect(folder.data("short/latest.safetensors") == folder.data("tuned/latest.safetensors"))
    let longer = try GeulProcess.run(["resume", "tuned", "--steps", "20", "-q"], in: folder)
    #expect(longer.status == 0 && longer.stderr.isEmpty, "\(longer.stderr)")
    let text = try GeulProcess.run(
      ["generate", "tuned", "--prompt", "Zoë", "-n", "20", "--seed", "1", "--strict"], in: folder)
    #expect(text.status == 0 && text.stdout.hasPrefix("Zoë"), "\(text.stderr)")
  }

  @Test func `the config.json of a fine-tuned run reproduces it`() throws {
    let folder = try Runs.trained()
    try folder.write(Texts.english + "çç", to: "new.txt")
    #expect(try fineTuned(["--freeze-layers", "1"], in: folder).status == 0)
    let again = try GeulProcess.run(
      ["train", "--config", "tuned/config.json", "--out", "again", "--threads", "1"], in: folder)
    #expect(again.status == 0, "\(again.stderr)")
    #expect(folder.data("again/best.safetensors") == folder.data("tuned/best.safetensors"))
  }

  /// The first evaluation, after a step at a learning rate that changes nothing.
  private func firstLoss(_ arguments: [String], in folder: Folder) throws -> Double {
    let result = try fineTuned(
      ["--steps", "1", "--learning-rate", "1e-8", "--precision", "float32", "--json"] + arguments,
      in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    let object = try JSONSerialization.jsonObject(with: Data(result.stdout.utf8))
    return try #require((object as? [String: Any])?["validation_nats"] as? Double)
  }

  @Test func `a larger network starts with the loss of the model, and can be resumed`() throws {
    let folder = try Runs.trained()
    try folder.write(Texts.english, to: "new.txt")
    let loss = try firstLoss(["--out", "same"], in: folder)
    let wide = try firstLoss(["--out", "wide", "--grow-hidden", "40"], in: folder)
    #expect(abs(wide - loss) < 1e-5)
    let deep = try firstLoss(["--out", "deep", "--grow-layers", "2"], in: folder)
    #expect(deep != loss && abs(deep - loss) < 0.02)
    let result = try fineTuned(["--grow-hidden", "40", "--grow-layers", "2"], in: folder)
    #expect(
      result.notes.contains {
        $0.contains("Fine-tuning run: 1 x 16 lstm, enlarged to 2 x 40.")
      }, "\(result.stderr)")
    let longer = try GeulProcess.run(["resume", "tuned", "--steps", "14", "-q"], in: folder)
    #expect(longer.status == 0 && longer.stderr.isEmpty, "\(longer.stderr)")
    let again = try GeulProcess.run(
      ["train", "--config", "tuned/config.json", "--out", "again", "--threads", "1"], in: folder)
    #expect(again.status == 0, "\(again.stderr)")
    let first = try fineTuned(
      ["--out", "first", "--grow-hidden", "40", "--grow-layers", "2"], in: folder)
    #expect(first.status == 0)
    #expect(folder.data("again/best.safetensors") == folder.data("first/best.safetensors"))
  }

  @Test(arguments: [
    (
      ["--hidden", "20"], 2,
      "--hidden 20: the model that --init-from names has 16. Leave out --hidden, or use --grow-hidden."
    ),
    (["--grow-hidden", "15"], 2, "A network of 1 x 16 cannot grow to 1 x 15."),
    (["--grow-layers", "0"], 2, "--grow-layers"),
    (["--grow-hidden", "20", "--freeze-layers", "1"], 2, "Leave out --freeze-layers."),
    (
      ["--init-from", "scratch", "--grow-hidden", "20"], 2,
      "--grow-hidden needs --init-from MODEL. For a new model, use --hidden 20."
    ),
    (["--cell", "gru"], 2, "--cell gru: the model that --init-from names has lstm."),
    (["--unit", "jamo"], 2, "--unit jamo: the model that --init-from names has grapheme."),
    (["--layers", "3"], 2, "--layers 3: the model that --init-from names has 1."),
    (["--freeze-layers", "2"], 2, "--freeze-layers 2: run has 1 layer."),
    (["--init-from", "nothing"], 1, "nothing: no such model."),
    (["--init-from", "new.txt"], 1, "new.txt"),
    (["--init-from", "scratch", "--freeze-layers", "1"], 2, "--freeze-layers needs --init-from"),
  ])
  func `what does not fit the model is refused`(
    arguments: [String], code: Int32, sentence: String
  ) throws {
    let folder = try Runs.copied()
    try folder.write(Texts.english, to: "new.txt")
    try fineTuned(arguments, in: folder).expectRefusal(code, naming: sentence)
    #expect(!folder.exists("tuned"))
  }

  @Test func `a model that training does not improve is kept`() throws {
    let folder = try Runs.trained()
    try folder.write(Texts.english, to: "new.txt")
    #expect(try fineTuned(["--out", "better", "--steps", "300"], in: folder).status == 0)
    // What is learned from this text makes another one less likely.
    try folder.write(String(repeating: "zzxqj", count: 400), to: "new.txt")
    try folder.write(Texts.english, to: "other.txt")
    let result = try fineTuned(
      ["--init-from", "better", "--validation-file", "other.txt"], in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(result.notes.contains { $0.hasPrefix("Validation loss at the start: ") })
    #expect(
      result.notes.contains("No evaluation was better than the model at the start, which is kept."),
      "\(result.stderr)")
    #expect(result.stderr.contains("best step 0"))
  }

  @Test func `a network that exceeds the memory is not grown`() throws {
    let folder = try Runs.trained()
    try folder.write(Texts.english, to: "new.txt")
    try fineTuned(["--grow-hidden", "8192", "--grow-layers", "64"], in: folder)
      .expectRefusal(1, naming: "--grow-hidden")
  }
}
