"""The examples of docs/server.md, which must work and print what the manual says.

Blocks marked `sh` that use curl and blocks marked `python` are run. If a block marked `text` or `json` follows, it is what they
print: exactly, or, of JSON, but for "id" and "created".
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from server import ServerTest, repository, temporary_folder

manual = (repository / "docs/server.md").read_text(encoding="utf-8")
address = "http://127.0.0.1:8080"


def examples():
    """Returns the language, the code, the language of the block of output and the output, for each example."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", manual, re.MULTILINE | re.DOTALL)
    found = []
    for number, (language, code) in enumerate(blocks):
        following = blocks[number + 1] if number + 1 < len(blocks) else ("", "")
        if language == "python" or (language == "sh" and "curl" in code):
            found.append((language, code, *(following if following[0] in ("text", "json") else (None, None))))
    return found


def without_changing(value):
    """Returns JSON without what changes from request to request."""
    if isinstance(value, dict):
        return {key: without_changing(item) for key, item in value.items() if key not in ("id", "created", "idle_seconds") or isinstance(item, int) and key == "id"}
    return [without_changing(item) for item in value] if isinstance(value, list) else value


class ManualTests(ServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # An answer with an error is a failure.
        curl = temporary_folder() / "bin/curl"
        curl.parent.mkdir(exist_ok=True)
        curl.write_text(f'#!/bin/sh\nexec {shutil.which("curl")} --fail-with-body "$@"\n')
        curl.chmod(0o755)
        cls.path = f"{curl.parent}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"

    def test_examples(self):
        found = examples()
        self.assertGreater(len(found), 6)
        for language, code, kind, output in found:
            with self.subTest(code):
                code = code.replace(address, self.server.url)
                command = [sys.executable, "-c", code] if language == "python" else ["bash", "-euo", "pipefail", "-c", code]
                done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ | {"PATH": self.path})
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                if kind == "text":
                    self.assertEqual(done.stdout.strip(), output.strip())
                elif kind == "json":
                    self.assertEqual(without_changing(json.loads(done.stdout)), without_changing(json.loads(output)))

    def test_options(self):
        """The manual has every option of --help-hidden, with its default, and no other."""
        shown = subprocess.run([self.server.arguments[0], "--help-hidden"], capture_output=True, text=True).stdout
        options = set(re.findall(r"^  (?:-., )?(--[a-z][a-z-]+)", shown, re.MULTILINE))
        self.assertGreater(len(options), 15)
        section = re.search(r"^## Options\n(.*?)^## ", manual, re.MULTILINE | re.DOTALL)[1]
        documented = set(re.findall(r"--[a-z][a-z-]+", section))
        self.assertEqual(options - documented, {"--help"})
        self.assertEqual(documented - options, set())
        described = {}
        for entry in re.split(r"^  (?=-)", shown, flags=re.MULTILINE):
            default = re.search(r"default:\s+([^)]*)\)", entry)
            described[entry.split()[0]] = default and " ".join(default[1].split()).removesuffix(".0")
        for option, default in re.findall(r"^\| `(--[a-z-]+)[^`]*` \| `([^`]+)` \|", section, re.MULTILINE):
            self.assertEqual(described[option], default, option)

    def test_metrics(self):
        """The manual has every metric, and no other."""
        documented = set(re.findall(r"`((?:geul|process)_[a-z_]+)`", manual))
        self.assertEqual(set(self.server.metrics().types), documented)

    def test_service(self):
        """The options of the systemd unit exist."""
        unit = (repository / "docs/examples/geul-server.service").read_text()
        shown = subprocess.run([self.server.arguments[0], "--help-hidden"], capture_output=True, text=True).stdout
        command = re.search(r"ExecStart=((?:.*\\\n)*.*)", unit)[1]
        for option in re.findall(r"--[a-z-]+", command):
            self.assertIn(option, shown)


if __name__ == "__main__":
    unittest.main()
