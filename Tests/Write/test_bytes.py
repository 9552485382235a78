"""geul write in a pseudoterminal: bytes in any parts, signals, a closed terminal, restored modes."""

import fcntl
import os
import pathlib
import pty
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

GEUL = os.environ["GEUL"]


class BytesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.addCleanup(self.end)
        self.process = self.master = self.slave = None

    def start(self, *arguments, stdout=None, stderr=None, term="xterm", columns=80, rows=24, shows=b"/help"):
        self.end()
        self.output = b""
        if "--output" in arguments:
            # The text of an existing file would be continued.
            (self.folder / "out.txt").unlink(missing_ok=True)
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.slave = slave
        self.mode = termios.tcgetattr(slave)
        self.process = subprocess.Popen(
            [GEUL, "write", "korean", "--seed", "1", *arguments], cwd=self.folder, stdin=slave,
            stdout=stdout or slave, stderr=stderr or slave, env={**os.environ, "TERM": term},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.read_until(shows)

    def end(self):
        """Ends the process that was started last, if any."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        for file in (self.master, self.slave):
            if file is not None:
                os.close(file)
        self.process = self.master = self.slave = None

    def read_until(self, part, seconds=30):
        end = time.monotonic() + seconds
        while part not in self.output:
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            self.assertTrue(ready, f"{part!r} was not shown: {self.output[-2000:]!r}")
            self.output += os.read(self.master, 65536)

    def write(self, data, size=None):
        for start in range(0, len(data), size or len(data)):
            os.write(self.master, data[start:start + (size or len(data))])
            if size:
                time.sleep(0.002)

    def wait(self):
        """Waits for the end of the process, and returns its exit code; what it writes is read."""
        end = time.monotonic() + 30
        while self.process.poll() is None and time.monotonic() < end:
            if select.select([self.master], [], [], 0.02)[0]:
                try:
                    self.output += os.read(self.master, 65536)
                except OSError:
                    break
        code = self.process.wait(timeout=10)
        while select.select([self.master], [], [], 0.2)[0]:
            self.output += os.read(self.master, 65536)
        return code

    def saved(self):
        return (self.folder / "out.txt").read_text(encoding="utf-8")

    def test_bytes_in_any_parts(self):
        typed = "한글 café e\u0301 \u1112\u1161\u11ab 🇰🇷👩‍🚀".encode()
        keys = typed + b"\xff\xed\x95" + b"\x1b[200~\tpasted\r/line\x1b[201~" + b"ab\x7f\x1bOD\x1b[1;5D\x1b[A" + b"c\x04"
        expected = "한글 café e\u0301 \u1112\u1161\u11ab 🇰🇷👩‍🚀\tpasted\n/lineac"
        for size in (1, 2, 3, 5, None):
            with self.subTest(size=size):
                self.start("--output", "out.txt")
                self.write(keys, size)
                self.assertEqual(self.wait(), 0)
                self.assertEqual(self.saved(), expected)

    def test_the_terminal_has_its_mode_again(self):
        self.start()
        self.assertNotEqual(termios.tcgetattr(self.slave), self.mode)
        self.write(b"a\x04")
        self.assertEqual(self.wait(), 0)
        self.assertEqual(termios.tcgetattr(self.slave), self.mode)
        self.assertIn(b"\x1b[?1049l", self.output)
        self.assertTrue(self.output.endswith(b"a\r\n"), self.output[-40:])

    def test_signals_save_the_text(self):
        for number, code in ((signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)):
            with self.subTest(number=number):
                self.start("--output", "out.txt")
                self.write("저장 {}".format(int(number)).encode())
                self.read_until(b"bits/char")
                self.process.send_signal(number)
                self.assertEqual(self.wait(), code)
                self.assertEqual(self.saved(), f"저장 {int(number)}")
                self.assertEqual(termios.tcgetattr(self.slave), self.mode)

    def test_a_signal_while_the_model_generates(self):
        self.start("--output", "out.txt", "--length", "100000")
        self.write("가\t".encode())
        self.read_until(b"generating")
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.wait(), 143)
        # The continuation was not accepted.
        self.assertEqual(self.saved(), "가")

    def test_keys_interrupt_the_continuation(self):
        self.start("--output", "out.txt", "--length", "100000")
        self.write("가\t".encode())
        self.read_until(b"generating")
        self.write(b"\x1b")
        time.sleep(0.3)
        self.write(b"x\t")
        time.sleep(0.3)
        self.write(b"\x1b[Fz\x04")
        self.assertEqual(self.wait(), 0)
        text = self.saved()
        self.assertTrue(text.startswith("가x") and text.endswith("z") and len(text) > 5, text)

    def test_a_closed_terminal_saves_the_text(self):
        self.start("--output", "out.txt")
        self.write("닫힘".encode())
        self.read_until(b"bits/char")
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = None
        self.assertIn(self.process.wait(timeout=10), (0, 129))
        self.assertEqual(self.saved(), "닫힘")

    def test_resizing_at_any_time(self):
        self.start("--output", "out.txt")
        self.write("가나 다라\t".encode())
        for rows, columns in ((1, 1), (2, 3), (24, 10), (3, 200), (0, 0), (5, 40), (24, 80)):
            fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.killpg(self.process.pid, signal.SIGWINCH)
            self.write("글".encode())
            time.sleep(0.1)
        self.write(b"\x04")
        self.assertEqual(self.wait(), 0)
        self.assertEqual(self.saved(), "가나 다라글글글글글글글")

    def test_stopped_and_continued(self):
        self.start("--output", "out.txt")
        self.write(b"a")
        self.read_until(b"a")
        self.process.send_signal(signal.SIGSTOP)
        # A shell restores the mode.
        termios.tcsetattr(self.slave, termios.TCSANOW, self.mode)
        self.process.send_signal(signal.SIGCONT)
        time.sleep(0.6)
        self.assertNotEqual(termios.tcgetattr(self.slave), self.mode)
        self.write(b"b\x04")
        self.assertEqual(self.wait(), 0)
        self.assertEqual(self.saved(), "ab")

    def test_standard_output_is_a_file(self):
        with open(self.folder / "out.txt", "wb") as file:
            self.start(stdout=file)
            self.write("파일에\x04".encode())
            self.assertEqual(self.wait(), 0)
        self.assertEqual(self.saved(), "파일에\n")

    def test_without_a_screen_it_is_refused(self):
        with open(self.folder / "out.txt", "wb") as out, open(self.folder / "errors.txt", "wb") as errors:
            self.start(stdout=out, stderr=errors, shows=b"")
            self.assertEqual(self.wait(), 1)
        self.assertEqual(self.saved(), "")
        self.assertRegex((self.folder / "errors.txt").read_text(),
                         "^geul: Neither standard output nor standard error is a terminal[^\n]*\n$")

    def test_a_terminal_without_control_sequences_is_a_pipe(self):
        self.start("--output", "out.txt", term="dumb", shows=b"")
        self.write("옛날\n".encode())
        self.read_until("옛날\r\n".encode())
        self.write(b"/accept\n/settings\n")
        self.read_until(b"length 100")
        self.write(b"\x04")
        self.assertEqual(self.wait(), 0)
        self.assertNotIn(b"\x1b", self.output)
        self.assertTrue(self.saved().startswith("옛날") and len(self.saved()) > 10, self.saved())

    def test_a_command_in_the_middle_of_a_line(self):
        self.start("--output", "out.txt")
        self.write("옛날 /no\x18temperature 0.6\r".encode())
        self.read_until(b"temperature 0.6")
        self.write("에\x18/quit\r".encode())
        self.assertEqual(self.wait(), 0)
        self.assertEqual(self.saved(), "옛날 /no에")

    def test_a_second_save_overwrites_the_file_of_output_only(self):
        (self.folder / "other.txt").write_text("other")
        self.start("--output", "out.txt")
        self.write(b"a\r/save\r")
        self.read_until(b"Wrote out.txt")
        self.assertEqual(self.saved(), "a\n")
        self.write(b"/save other.txt\r")
        self.read_until(b"other.txt already exists")
        self.write(b"/save new.txt\r")
        self.read_until(b"Wrote new.txt")
        self.write(b"b\x04")
        self.assertEqual(self.wait(), 0)
        self.assertEqual((self.saved(), (self.folder / "new.txt").read_text(),
                          (self.folder / "other.txt").read_text()), ("a\nb", "a\n", "other"))
