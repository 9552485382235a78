#!/usr/bin/env python3
"""Measures data-parallel training on this machine, and compares step times with the model of docs/scale.md.

    python3 Tests/MPI/measure.py               # efficiency, network; on a quiet machine with two cores
    python3 Tests/MPI/measure.py efficiency    # one of them
    python3 Tests/MPI/measure.py --record      # also append the results to docs/data/scale.csv

efficiency  Two ranks of one thread against one process of two threads, in turn; medians of the ratios.
network     Two and four ranks in network namespaces at 10 and 1 Gbit/s (Tests/MPI/network; needs root).
reading     Only when it is named: the bytes of a text that each of two ranks reads, and the time to the end of four steps, against
            one process. --gigabytes sets the size of the text, which is made in TMPDIR from corpora/korean.txt; needs strace.
predict     Only when it is named: the efficiency that the model predicts for up to 64 machines like this one.

GEUL is a program built with the package trait MPI; default: .build-mpi/release/geul.
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

repository = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(repository / "Tests/Benchmarks"))
from processor import busy_cores, processor_name  # noqa: E402
from results import Results, source  # noqa: E402

geul = os.environ.get("GEUL", str(repository / ".build-mpi/release/geul"))
environment = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
# Layers, hidden units, batch, length, optimizer, and the goal of the efficiency.
configurations = [(2, 256, 64, 128, "muon", 0.95), (3, 512, 100, 100, "muon", 0.97), (2, 256, 32, 64, "muon", 0.92),
                  (2, 256, 64, 128, "adamw", None), (2, 256, 32, 64, "adamw", None)]


def bench(prefix, configuration, threads, seconds):
    """Returns the time of a step and of its phases, in milliseconds."""
    layers, hidden, batch, length, optimizer, _ = configuration
    command = [*prefix, geul, "bench", "train", "--layers", str(layers), "--hidden", str(hidden), "--batch", str(batch), "--length", str(length),
               "--optimizer", optimizer, "--threads", str(threads), "--seconds", str(seconds), "--json"]
    for attempt in range(4):
        # Several daemons of Open MPI on one host sometimes crash when they start at the same time.
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
        if done.returncode == 0:
            break
    else:
        sys.exit(done.stderr)
    result = json.loads(done.stdout)
    step = 1e3 * batch * length / result["chars_per_second"]
    return step, {phase["name"]: step * phase["fraction_of_time"] for phase in result["phases"]}


def name(configuration):
    layers, hidden, batch, length, optimizer, _ = configuration
    return f"LSTM {layers} x {hidden}, batch {batch} x {length}, {optimizer}"


def measure_efficiency(rounds, record):
    print("| Training, float32 | 1 process x 2 threads | 2 ranks x 1 thread | Efficiency | Goal |\n| --- | --- | --- | --- | --- |")
    mpirun = ["mpirun", "--quiet", "--bind-to", "core", "-np", "2"]
    for configuration in configurations:
        pairs = []
        for _ in range(rounds):
            one, _ = bench([], configuration, 2, 4)
            two, phases = bench(mpirun, configuration, 1, 4)
            pairs.append((one, two, one / two, phases))
        one, two, ratio = (statistics.median(pair[index] for pair in pairs) for index in range(3))
        goal = f"{configuration[-1]:.0%}" if configuration[-1] else ""
        print(f"| {name(configuration)} | {one:.1f} ms | {two:.1f} ms | {ratio:.1%} ({min(p[2] for p in pairs):.1%} to {max(p[2] for p in pairs):.1%})"
              f" | {goal} |", flush=True)
        record("two ranks of one thread", name(configuration), two, "ms/step", "one process of two threads", one, ratio,
               "communication {:.1f} ms, optimizer {:.1f} ms".format(*(statistics.median(p[3][key] for p in pairs) for key in ("communication", "optimizer"))))


def parameter_bytes(configuration):
    """Returns the bytes of all parameters, and of Muon's matrices."""
    layers, hidden, _, _, optimizer, _ = configuration
    vocabulary, gates = 65, 4 * hidden
    padded = (vocabulary + 15) // 16 * 16
    matrices = (2 * layers - 1) * hidden * gates + hidden * padded
    total = matrices + vocabulary * gates + layers * gates + padded
    return 4 * total, 4 * matrices if optimizer == "muon" else 0


def predicted(configuration, ranks, cores, bandwidth, alone):
    """Returns the step time that docs/scale.md predicts, in milliseconds; `bandwidth` is in bytes/ms, or None."""
    compute = sum(alone[phase] for phase in ("forward", "backward", "weight gradients"))
    # Ranks that share a core take turns.
    turns = max(1, ranks / cores)
    total, matrices = parameter_bytes(configuration)
    optimizer = alone["optimizer"]
    if matrices:
        optimizer /= min(ranks, 2 * configuration[0])
    exchanged = 2 * (ranks - 1) / ranks * total + math.ceil(math.log2(ranks)) * matrices
    return compute / ranks * turns + (optimizer + alone["packing"]) * turns + (exchanged / bandwidth if bandwidth else 0)


