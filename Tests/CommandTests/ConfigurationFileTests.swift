import Foundation
import TestSupport
import Testing

/// Options in a file: `--config`, and the config.json of a run.
struct ConfigurationFileTests {
  private func train(
    _ arguments: [String], in folder: Folder
  ) throws -> GeulProcess.Result {
    try GeulProcess.run(["train"] + arguments + ["--threads", "1"], in: folder)
  }

  @Test func `the config.json of a run reproduces it`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "my.txt")
    try folder.write(String(Texts.english.prefix(3000)), to: "other.txt")
    let options = [
      "--steps", "12", "--hidden", "24", "--cell", "gru", "--min-count", "2", "--dropout", "0.3",
      "--learning-rate", "0.007", "--validation-file", "other.txt", "--seed", "9", "-q",
      "--ema-decay", "0.5",
    ]
    #expect(try train(["my.txt"] + options, in: folder).status == 0)
    let again = try train(
      ["--config", "checkpoints/my/config.json", "--out", "again"], in: folder)
    #expect(again.status == 0)
    for name in ["latest.safetensors", "best.safetensors"] {
      #expect(folder.data("again/\(name)") == folder.data("checkpoints/my/\(name)"))
    }
    #expect(folder.text("again/config.json") == folder.text("checkpoints/my/config.json"))
    #expect(folder.text("again/config.json")?.contains(#""ema_decay" : 0.5"#) == true)
  }

  @Test func `a new model that is named as nanoGPT does is reproduced`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "my.txt")
    let options = ["my.txt", "--init-from", "scratch", "--steps", "3", "--hidden", "8", "-q"]
    #expect(try train(options + ["--out", "one"], in: folder).status == 0)
    let again = try train(["--config", "one/config.json", "--out", "two"], in: folder)
    #expect(again.status == 0, "\(again.stderr)")
    #expect(folder.data("one/best.safetensors") == folder.data("two/best.safetensors"))
  }

  @Test func `the command line wins over the file`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "my.txt")
    try folder.write(
      #"{"corpus": ["none.txt"], "rnn_size": 40, "layers": 1, "minutes": 5, "save-every": 3, "quiet": true, "json": false, "lr": null}"#,
      to: "run.json")
    let result = try train(
      ["my.txt", "--hidden", "16", "--steps", "3", "--config=run.json", "--out", "out"], in: folder)
    #expect(result.status == 0 && result.stdout.isEmpty, "\(result.stderr)")
    let text = try #require(folder.text("out/config.json"))
    for line in [
      #""hidden" : 16"#, #""layers" : 1"#, #""steps" : 3"#, #""save_every" : 3"#, "/my.txt",
    ] {
      #expect(text.contains(line), "\(line) in \(text)")
    }
    #expect(!text.contains("minutes"))
  }

  @Test(arguments: [
    (
      #"{"hiden": 3}"#, 2,
      #"--config run.json: geul train has no option "hiden". Did you mean "hidden"?"#
    ),
    (#"{"config": "a.json"}"#, 2, #"geul train has no option "config"."#),
    (#"{"quiet": 3}"#, 2, "quiet must be true or false."),
    (#"{"hidden": "many"}"#, 2, "The value 'many' is invalid for '--hidden <n>'."),
    (#"{"hidden": 99999}"#, 2, "--hidden must be from 1 to 8192, not 99999."),
    (#"{"hidden": {"size": 3}}"#, 1, "the value of hidden is not a number, a text"),
    (#"{"hidden": 3"#, 1, "--config run.json: it is not valid JSON."),
    ("[1]", 1, "--config run.json: it is not a JSON object."),
    (nil, 1, "--config run.json: it cannot be read: No such file or directory."),
  ])
  func `a wrong file is refused with one sentence`(
    text: String?, status: Int32, sentence: String
  ) throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "my.txt")
    if let text { try folder.write(text, to: "run.json") }
    let result = try train(["my.txt", "--config", "run.json"], in: folder)
    #expect(result.status == status)
    #expect(result.notes.count == 1 && result.stderr.contains(sentence), "\(result.stderr)")
    #expect(!folder.exists("checkpoints"))
  }
}
