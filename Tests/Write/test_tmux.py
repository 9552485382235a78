"""geul write as a person uses it: keys through tmux, and the screens compared with recorded ones.

Texts are equal on every machine, because float32 is bit-identical everywhere.
"""

import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

GEUL = os.environ["GEUL"]
SCREENS = pathlib.Path(__file__).parent / "Screens"


def styled(captured):
    """Replaces the control sequences of tmux, which differ from version to version."""
    result, shown, style = [], frozenset(), {}
    for text, codes in re.findall("([^\x1b]+)|\x1b\\[([0-9;]*)m", captured):
        numbers = [int(code or 0) for code in codes.split(";")] if not text else []
        while numbers:
            code = numbers.pop(0)
            if code == 0:
                style = {}
            elif code in (38, 48):
                kind, *numbers = numbers
                color, numbers = (numbers[:3], numbers[3:]) if kind == 2 else (numbers[:1], numbers[1:])
                style["text" if code == 38 else "on"] = " " + ",".join(map(str, color))
            elif code in (39, 49):
                style.pop("text" if code == 39 else "on", None)
            else:
                style[{2: "dim", 4: "underline", 7: "reverse"}[code]] = ""
        if text:
            now = frozenset(style.items())
            if now != shown:
                names = ", ".join(sorted(name + value for name, value in style.items()))
                result.append(("</>" if shown else "") + (f"<{names}>" if names else ""))
                shown = now
            result.append(text)
    return "".join(result) + ("</>" if shown else "")


class Terminal:
    """A tmux server of its own with one window."""

    def __init__(self, arguments, columns=80, rows=16, environment=()):
        self.folder = tempfile.TemporaryDirectory()
        self.socket = os.path.join(self.folder.name, "tmux")
        words = " ".join(f"'{word}'" for word in [GEUL, *arguments])
        settings = " ".join(["LANG=C.UTF-8", "TERM=xterm-256color", *environment])
        # The window stays open, and shows the exit code, when the program has ended.
        self.tmux("-f", "/dev/null", "new-session", "-d", "-c", self.folder.name, "-x", str(columns), "-y", str(rows),
                  f"{settings} {words}; echo exit code $?; exec sleep 600")
        self.wait("/help")

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-u", "-S", self.socket, *arguments], check=True, capture_output=True,
                              text=True, env={**os.environ, "LANG": "C.UTF-8", "TMUX": ""}).stdout

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def text(self):
        return self.tmux("capture-pane", "-p")

    def screen(self):
        """The rows, with <STYLE> where a style begins and </> where it ends, and the position of the cursor."""
        rows = styled(self.tmux("capture-pane", "-e", "-p").rstrip("\n"))
        cursor = self.tmux("display", "-p", "cursor: column #{cursor_x}, row #{cursor_y}")
        return f"{rows}\n{cursor}"

    def settle(self, expected):
        """Waits for the expected screen, and returns it; or one that does not change for some seconds."""
        last, since, end = None, 0, time.monotonic() + 60
        while time.monotonic() < end:
            now = self.screen()
            if now == expected:
                return now
            if now != last or "generating" in now or "reading" in now:
                last, since = now, time.monotonic()
            elif time.monotonic() - since > (10 if expected else 0.4):
                return now
            time.sleep(0.05)
        raise AssertionError(f"the screen keeps changing:\n{last}")

    def wait(self, part):
        end = time.monotonic() + 60
        while part not in self.text():
            if time.monotonic() > end:
                raise AssertionError(f"no {part!r} on the screen:\n{self.text()}")
            time.sleep(0.05)

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True)
        self.folder.cleanup()


class RecordedTest(unittest.TestCase):
    maxDiff = None

    def open(self, *arguments, **options):
        terminal = Terminal(arguments, **options)
        self.addCleanup(terminal.close)
        return terminal

    def expect(self, terminal, name):
        """Compares the screen with the recorded one."""
        path = SCREENS / f"{name}.txt"
        if os.environ.get("GEUL_RECORD") == "1":
            path.write_text(terminal.settle(None), encoding="utf-8")
        expected = path.read_text(encoding="utf-8")
        self.assertEqual(terminal.settle(expected), expected, name)

    def test_korean_session(self):
        terminal = self.open("write", "korean", "--seed", "1", "--output", "story.txt")
        self.expect(terminal, "korean-01-empty")
        terminal.type("옛날 어느 마을에 ")
        self.expect(terminal, "korean-02-typed")
        terminal.press("Tab")
        self.expect(terminal, "korean-03-first-continuation")
        terminal.press("Tab")
        self.expect(terminal, "korean-04-second-continuation")
        terminal.press("BTab")
        self.expect(terminal, "korean-03-first-continuation")
        terminal.press("Tab", "Right", "Right")
        self.expect(terminal, "korean-05-two-words-accepted")
        terminal.press("C-z")
        self.expect(terminal, "korean-06-one-word-undone")
        terminal.press("Enter")
        terminal.type("그래서 Korea, 東京 👩‍🚀 ✅!")
        self.expect(terminal, "korean-07-english-and-wide")
        terminal.press("BSpace", "BSpace", "BSpace", "BSpace")
        terminal.press("Enter")
        terminal.type("/temperture 0.5")
        self.expect(terminal, "korean-08-command")
        terminal.press("Enter")
        self.expect(terminal, "korean-09-wrong-command")
        terminal.type("/temperature 0.5")
        terminal.press("Enter", "Tab")
        self.expect(terminal, "korean-10-cooler")
        terminal.tmux("resize-window", "-x", "40", "-y", "12")
        self.expect(terminal, "korean-11-resized")
        terminal.press("End", "Enter")
        terminal.type("/help")
        terminal.press("Enter")
        self.expect(terminal, "korean-12-help")
        terminal.press("PPage")
        self.expect(terminal, "korean-13-scrolled")
        terminal.press("C-d")
        terminal.wait("exit code 0")
        self.expect(terminal, "korean-14-ended")
        text = (pathlib.Path(terminal.folder.name) / "story.txt").read_text(encoding="utf-8")
        self.assertTrue(text.startswith("옛날 어느 마을에 "), text)
        self.assertIn("\n그래서 Korea, 東京", text)

    def test_english_session_without_colors(self):
        terminal = self.open("write", "english", "--seed", "3", "--prompt", "The lamp on the Hen", columns=40,
                             rows=10, environment=["NO_COLOR=1"])
        self.expect(terminal, "english-01-prompt")
        terminal.press("Tab")
        self.expect(terminal, "english-02-continuation")
        terminal.press("End", "Enter")
        terminal.type("/settings")
        terminal.press("Enter")
        self.expect(terminal, "english-03-settings")
        terminal.press("C-c")
        terminal.wait("exit code 0")
        # The text is printed, because there is no --output.
        self.expect(terminal, "english-04-ended")
