import Foundation
import GeulStorage
import Testing
import TestSupport

/// Texts, models and run directories under unusual paths, and inputs that are not files.
struct InputTests {
  private let folder: Folder
  init() throws {
    folder = try Folder()
    try folder.write(Texts.english + "\n", to: "a.txt")
  }

  private let steps = ["--steps", "20", "-q"] + Runs.tiny

  private func geul(_ arguments: String...) throws -> GeulProcess.Result {
    try GeulProcess.run(arguments, in: folder)
  }

  private func train(_ arguments: String...) throws {
    let result = try GeulProcess.run(["train"] + arguments + steps, in: folder)
    try #require(result.status == 0, "\(result.stderr)")
  }

  // MARK: The validation text

  @Test func `a validation text that has changed is refused`() throws {
    try folder.write(Texts.english.prefix(2000).description, to: "v.txt")
    try train("a.txt", "--validation-file", "v.txt", "--out", "run")
    let before = folder.contents(of: "run")
    try folder.write(Texts.english.suffix(2000).description, to: "v.txt")
    try geul("resume", "run", "--steps", "30")
      .expectRefusal(1, naming: "v.txt", "not the validation text", "--validation-file")
    #expect(folder.contents(of: "run") == before)
  }

  @Test func `a validation text that was moved can be given anew, and is found there later`() throws
  {
    let text = Texts.english.prefix(2000).description
    try folder.write(text, to: "v.txt")
    try train("a.txt", "--validation-file", "v.txt", "--out", "run")
    try folder.copy("run", to: "same")
    for steps in ["25", "30"] {
      #expect(try geul("resume", "same", "--steps", steps, "-q").status == 0)
    }
    folder.remove("v.txt")
    try folder.write(text, to: "w.txt")
    try geul("resume", "run", "--steps", "30")
      .expectRefusal(1, naming: "v.txt: no such file", "--validation-file")
    #expect(
      try geul("resume", "run", "--steps", "25", "-q", "--validation-file", "w.txt").status == 0)
    #expect(try geul("resume", "run", "--steps", "30", "-q").status == 0)
    #expect(folder.data("run/best.safetensors") == folder.data("same/best.safetensors"))
    try train("a.txt", "--out", "other")
    try geul("resume", "other", "--steps", "30", "--validation-file", "w.txt")
      .expectRefusal(1, naming: "--validation-file w.txt", "no separate validation text")
  }

  @Test func `a training text that was moved can be given anew, and is found there later`() throws {
    try train("a.txt", "--out", "run")
    folder.remove("a.txt")
    try folder.write(Texts.english + "\n", to: "b.txt")
    try geul("resume", "run", "--steps", "30")
      .expectRefusal(1, naming: "a.txt: no such file", "geul resume run FILE")
    #expect(try geul("resume", "run", "b.txt", "--steps", "25", "-q").status == 0)
    #expect(try geul("resume", "run", "--steps", "30", "-q").status == 0)
  }

  // MARK: Paths

  @Test func `a path through a link and back is not shortened`() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("real/sub"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("ln"), withDestinationPath: "real/sub")
    let text = String(Texts.english.reversed())
    try folder.write(text, to: "real/a.txt")
    try train("ln/../a.txt", "--out", "run")
    #expect(try geul("resume", "run", "--steps", "25", "-q").status == 0)
    #expect(
      try geul("compress", "ln/../a.txt", "--model", "run", "--out", "packed", "-q").status == 0)
    let unpacked = try geul("decompress", "packed", "--model", "run", "--out", "-")
    #expect(unpacked.stdout == text)
  }

  @Test(arguments: ["~root", "~", "-dash.txt", "a b.txt", "100%.txt", "a#b?c.txt", "new\nline.txt"])
  func `a file is read under its exact name`(name: String) throws {
    try folder.write(Texts.english, to: name)
    try train("./" + name, "--out", "run")
    #expect(try geul("resume", "run", "--steps", "25", "-q").status == 0)
    #expect(try geul("evaluate", "run", "./" + name).status == 0)
  }

  @Test func `a tilde is a name like any other`() throws {
    try train("a.txt", "--out=~/x")
    #expect(folder.exists("~/x/best.safetensors") && folder.exists("~/x/metrics.jsonl"))
    #expect(try geul("generate", "~/x", "-n", "3", "-q").status == 0)
    #expect(try geul("report", "~/x", "--json").status == 0)
  }

  @Test func `names that are not UTF-8 are read, written and shown`() throws {
    let script = #"""
      mkdir texts; cp a.txt texts/a.txt; cp a.txt "$(printf 'texts/\xb0\xa1.txt')"
      "$geul" train texts --out "$(printf 'run\xb0')" --steps 20 \#(Runs.tiny.joined(separator: " ")) -q || exit 10
      [ -e "$(printf 'run\xb0/best.safetensors')" ] || exit 11
      [ -s "$(printf 'run\xb0/metrics.jsonl')" ] || exit 12
      "$geul" resume "$(printf 'run\xb0')" --steps 25 -q || exit 13
      "$geul" generate "$(printf 'run\xb0')" -n 3 -q >/dev/null || exit 14
      "$geul" generate "$(printf 'nothing\xb0')" -n 3
      """#
    let result = try GeulProcess.shell(script, in: folder)
    result.expectRefusal(1, naming: "nothing\\xB0: no such model", "run\\xB0")
  }

  @Test func `the folder walk names the file that cannot be read`() throws {
    let script = #"""
      mkdir -p texts/inner; cp a.txt texts/a.txt; ln -s /nonexistent/x texts/broken.txt
      "$geul" train texts --out run --steps 5
      """#
    try GeulProcess.shell(script, in: folder).expectRefusal(1, naming: "texts/broken.txt")
  }

  @Test func `a name typed in another normal form is found`() throws {
    let decomposed = "한글.txt".decomposedStringWithCanonicalMapping
    try folder.write(Texts.english, to: decomposed)
    let result = try GeulProcess.run(["train", "한글.txt", "--out", "run"] + steps, in: folder)
    #expect(result.status == 0 && result.stderr.contains("normalization form"), "\(result.stderr)")
    #expect(try geul("resume", "run", "--steps", "25", "-q").status == 0)
    try folder.copy("run", to: "달".decomposedStringWithCanonicalMapping)
    #expect(try geul("generate", "달", "-n", "3", "-q").status == 0)
    #expect(try geul("resume", "달", "--steps", "26", "-q").status == 0)
    // Output goes into the existing directory instead of a second one that looks the same.
    let refused = try geul("train", "한글.txt", "--out", "달")
    #expect(refused.status == 1 && refused.stderr.contains("already exists"), "\(refused.stderr)")
    try train("한글.txt", "--out", "달/다음")
    #expect(try geul("report", "달", "--html", "달/a.html").status == 0)
    #expect(folder.names().count { $0 == "달" } == 1)
    #expect(folder.names(in: "달".decomposedStringWithCanonicalMapping).contains("a.html"))
  }

  @Test func `bytes of a prompt that are not UTF-8 become replacement characters`() throws {
    try train("a.txt", "--out", "run")
    let result = try GeulProcess.shell(
      #""$geul" generate run -p "$(printf 'the \xb0 king')" -n 3 --seed 1"#, in: folder)
    #expect(result.status == 0 && result.stdout.hasPrefix("the  king"))
    #expect(result.stderr.contains("character 5") && result.stderr.contains("U+FFFD"))
  }

  // MARK: Inputs that cannot be read twice

  @Test(arguments: [
    "<(cat a.txt)", "/dev/stdin <a.txt", "/proc/self/fd/0 <a.txt", "- <a.txt", "fifo",
  ])
  func `a run on a stream asks for the text when it is resumed`(source: String) throws {
    let script = #"""
      mkfifo fifo; (cat a.txt > fifo) & "$geul" train \#(source) --out run \#(steps.joined(separator: " "))
      status=$?; kill %1 2>/dev/null; exit $status
      """#
    let result = try GeulProcess.shell(script, in: folder)
    try #require(result.status == 0, "\(result.stderr)")
    try geul("resume", "run", "--steps", "25")
      .expectRefusal(1, naming: "came from standard input or a pipe", "geul resume run FILE")
    #expect(try geul("resume", "run", "a.txt", "--steps", "25", "-q").status == 0)
  }

  @Test func `other commands read streams`() throws {
    try train("a.txt", "--out", "run")
    let script = #"""
      set -e
      "$geul" compress <(cat a.txt) --model run --out packed -q
      "$geul" decompress <(cat packed) --model run --out - | cmp - a.txt
      "$geul" compress a.txt --model run --out >(cat >copy) -q
      for _ in {1..100}; do cmp -s packed copy && break; sleep 0.05; done; cmp packed copy
      "$geul" compress a.txt --model run --out /dev/null -q; [ -c /dev/null ]
      "$geul" evaluate run <(cat a.txt) >/dev/null
      "$geul" generate run -f <(echo the) -n 3 -q >/dev/null
      "$geul" context run run --corpus <(cat a.txt) >/dev/null
      "$geul" explain run --probe --corpus <(cat a.txt) >/dev/null
      """#
    let result = try GeulProcess.shell(script, in: folder)
    #expect(result.status == 0, "\(result.stderr)")
  }

  @Test func `a validation text from a stream must be given anew`() throws {
    let script = #"""
      "$geul" train a.txt --validation-file <(head -c 2000 a.txt) --out run \#(steps.joined(separator: " "))
      """#
    try #require(try GeulProcess.shell(script, in: folder).status == 0)
    try geul("resume", "run", "--steps", "25")
      .expectRefusal(1, naming: "validation text came from standard input or a pipe")
    let again = #""$geul" resume run --validation-file <(head -c 2000 a.txt) --steps 25 -q"#
    #expect(try GeulProcess.shell(again, in: folder).status == 0)
  }

  @Test func `nonblocking streams are waited for`() throws {
    try train("a.txt", "--out", "run")
    let script = #"""
      import fcntl, os, subprocess, sys, time
      def nonblocking(fd): fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)
      geul = os.environ["geul"]
      for flags in ([], ["--json"]):
          r, w = os.pipe(); nonblocking(w)
          p = subprocess.Popen([geul, "generate", "run", "-n", "100000", "--seed", "1", "-q"] + flags, stdout=w)
          os.close(w); time.sleep(0.5); size = 0
          while block := os.read(r, 1000): size += len(block)
          assert p.wait() == 0 and size > 100000, (p.returncode, size)
      r, w = os.pipe(); nonblocking(r)
      p = subprocess.Popen([geul, "generate", "run", "-", "-n", "3", "--seed", "1", "-q"], stdin=r, stdout=subprocess.PIPE)
      os.close(r); time.sleep(0.5); os.write(w, b"the "); os.close(w)
      out = p.communicate()[0]
      assert p.returncode == 0 and out.startswith(b"the "), out
      """#
    try folder.write(script, to: "streams.py")
    let result = try GeulProcess.shell("python3 streams.py", in: folder)
    #expect(result.status == 0, "\(result.stderr)")
  }

  // MARK: The run directory

  @Test func `an existing empty directory is accepted and kept`() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("volume"), withIntermediateDirectories: true)
    try geul("train", "missing.txt", "--out", "volume").expectRefusal(1, naming: "missing.txt")
    #expect(folder.exists("volume"))
    try train("a.txt", "--out", "volume")
    #expect(folder.exists("volume/best.safetensors"))
    try geul("train", "a.txt", "--out", "volume").expectRefusal(1, naming: "geul resume volume")
    try folder.write("x", to: "full/x")
    try geul("train", "a.txt", "--out", "full").expectRefusal(1, naming: "full already exists")
  }

  @Test func `a run on another text of the same name is not offered for resuming`() throws {
    try folder.write(Texts.english, to: "one/book.txt")
    try folder.write(Texts.korean, to: "two/book.txt")
    try train("one/book.txt")
    try geul("train", "one/book.txt").expectRefusal(1, naming: "geul resume checkpoints/book")
    let other = try geul("train", "two/book.txt")
    other.expectRefusal(1, naming: "checkpoints/book", "a run on another text", "--out")
    #expect(!other.stderr.contains("geul resume"))
  }

  @Test func `an HTML page can go to a device`() throws {
    try train("a.txt", "--out", "run")
    let result = try geul("report", "run", "--html", "/dev/null")
    #expect(result.status == 0, "\(result.stderr)")
    #expect(!FileSystem.isRereadable("/dev/null"))
  }
}
