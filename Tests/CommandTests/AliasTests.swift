import Foundation
import Testing
import TestSupport

/// Option names of other programs and of earlier versions: accepted, but not in the help.
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
    ("--val_frac", "--validation", "0.2"), ("--n_layer", "--layers", "2"),
    ("--n_embd", "--hidden", "12"), ("--ctx-size", "--length", "6"),
    ("--dtype", "--precision", "float32"),
  ]

  @Test(arguments: train)
  func `an option name of another program trains the same model`(
    alias: String, name: String, value: String
  ) throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let isLength = ["--steps", "--epochs"].contains(name)
    var arguments = [
      "train", "text.txt", "--hidden", "8", "--layers", "1", "--batch", "4", "--threads", "1",
    ]
    arguments += isLength ? [] : ["--steps", "4"]
    if let index = arguments.firstIndex(of: name) { arguments.removeSubrange(index...index + 1) }
    // One form of the alias, unless all tests are thorough.
    let isJoined = alias.contains("_")
    for (number, option) in [
      [name, value], isJoined ? ["\(alias)=\(value)"] : [alias, value],
      isJoined ? [alias, value] : ["\(alias)=\(value)"],
    ].prefix(isThorough ? 3 : 2).enumerated() {
      let result = try GeulProcess.run(arguments + option + ["--out", "\(number)"], in: folder)
      #expect(result.status == 0, "\(result.stderr)")
      #expect(folder.data("\(number)/latest.safetensors") == folder.data("0/latest.safetensors"))
    }
  }

  static let generate = [
    ("--temp", "--temperature", "0.3"), ("--top_k", "--top-k", "3"), ("--top_p", "--top-p", "0.5"),
    ("--min_p", "--min-p", "0.5"), ("--typical", "--typical-p", "0.5"),
    ("--typical_p", "--typical-p", "0.5"), ("--top-nsigma", "--top-n-sigma", "1"),
    ("--dynatemp-exp", "--dynatemp-exponent", "2"), ("--mirostat-ent", "--mirostat-tau", "1"),
    ("--mirostat-lr", "--mirostat-eta", "0.5"), ("--dry-penalty-last-n", "--dry-last-n", "9"),
    ("--repetition-penalty", "--repeat-penalty", "2"),
    ("--presence_penalty", "--presence-penalty", "2"),
    ("--frequency_penalty", "--frequency-penalty", "-0.5"),
    ("--repeat_penalty", "--repeat-penalty", "2"), ("--max-tokens", "--length", "17"),
    ("--max_new_tokens", "--length", "17"), ("--n-predict", "--length", "17"),
    ("--predict_len", "--length", "17"), ("--primetext", "--prompt", "king"),
    ("--prime", "--prompt", "king"), ("--prime_str", "--prompt", "king"),
    ("--start-text", "--prompt", "king"), ("--start", "--prompt", "king"),
    ("--prefix", "--prompt", "king"), ("--file", "--prompt-file", "text.txt"),
    ("--count", "--num-samples", "3"), ("--num_samples", "--num-samples", "3"),
    ("--reverse-prompt", "--stop", "e"), ("--num-threads", "--threads", "2"),
    ("--num-return-sequences", "--num-samples", "3"), ("--num_tokens", "--length", "17"),
    ("--dtype", "--precision", "bfloat16"),
  ]

  @Test(arguments: generate)
  func `an option name of another program generates the same text`(
    alias: String, name: String, value: String
  ) throws {
    let folder = try Runs.english.get()
    let texts = try [[alias, value], [name, value], ["\(alias)=\(value)"]].map { arguments in
      let result = try GeulProcess.run(["generate", "run", "--seed", "1"] + arguments, in: folder)
      #expect(result.status == 0, "\(result.stderr)")
      return result.stdout
    }
    #expect(texts[0] == texts[1] && texts[0] == texts[2])
  }

  @Test(arguments: [("train", train.map(\.0)), ("generate", generate.map(\.0))])
  func `the help does not list aliases`(command: String, aliases: [String]) throws {
    let help = try GeulProcess.run([command, "--help-hidden"], in: Folder()).stdout
    let words = Set(help.split { $0.isWhitespace || "[]<>,=()".contains($0) }.map(String.init))
    for alias in aliases { #expect(!words.contains(alias), "\(alias)") }
    #expect(words.contains("--length"))
  }

  @Test func `arguments after two dashes are not translated`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "--lr")
    let result = try GeulProcess.run(["tokenize", "--json", "--", "--lr"], in: folder)
    #expect(result.status == 0, "\(result.stderr)")
  }

  @Test(arguments: [
    ["generate", "-n", "9", "--seed", "1"], ["evaluate", "text.txt", "--json"],
    ["inspect", "--json"], ["explain", "--text", "the moon"], ["context", "--corpus", "text.txt"],
  ])
  func `-m and --model stand for the model argument`(arguments: [String]) throws {
    let folder = try Runs.english.get()
    let expected = try GeulProcess.run(
      [arguments[0], "run"] + arguments.dropFirst(), in: folder)
    #expect(expected.status == 0, "\(expected.stderr)")
    for model in [["-m", "run"], ["--model", "run"], ["--model=run"], ["--out_dir=run"]] {
      for options in [arguments + model, [arguments[0]] + model + arguments.dropFirst()] {
        let result = try GeulProcess.run(options, in: folder)
        #expect(result.stdout == expected.stdout, "\(options): \(result.stderr)")
      }
    }
    try GeulProcess.run([arguments[0], "-m"], in: folder)
      .expectRefusal(2, naming: "Missing value for '-m <model>'")
  }

  @Test(arguments: [
    (["explain", "run", "--text", "the moon", "--cell", "5"], ["--cell": "--neuron"]),
    (
      ["explain", "run", "--text", "the", "--show", "lively"],
      ["--show": "--select", "lively": "active"]
    ),
    (
      ["explain", "run", "--text", "the", "--show", "lasting"],
      ["--show": "--select", "lasting": "persistent"]
    ),
    (
      ["explain", "run", "--text", "the", "--show=lasting"],
      ["--show=lasting": "--select=persistent"]
    ),
    (["explain", "run", "--cells", "--corpus", "text.txt"], ["--cells": "--probe"]),
    (["memory", "run", "--corpus", "text.txt"], ["memory": "context"]),
    (
      ["memory", "--train-three", "no.txt"],
      ["memory": "context", "--train-three": "--compare-cells"]
    ),
    (["help", "memory"], ["memory": "context"]), (["memory", "--help"], ["memory": "context"]),
  ])
  func `names of version 0.1 still work`(old: [String], new: [String: String]) throws {
    let folder = try Runs.english.get()
    let results = try [old, old.map { new[$0] ?? $0 }].map { try GeulProcess.run($0, in: folder) }
    #expect(results[0].output == results[1].output && results[0].stderr == results[1].stderr)
    #expect(results[0].status == results[1].status)
    #expect(!results[0].output.isEmpty || results[0].stderr.contains("no.txt: "))
  }

  @Test func `options of other programs without a meaning in Geul are accepted`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let train = ["train", "text.txt", "--steps", "2"] + Runs.tiny
    for (number, options) in [
      [], ["--device", "cpu"], ["--device=CPU", "--compile=False"], ["-gpuid", "-1"],
      ["--gpuid", "-1", "--init_from", "scratch"],
    ].enumerated() {
      let result = try GeulProcess.run(train + ["--out_dir=\(number)"] + options, in: folder)
      #expect(result.status == 0, "\(options): \(result.stderr)")
      #expect(folder.data("\(number)/best.safetensors") == folder.data("0/best.safetensors"))
    }
    let generate = ["generate", "0", "-n", "9", "--seed", "1"]
    let expected = try GeulProcess.run(generate, in: folder).stdout
    for options in [
      ["--device", "cpu"], ["-ngl", "0"], ["--n-gpu-layers", "0"], ["--init_from=resume"],
    ] {
      #expect(try GeulProcess.run(generate + options, in: folder).stdout == expected)
    }
  }

  @Test(arguments: [
    (["train", "text.txt", "--device", "cuda"], "Geul computes on the CPU only."),
    (["generate", "run", "--device=mps"], "Geul computes on the CPU only."),
    (["generate", "run", "-ngl", "99"], "Geul computes on the CPU only."),
    (["generate", "run", "--gpu-layers", "33"], "Geul computes on the CPU only."),
    (["train", "text.txt", "-gpuid", "0"], "Geul computes on the CPU only."),
    (
      ["generate", "run", "-c", "2048"],
      "-c is not supported: a recurrent network has no context window."
    ),
    (
      ["generate", "run", "--ctx_size=9"], "--ctx_size is not supported: a recurrent network has no"
    ),
    (["train", "text.txt", "--init_from=resume"], "To continue a run, use geul resume DIRECTORY."),
    (["train", "text.txt", "--resume", "run"], "To continue a run, use geul resume DIRECTORY."),
    (
      ["train", "text.txt", "--eval_interval=250"], "geul train evaluates about 20 times in a run."
    ),
    (["train", "text.txt", "--n_head", "6"], "a recurrent network has no attention heads."),
    (
      ["train", "text.txt", "--lr_decay_iters=9"], "--lr_decay_iters is not supported: the learning"
    ),
    (["train", "text.txt", "--compile"], "Geul is compiled already."),
  ])
  func `options of other programs that Geul cannot support are answered with the reason`(
    arguments: [String], reason: String
  ) throws {
    let folder = try Runs.english.get()
    try GeulProcess.run(arguments, in: folder).expectRefusal(2, naming: reason, "--help")
    #expect(!folder.exists("checkpoints"))
  }
}