def measure_network(rounds, record):
    cores = os.cpu_count()
    print("\n| Training, float32 | Network | Ranks | Predicted | Measured | Difference |\n| --- | --- | --- | --- | --- | --- |")
    for configuration in configurations[:3]:
        _, alone = bench([], configuration, 1, 4)
        for rate, bandwidth in [("none", None), ("10gbit", 10e9 / 8 / 1e3), ("1gbit", 1e9 / 8 / 1e3)]:
            for ranks in (2, 4):
                prefix = [str(repository / "Tests/MPI/network"), str(ranks), rate]
                measured = statistics.median(bench(prefix, configuration, 1, 4)[0] for _ in range(rounds))
                expected = predicted(configuration, ranks, cores, bandwidth, alone)
                print(f"| {name(configuration)} | {rate} | {ranks} | {expected:.1f} ms | {measured:.1f} ms | {measured / expected - 1:+.0%} |", flush=True)
                record(f"{ranks} ranks, {rate}", name(configuration), measured, "ms/step", "model", expected, measured / expected, "")


def measure_prediction(rounds, record):
    """Machines like this one, each a rank with all its threads, and a batch of 512 x 64 tokens."""
    counts = (2, 4, 8, 16, 32, 64)
    print("\n| Training, batch 512 x 64 | Network | 1 machine | " + " | ".join(f"{count} machines" for count in counts)
          + " |\n| --- | --- | --- |" + " --- |" * len(counts))
    for layers, hidden in [(2, 128), (2, 256), (3, 512)]:
        configuration = (layers, hidden, 64, 64, "muon", None)
        _, phases = bench([], configuration, os.cpu_count(), 4)
        # Compute is proportional to the sequences; optimizer and packing are not.
        alone = {phase: time * (8 if phase in ("forward", "backward", "weight gradients") else 1) for phase, time in phases.items()}
        for network, bandwidth, latency in [("10 Gbit/s, 0.05 ms", 10e9 / 8 / 1e3, 0.05), ("1 Gbit/s, 0.2 ms", 1e9 / 8 / 1e3, 0.2)]:
            whole = sum(alone.values())
            efficiencies = []
            for count in counts:
                time = predicted(configuration, count, count, bandwidth, alone) + 2 * (count - 1) * latency
                efficiencies.append(f"{whole / count / time:.0%}")
            print(f"| LSTM {layers} x {hidden} | {network} | {whole:.0f} ms | " + " | ".join(efficiencies) + " |", flush=True)


def measure_reading(gigabytes, record):
    text = (repository / "corpora/korean.txt").read_bytes()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        path, traces = f"{folder}/text.txt", f"{folder}/trace"
        with open(path, "wb") as file:
            for _ in range(math.ceil(gigabytes * 1e9 / len(text))):
                file.write(text)
        size = os.path.getsize(path)

        def train(prefix, out, threads):
            command = [*prefix, geul, "train", path, "--out", f"{folder}/{out}", "--steps", "4", "--hidden", "64", "--batch", "32",
                       "--length", "64", "--precision", "float32", "--threads", str(threads), "--sample-every", "0", "--quiet"]
            start = time.monotonic()
            subprocess.run(command, check=True, env=environment)
            return time.monotonic() - start

        mpirun = ["mpirun", "--quiet", "--bind-to", "none", "-np", "2"]
        one, two = train([], "one", 2), train(mpirun, "two", 1)
        for name in ("latest", "best"):
            files = [pathlib.Path(folder, out, f"{name}.safetensors").read_bytes() for out in ("one", "two")]
            assert files[0] == files[1], f"{name}.safetensors differs"
        train([*mpirun, "strace", "-ff", "-qq", "-e", "trace=read,pread64", "-P", path, "-o", traces], "traced", 1)
        read = sorted(sum(int(line.rpartition("= ")[2]) for line in trace.read_text().splitlines() if line[-1:].isdigit())
                      for trace in pathlib.Path(folder).glob("trace.*"))[-2:]
    print(f"\n| Text | 1 process | 2 ranks | Read by each rank |\n| --- | --- | --- | --- |\n| {size / 1e9:.2f} GB | {one:.1f} s | {two:.1f} s"
          f" | {read[0] / size:.1%}, {read[1] / size:.1%} |")
    record("two ranks read a text", f"{size} bytes", two, "s", "one process", one, one / two, f"bytes read by each rank: {read[0]}, {read[1]}", rounds=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("topics", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--gigabytes", type=float, default=10, help="size of the text of `reading`")
    parser.add_argument("--busy", action="store_true", help="measure although other processes run")
    arguments = parser.parse_args()
    busy = busy_cores()
    if busy > 0.1 and not arguments.busy:
        sys.exit(f"Other processes use {busy:.1f} cores. Wait for them, or measure anyway with --busy.")

    def record(measurement, configuration, value, unit, peer, peer_value, ratio, note, rounds=arguments.rounds):
        if arguments.record:
            Results().append("scale", source=source("Tests/MPI/measure.py"), measurement=measurement, configuration=configuration, value=f"{value:.1f}",
                             unit=unit, peer=peer, peer_value=f"{peer_value:.1f}", ratio=f"{ratio:.3f}", rounds=rounds, note=note)

    print(f"Processor: {processor_name()}, {os.cpu_count()} cores\n")
    topics = {"efficiency": measure_efficiency, "network": measure_network, "predict": measure_prediction,
              "reading": lambda rounds, record: measure_reading(arguments.gigabytes, record)}
    for topic in arguments.topics or ["efficiency", "network"]:
        topics[topic](arguments.rounds, record)


if __name__ == "__main__":
    main()
