import Foundation
import Testing
import TestSupport

/// Models that are found by their names, in GEUL_MODELS and beside the program.
struct InstalledModelTests {
  /// A directory with a program in `prefix/bin` and a model in `prefix/share/geul/models`.
  private static let installed = Swift.Result {
    let folder = try Runs.trained()
    for name in ["prefix/bin", "prefix/share/geul/models", "models"] {
      try FileManager.default.createDirectory(
        atPath: folder.file(name), withIntermediateDirectories: true)
    }
    try FileManager.default.copyItem(
      atPath: GeulProcess.executable, toPath: folder.file("prefix/bin/geul"))
    try folder.copy("run/best.safetensors", to: "prefix/share/geul/models/tiny.safetensors")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link"), withDestinationPath: "prefix/bin/geul")
    return folder
  }

  private let folder: Folder
  private let text: String
  init() throws {
    folder = try Self.installed.get()
    text = try GeulProcess.run(["generate", "run"] + options, in: folder).stdout
    try #require(text.count == 21)
  }

  private let options = ["-n", "20", "--seed", "1", "-q"]

  /// Runs the installed program, which may not find libraries beside itself.
  private func geul(
    _ arguments: String..., program: String = "prefix/bin/geul", environment: [String: String] = [:]
  ) throws -> GeulProcess.Result {
    let libraries = URL(filePath: GeulProcess.executable).deletingLastPathComponent().path
    return try GeulProcess(
      arguments, program: folder.file(program),
      environment: environment.merging(["LD_LIBRARY_PATH": libraries]) { $1 }, in: folder
    ).wait()
  }

  @Test func `a run from installed models is reproduced by its config.json, without their names`()
    throws
  {
    let folder = try Runs.trained()
    let models = folder.file("named")
    try FileManager.default.createDirectory(atPath: models, withIntermediateDirectories: true)
    for name in ["base", "taught"] {
      try folder.copy("run/best.safetensors", to: "named/\(name).safetensors")
    }
    let options = ["--steps", "3", "--batch", "4", "--length", "8", "-q"]
    for (name, option) in [("base", "--init-from"), ("taught", "--teacher")] {
      let shape = name == "base" ? [] : ["--hidden", "8", "--layers", "1"]
      let trained = try GeulProcess.run(
        ["train", "text.txt", "--out", "of-\(name)", option, name] + shape + options,
        environment: ["GEUL_MODELS": models], in: folder)
      #expect(trained.status == 0, "\(trained.stderr)")
      let again = try GeulProcess.run(
        ["train", "--config", "of-\(name)/config.json", "--out", "again-\(name)"], in: folder)
      #expect(again.status == 0, "\(again.stderr)")
      let file = "best.safetensors"
      #expect(folder.data("again-\(name)/\(file)") == folder.data("of-\(name)/\(file)"))
    }
  }

  @Test(arguments: ["prefix/bin/geul", "link"])
  func `a model beside the program is found by its name`(program: String) throws {
    let result = try geul("generate", "tiny", "-n", "20", "--seed", "1", "-q", program: program)
    #expect(result.status == 0 && result.stdout == text, "\(result.stderr)")
    let scored = try geul("evaluate", "tiny", "text.txt", "--json", program: program)
    #expect(scored.status == 0, "\(scored.stderr)")
  }

  @Test func `a model in GEUL_MODELS is found by its name, before one beside the program`() throws {
    try folder.copy("run/best.safetensors", to: "models/mine.safetensors")
    try folder.write("no model", to: "models/tiny.safetensors")
    let environment = ["GEUL_MODELS": folder.file("models")]
    let mine = try GeulProcess.run(
      ["generate", "mine"] + options, environment: environment, in: folder)
    #expect(mine.status == 0 && mine.stdout == text, "\(mine.stderr)")
    try geul("inspect", "tiny", environment: environment)
      .expectRefusal(1, naming: "models/tiny.safetensors")
    let none = try geul("inspect", "tiny", environment: ["GEUL_MODELS": ""])
    #expect(none.status == 0, "\(none.stderr)")
    try geul("inspect", "nothing", environment: environment)
      .expectRefusal(1, naming: "nothing: no such model", "Installed models: mine, tiny.")
  }

  @Test func `a path takes precedence over a name, and a name has no slash`() throws {
    let other = try Runs.trained(["--seed", "2"])
    try other.copy("run", to: "tiny")
    let environment = ["GEUL_MODELS": folder.file("prefix/share/geul/models")]
    let own = try GeulProcess.run(
      ["generate", "run"] + options, environment: environment, in: other)
    let named = try GeulProcess.run(
      ["generate", "tiny"] + options, environment: environment, in: other)
    #expect(own.status == 0 && own.stdout == named.stdout && own.stdout != text)
    try GeulProcess.run(["generate", "./tiny"], environment: environment, in: folder)
      .expectRefusal(1, naming: "./tiny: no such model")
  }

  @Test func `a wrong name is answered with the nearest and with all names`() throws {
    let result = try geul("generate", "tinny")
    #expect(
      result.notes == [
        "geul: tinny: no such model. Did you mean tiny? Models in the current directory: run."
          + " Installed models: tiny."
      ])
    #expect(result.status == 1)
  }
}
