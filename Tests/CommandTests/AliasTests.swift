import Foundation
import Testing

/// Names from other programs work, and do not stand in the help.
struct AliasTests {
  static let train = [
    ("--rnn_size", "--hidden", "12"), ("--rnn-size", "--hidden", "12"),
    ("--hidden_size", "--hidden", "12"), ("--num-layers", "--layers", "2"),
    ("--num_layers", "--layers", "2"), ("--seq_length", "--length", "6"),
    ("--seq-len", "--length", "6"), ("--bptt", "--length", "6"), ("--block_size", "--length", "6"),
    ("--chunk_len", "--length", "6"), ("--batch_size", "--batch", "3"),
    ("--lr", "--learning-rate", "0.01"),
    ("--learning_rate", "--learning-rate", "0.01"), ("--clip", "--grad-clip", "0.1"),
    ("--max-grad-norm", "--grad-clip", "0.1"), ("--grad_clip", "--grad-clip", "0.1"),
    ("--model_type", "--cell", "gru"), ("--max_steps", "--steps", "4"),
    ("--max-iters", "--steps", "4"),
    ("--max_epochs", "--epochs", "0.05"), ("--num-epochs", "--epochs", "0.05"),
    ("--val_frac", "--validation", "0.2"),
  ]

  @Test(arguments: train)
  func `a name of train from elsewhere`(alias: String, ours: String, value: String) throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let isLength = ["--steps", "--epochs"].contains(ours)
    var arguments = [
      "train", "text.txt", "--hidden", "8", "--layers", "1", "--batch", "4", "--threads", "1",
    ]
    arguments += isLength ? [] : ["--steps", "4"]
    if let place = arguments.firstIndex(of: ours) { arguments.removeSubrange(place...place + 1) }
    for (name, out) in [(alias, "a"), (ours, "b")] {
      let result = try GeulProcess.run(arguments + [name, value, "--out", out], in: folder)
      #expect(result.status == 0, "\(result.stderr)")
    }
    let joined = try GeulProcess.run(arguments + ["\(alias)=\(value)", "--out", "c"], in: folder)
    #expect(joined.status == 0, "\(joined.stderr)")
    let models = ["a", "b", "c"].map { folder.data("\($0)/latest.safetensors") }
    #expect(models[0] == models[1] && models[0] == models[2])
  }

  static let generate = [
    ("--temp", "--temperature", "0.3"), ("--top_k", "--top-k", "3"), ("--top_p", "--top-p", "0.5"),
    ("--min_p", "--min-p", "0.5"), ("--repetition-penalty", "--repeat-penalty", "2"),
    ("--repeat_penalty", "--repeat-penalty", "2"), ("--max-tokens", "--length", "17"),
    ("--max_new_tokens", "--length", "17"), ("--n-predict", "--length", "17"),
    ("--predict_len", "--length", "17"), ("--primetext", "--prompt", "king"),
    ("--prime", "--prompt", "king"), ("--prime_str", "--prompt", "king"),
    ("--start-text", "--prompt", "king"), ("--start", "--prompt", "king"),
    ("--prefix", "--prompt", "king"), ("--file", "--prompt-file", "text.txt"),
    ("--count", "--num-samples", "3"), ("--num_samples", "--num-samples", "3"),
    ("--reverse-prompt", "--stop", "e"), ("--num-threads", "--threads", "2"),
  ]

  @Test(arguments: generate)
  func `a name of generate from elsewhere`(alias: String, ours: String, value: String) throws {
    let folder = try Runs.english.get()
    let texts = try [[alias, value], [ours, value], ["\(alias)=\(value)"]].map { arguments in
      let result = try GeulProcess.run(["generate", "run", "--seed", "1"] + arguments, in: folder)
      #expect(result.status == 0, "\(result.stderr)")
      return result.stdout
    }
    #expect(texts[0] == texts[1] && texts[0] == texts[2])
  }

  @Test(arguments: [("train", train.map(\.0)), ("generate", generate.map(\.0))])
  func `aliases do not stand in the help`(command: String, aliases: [String]) throws {
    let help = try GeulProcess.run([command, "--help"], in: Folder()).stdout
    let words = Set(help.split { $0.isWhitespace || "[]<>,=()".contains($0) }.map(String.init))
    for alias in aliases { #expect(!words.contains(alias), "\(alias)") }
    #expect(words.contains("--length"))
  }

  @Test func `what follows two dashes is left as it is`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "--lr")
    let result = try GeulProcess.run(["tokenize", "--json", "--", "--lr"], in: folder)
    #expect(result.status == 0, "\(result.stderr)")
  }
}
