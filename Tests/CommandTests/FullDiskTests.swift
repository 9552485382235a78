import Foundation
import Testing
import TestSupport

/// Saving without space: earlier checkpoints stay intact, and the run continues once there is space.
struct FullDiskTests {
  /// The command that continues the run of `Runs.trained()` and saves.
  private static let more = "resume run --steps 30 --sample-every 0"

  private func expectKept(_ folder: Folder, _ result: GeulProcess.Result, _ words: String) throws {
    #expect(result.status == 1, "\(result.stderr)")
    #expect(result.output.isEmpty)
    let line = try #require(result.notes.last)
    #expect(line.hasPrefix("geul: run/") && line.contains("could not be written: "), "\(line)")
    #expect(
      line.contains(words) && line.hasSuffix("Existing files are unchanged."), "\(line)")
    #expect(!folder.names(in: "run").contains { $0.hasSuffix(".partial") })
  }

  @Test func `a file size limit fails the save and keeps the checkpoints`() throws {
    let folder = try Runs.trained()
    let before = folder.contents(of: "run")
    try folder.copy("run", to: "other")
    // The unit is 1024 bytes: enough for the token ids, too little for a checkpoint.
    let result = try GeulProcess.shell("ulimit -f 30; \"$geul\" \(Self.more)", in: folder)
    try expectKept(folder, result, "ulimit -f")
    for file in ["latest.safetensors", "latest.previous.safetensors"] {
      #expect(folder.data("run/\(file)") == before[file], "\(file)")
    }
    for run in ["run", "other"] {
      let resumed = try GeulProcess.run(["resume", run, "--steps", "30"], in: folder)
      #expect(resumed.status == 0, "\(resumed.stderr)")
    }
    #expect(folder.data("run/latest.safetensors") == folder.data("other/latest.safetensors"))
    #expect(folder.data("run/best.safetensors") == folder.data("other/best.safetensors"))
  }

  @Test func `a file size limit before the first checkpoint leaves no run directory`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let flags = Runs.tiny.joined(separator: " ")
    let result = try GeulProcess.shell(
      "ulimit -f 20; \"$geul\" train text.txt --out run --steps 5 \(flags)", in: folder)
    try expectKept(folder, result, "ulimit -f")
    #expect(!folder.exists("run"))
  }

  @Test func `a file size limit below the token ids is explained`() throws {
    let folder = try Folder()
    // More than the four million tokens that stay in memory.
    try folder.write(repeatElement(UInt8(ascii: "a"), count: 4_200_000), to: "text.txt")
    let result = try GeulProcess.shell(
      "ulimit -f 4; \"$geul\" train text.txt --out run", in: folder)
    result.expectRefusal(1, naming: "token ids cannot be written", "TMPDIR")
    #expect(!folder.exists("run"))
  }

  @Test func `without TMPDIR, a long text goes to another temporary directory`() throws {
    let folder = try Runs.trained()
    try folder.write(repeatElement(UInt8(ascii: "a"), count: 4_200_000), to: "long.txt")
    let result = try GeulProcess.run(
      ["evaluate", "run", "long.txt", "--fraction", "0.0001"],
      environment: ["TMPDIR": "/nowhere"], in: folder)
    #expect(result.status == 0 && !result.stderr.contains("/nowhere"), "\(result.stderr)")
  }

  /// Runs a script, without single quotes, in a copy of the file system that is read-only.
  private static func runReadOnly(_ script: String, in folder: Folder) throws -> GeulProcess.Result
  {
    let remount = "for m in $(findmnt -rno TARGET); do mount -o remount,ro,bind $m 2>&-; done"
    return try GeulProcess.shell(
      "unshare -m bash -c '\(remount); touch x 2>&- && exit 99; set -e; \(script)' >/dev/null",
      environment: ["TMPDIR": "", "HOME": ""], in: folder)
  }

  private static let mayRemount: Bool = {
    guard let folder = try? Folder() else { return false }
    return (try? runReadOnly("true", in: folder))?.status == 0
  }()

  @Test(.enabled(if: mayRemount, "tests may not make a file system read-only here"))
  func `on a read-only system, models are used without a temporary file`() throws {
    let folder = try Runs.trained()
    let script = #"""
      "$geul" generate run -n 3 -q --prompt the; echo the | "$geul" generate run - -n 3 -q
      "$geul" evaluate run text.txt; "$geul" tokenize text.txt
      "$geul" context run --corpus text.txt; "$geul" explain run --text the; "$geul" report run
      "$geul" compress text.txt --model run --out -
      """#
    let result = try Self.runReadOnly(script, in: folder)
    #expect(result.status == 0, "\(result.stderr)")
  }

  /// Mounting needs a privilege that the machine may not grant.
  private static let mayMount: Bool = {
    guard let folder = try? Folder() else { return false }
    let result = try? GeulProcess.shell(
      "mkdir d && mount -t tmpfs -o size=64k tmpfs d && umount d", in: folder)
    return result?.status == 0
  }()

  @Test(.enabled(if: mayMount, "tests may not mount a file system here"))
  func `a full disk fails the save and keeps the checkpoints`() throws {
    let folder = try Runs.trained()
    // The disk is slightly larger than the run.
    let result = try GeulProcess.shell(
      """
      mkdir disk && mount -t tmpfs -o size=240k tmpfs disk && cp -r run disk/ && cd disk || exit 99
      cp run/latest.safetensors ../before; cp run/best.safetensors ../best
      head -c 1M /dev/zero > fill 2> /dev/null
      "$geul" \(Self.more); code=$?
      cmp run/latest.safetensors ../before && cmp run/best.safetensors ../best || code=98
      ls run > ../names; rm fill
      "$geul" \(Self.more) --quiet || code=97
      cd ..; umount disk; exit $code
      """, in: folder)
    try expectKept(folder, result, "No space left on device")
    #expect(folder.text("names")?.contains(".partial") == false)
  }

  @Test(.enabled(if: mayMount, "tests may not mount a file system here"))
  func `a disk that becomes read-only fails the save`() throws {
    let folder = try Runs.trained()
    let result = try GeulProcess.shell(
      """
      mkdir disk && mount -t tmpfs tmpfs disk && cp -r run disk/ && mount -o remount,ro disk || exit 99
      cd disk; "$geul" \(Self.more); code=$?
      "$geul" generate run -n 5 --seed 1 > ../written || code=98
      "$geul" train ../text.txt --out new --steps 1 2> ../refused; [ $? = 1 ] || code=97
      mount -o remount,rw .; "$geul" \(Self.more) --quiet || code=96
      cd ..; umount disk; exit $code
      """, in: folder)
    #expect(result.status == 1, "\(result.stderr)")
    let line = try #require(result.notes.last)
    #expect(line.contains("run/") && line.contains("Read-only file system"), "\(line)")
    #expect(folder.text("written")?.isEmpty == false)
    #expect(
      folder.text("refused")?.contains("new: cannot be written: Read-only file system.") == true)
  }

  @Test func `a run directory that is moved while training is reported`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let process = try GeulProcess(
      ["train", "text.txt", "--out", "run", "--steps", "100000", "--save-every", "50"] + Runs.tiny,
      in: folder)
    try process.send(0) { _ in folder.exists("run/latest.previous.safetensors") }
    try FileManager.default.moveItem(atPath: folder.file("run"), toPath: folder.file("elsewhere"))
    let result = process.wait()
    #expect(result.status == 1, "\(result.stderr)")
    let line = try #require(result.notes.last)
    #expect(line.hasPrefix("geul: run/") && line.contains("No such file"), "\(line)")
    #expect(!folder.exists("run"))
    let resumed = try GeulProcess.run(["resume", "elsewhere", "--steps", "1"], in: folder)
    #expect(resumed.status == 0, "\(resumed.stderr)")
  }
}
