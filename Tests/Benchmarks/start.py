"""Measures how long short commands take as whole processes, from the start of the process to its end."""
import os
import statistics
import subprocess
import tempfile
import time

from programs import PROJECT, log, run
from results import revision, rounded

RUNS = 40


def short_run(programs, folder):
    """Trains an LSTM 2 x 128 for ten steps and returns its run directory."""
    text = os.path.join(PROJECT, "corpora", "english.txt")
    path = os.path.join(folder, "run")
    run(programs.geul("train", text, "--out", path, "--hidden", "128", "--steps", "10", "--quiet"))
    return path


def generate(geul, model, length):
    """Returns a command that generates a text."""
    return [geul, "generate", model, "--length", str(length), "--seed", "1", "--quiet"]


def process_times(commands, count):
    """Runs the commands in turn, `count` times, after one run that does not count; returns a list of milliseconds of each."""
    times = [[] for _ in commands]
    for turn in range(count + 1):
        for command, measured in zip(commands, times):
            start = time.perf_counter()
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            if turn:
                measured.append(1000 * (time.perf_counter() - start))
    return times


def commands(geul, model):
    """Returns the commands to measure by their names."""
    return {"generate, 1 character": generate(geul, model, 1), "generate, 200 characters": generate(geul, model, 200),
            "--version": [geul, "--version"], "--help": [geul, "--help"]}


def start(programs, results, options):
    """Start-up: whole processes of geul, in turn with another build of it if `--other` names one."""
    builds = [programs.geul_path] + ([options.other] if options.other else [])
    with tempfile.TemporaryDirectory() as folder:
        model = short_run(programs, folder)
        for name in commands(programs.geul_path, model):
            if options.only and options.only not in name:
                continue
            times = process_times([commands(geul, model)[name] for geul in builds], RUNS)
            medians = [statistics.median(measured) for measured in times]
            more = {}
            if options.other:
                more = dict(other=revision(os.path.dirname(options.other)) or options.other,
                            other_milliseconds=rounded(medians[1], 1), other_fastest=rounded(min(times[1]), 1),
                            other_slowest=rounded(max(times[1]), 1), ratio=rounded(medians[0] / medians[1], 2))
            log(f"geul {name}: " + ", ".join(f"{build} {median:.1f} ms" for build, median in zip(builds, medians)))
            results.append("start", command=name, runs=RUNS, milliseconds=rounded(medians[0], 1),
                           fastest=rounded(min(times[0]), 1), slowest=rounded(max(times[0]), 1), **more)
