"""Runs Geul and the programs it is compared with."""
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.dirname(os.path.dirname(HERE))


def log(line):
    print(line, file=sys.stderr, flush=True)


class Programs:
    """The paths of the geul binary and of the Python interpreter that has PyTorch and ONNX Runtime."""

    def __init__(self, geul, python):
        self.geul_path = geul
        self.python = python
        if not os.path.exists(geul):
            sys.exit(f"{geul}: not found. Run `make build`, or pass --geul.")

    def has_peers(self):
        return os.path.exists(self.python)

    def geul(self, *words):
        return [self.geul_path, *words, "--json"]

    def bench(self, task, seconds, **shape):
        return self.geul("bench", task, *flags(shape), "--seconds", seconds)

    def peer(self, script, *words):
        return [self.python, os.path.join(HERE, script), *words]

    def pytorch(self, task, seconds, **shape):
        return self.peer("pytorch_speed.py", task, *flags(shape), "--seconds", seconds)

    def onnxruntime(self, seconds, **shape):
        return self.peer("onnxruntime_speed.py", *flags(shape), "--seconds", seconds)


def flags(values):
    """Returns command-line options: `layers=2` becomes `--layers 2`."""
    return [word for name, value in values.items() for word in ("--" + name, value)]


def run(command, environment=None):
    """Runs a command and returns the JSON object of its last line of output, and its peak memory in bytes."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                                 env={**os.environ, **(environment or {})})
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            lines = errors.read().strip().splitlines() or [f"exit status {child.returncode}"]
            raise RuntimeError(f"{os.path.basename(str(command[0]))}: {lines[-1]}")
        output.seek(0)
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return json.loads(output.read().strip().splitlines()[-1]), peak


def speed(command, environment=None):
    """Returns the characters per second that a command measures."""
    return run(command, environment)[0]["chars_per_second"]


class Comparison:
    """Geul and another program, run in turn: the medians of both, and the ratio of each pair."""

    def __init__(self, geul, peer, rounds, environment=None):
        pairs = []
        for _ in range(rounds):
            other = run(peer, environment)[0]
            pairs.append((run(geul, environment)[0], other))
        self.rounds = rounds
        self.geul_chars_per_second = statistics.median(ours["chars_per_second"] for ours, _ in pairs)
        self.peer_chars_per_second = statistics.median(theirs["chars_per_second"] for _, theirs in pairs)
        self.ratio = self.geul_chars_per_second / self.peer_chars_per_second
        ratios = [ours["chars_per_second"] / theirs["chars_per_second"] for ours, theirs in pairs]
        self.ratio_min, self.ratio_max = min(ratios), max(ratios)
        self.peer = pairs[0][1]["peer"]
        # The result whose speed is nearest to the median is used for the phases and the fraction of peak.
        self.typical = min((ours for ours, _ in pairs),
                           key=lambda ours: abs(ours["chars_per_second"] - self.geul_chars_per_second))

    def __str__(self):
        return (f"Geul {self.geul_chars_per_second:,.0f}, {self.peer} {self.peer_chars_per_second:,.0f} chars/s, "
                f"ratio {self.ratio:.2f} ({self.ratio_min:.2f} to {self.ratio_max:.2f})")
