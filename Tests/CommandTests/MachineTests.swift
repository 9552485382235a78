import Foundation
import Testing
import TestSupport

/// Limits of the machine on processors and threads.
struct MachineTests {
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/taskset")))
  func `the default number of threads is the number of processors of the affinity mask`() throws {
    let folder = try Runs.english.get()
    let result = try GeulProcess.shell(
      """
      first=$(grep Cpus_allowed_list /proc/self/status | grep -o '[0-9]*' | head -n 1)
      exec taskset -c "$first" "$geul" train text.txt --out new --steps 2 --dry-run --json
      """, in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(try result.json()["threads"] as? Int == 1)
  }

  /// A script that defines `limited`, which runs its arguments where no process and no thread can be started.
  ///
  /// The limit does not hold for root. The exit code is 77 if root cannot become another user.
  private static let limited = """
    become=
    if [ "$(id -u)" = 0 ]; then become="setpriv --reuid=65534 --regid=65534 --clear-groups"; fi
    chmod -R a+rwX .
    $become test -x "$geul" && $become test -w . || exit 77
    limited() { exec $become bash -c 'ulimit -u 1 && exec "$@"' - "$@"; }

    """

  @Test func `a limit on processes leaves the threads that could be started`() throws {
    let folder = try Runs.trained()
    let evaluate = ["evaluate", "run", "text.txt", "--json"]
    let result = try GeulProcess.shell(
      Self.limited + #"limited "$geul" \#(evaluate.joined(separator: " ")) --threads 4"#, in: folder
    )
    guard result.status != 77 else { return }
    #expect(result.status == 0, "\(result.stderr)")
    let notes = result.notes.filter { $0.contains("threads could be started") }
    #expect(notes.count == 1 && notes[0].hasPrefix("Only 1 of 4 threads could be started ("))
    for threads in ["1", "2", "4"] {
      let expected = try GeulProcess.run(evaluate + ["--threads", threads], in: folder)
      #expect(expected.stdout == result.stdout)
      #expect(!expected.stderr.contains("could be started"))
    }
  }

  @Test func `a signal stops and saves a run that could start no thread`() throws {
    let folder = try Runs.trained()
    let result = try GeulProcess.shell(
      Self.limited + """
        (limited "$geul" train text.txt --out limited --threads 4 --steps 1000000 --hidden 16 \\
          --layers 1 --batch 16 --seed 1) &
        until grep -q step limited/metrics.jsonl 2>/dev/null; do kill -0 $! || exit 1; sleep 0.01; done
        kill -TERM $!
        wait $!
        """, in: folder)
    guard result.status != 77 else { return }
    #expect(result.status == 143, "\(result.stderr)")
    #expect(result.stderr.contains("checkpoint saved"), "\(result.stderr)")
    #expect(folder.exists("limited/latest.safetensors"))
  }

  @Test func `a virtual memory limit below the estimate is refused`() throws {
    let folder = try Runs.english.get()
    for limit in ["ulimit -v 600000", "ulimit -d 600000"] {
      let result = try GeulProcess.shell(
        #"\#(limit); "$geul" train text.txt --out new --hidden 4096 --layers 4 --batch 4 --length 8 --steps 2"#,
        in: folder)
      result.expectRefusal(1, naming: "memory")
      #expect(!folder.exists("new"))
    }
  }
}
