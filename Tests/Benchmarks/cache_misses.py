"""Counts instructions and cache misses of a training step, by kernel function, in Valgrind's simulated caches.

The counts do not depend on the processor or on other processes. The simulation has no prefetchers and ignores prefetch
instructions, so a miss is a cache line that must come from the next cache, in time or not. Valgrind counts the memory operand
of a fused multiply-add as one read for each lane.
"""
import os
import random
import re
import shutil
import subprocess
import tempfile

from programs import log, run
from results import revision

# The caches of Zen 2 and Zen 3. Cachegrind has two levels; the second one stands for L2.
CACHES = ["--cache-sim=yes", "--D1=32768,8,64", "--LL=524288,8,64"]
# Valgrind takes some 50 ns per multiply-add, so the step is short. 512 tokens are a whole sub-batch of the weight gradients, and
# 192 tokens two of its k-blocks.
SHAPES = [dict(layers=2, hidden=256, batch=64, length=8), dict(layers=2, hidden=512, batch=64, length=3)]
VOCABULARY = 65

# The phases of a step, and the kernels of each. Names end with the precision, unless the kernel has only one.
PHASES = {
    "forward": r"(lstm_forward|input_\w+|projection_forward|cross_entropy)_float32",
    "backward": r"(lstm_backward|backward_\w+|projection_backward)_float32",
    "weight gradients": r"((weight|bias|embedding)_gradient|gather_rows)_float32|add_panels",
    "optimizer": r"adamw|sum_of_squares|axpby",
    "packing": r"pack_\w+_float32",
}
EVENTS = dict(instructions=["Ir"], data_reads=["Dr"], d1_misses=["D1mr", "D1mw"], l2_misses=["DLmr", "DLmw"])


def work(layers, hidden, batch, length):
    """Returns the multiply-adds of each phase of a step with matrix products, and the number of parameters for the others."""
    recurrent = layers * 4 * hidden * hidden
    matrices = recurrent + (layers - 1) * 4 * hidden * hidden + hidden * VOCABULARY
    parameters = matrices + 4 * hidden * (VOCABULARY + layers) + VOCABULARY
    tokens = batch * length
    # No gradient is propagated beyond the first step of a sequence.
    return {"forward": tokens * matrices, "backward": tokens * matrices - batch * recurrent,
            "weight gradients": tokens * matrices, "optimizer": parameters, "packing": parameters}


def function_counts(path):
    """Returns the events of each function in a file of Cachegrind, summed over source files."""
    counts, events, function = {}, [], None
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("events:"):
                events = line.split()[1:]
            elif line.startswith("fn="):
                function = counts.setdefault(line[3:].strip(), dict.fromkeys(events, 0))
            elif line[:1].isdigit():
                for event, count in zip(events, line.split()[1:]):
                    function[event] += int(count)
    return counts


def random_text():
    """Returns a text of random characters, in which each character of the vocabulary occurs."""
    characters = [chr(ord("0") + index) for index in range(VOCABULARY)]
    return "".join(characters + random.Random(1).choices(characters, k=4000))


def simulate(geul, shape):
    """Trains for one step in Valgrind, without an evaluation; returns the events of each function."""
    with tempfile.TemporaryDirectory() as folder:
        program, text, output = (os.path.join(folder, name) for name in ("geul", "text.txt", "counts"))
        # Valgrind 3.19 cannot read the debugging information of Swift; the symbols remain.
        subprocess.run(["objcopy", "--strip-debug", geul, program], check=True)
        with open(text, "w", encoding="utf-8") as file:
            file.write(random_text())
        words = [word for name, value in shape.items() for word in (f"--{name}", value)]
        run(["valgrind", "--quiet", "--tool=cachegrind", *CACHES, f"--cachegrind-out-file={output}", program, "train", text,
             "--out", os.path.join(folder, "run"), "--steps", 1, *words, "--validation", 0, "--dropout", 0,
             "--sample-every", 0, "--optimizer", "adamw", "--precision", "float32", "--threads", 1, "--json"],
            {"GEUL_ISA": "avx2"})
        return function_counts(output)


def measure(geul, results, shape):
    """Adds a row for each kernel that a build of geul spends instructions in."""
    commit = revision(os.path.dirname(os.path.realpath(geul))) or geul
    counts = simulate(geul, shape)
    unknown = [name for name in counts
               if name.endswith("_float32") and not any(re.fullmatch(pattern, name) for pattern in PHASES.values())]
    if unknown:
        raise RuntimeError(f"cache-misses: no phase has the kernels {', '.join(unknown)}")
    for phase, pattern in PHASES.items():
        # The weights are packed before the step, too.
        divisor = 2 if phase == "packing" else 1
        for function in sorted(name for name in counts if re.fullmatch(pattern, name)):
            sums = {name: round(sum(counts[function][event] for event in events) / divisor)
                    for name, events in EVENTS.items()}
            if sums["instructions"]:
                results.append("cache-misses", commit=commit, **shape, instruction_set="avx2", precision="float32",
                               phase=phase, function=function, work=round(work(**shape)[phase]), **sums)


def cache_misses(programs, results, options):
    """Instructions and cache misses of training steps; also those of another build of geul if `--other` names one."""
    if not shutil.which("valgrind"):
        raise SystemExit("cache-misses needs Valgrind: apt-get install valgrind")
    if run(programs.geul("bench", "peak"), {"GEUL_ISA": "avx2"})[0]["instruction_set"] != "avx2":
        raise SystemExit("cache-misses needs a processor with AVX2")
    for shape in SHAPES:
        name = description(shape)
        if options.only and options.only not in name:
            continue
        for geul in [options.other, programs.geul_path] if options.other else [programs.geul_path]:
            log(f"{name}: {geul} in Valgrind, some minutes")
            measure(geul, results, shape)


def description(shape):
    return "LSTM {layers} x {hidden}, batch {batch} x {length}".format(**shape)


def print_table(results):
    """Prints the table of docs/performance.md for the two builds that were measured last, in the order of their rows."""
    for shape in SHAPES:
        rows = [row for row in results.rows("cache-misses") if all(row[name] == str(shape[name]) for name in shape)]
        builds = list(dict.fromkeys(row["commit"] for row in rows))[-2:]
        if not builds:
            continue
        print(f"\n{description(shape)}; {', '.join(builds)}\n\n"
              "| | instructions | data reads | D1 misses per 1,000 | L2 misses per 1,000 |\n" + "| --- " * 5 + "|")
        for phase in PHASES:
            cells = []
            for event in EVENTS:
                values = []
                for build in builds:
                    # A repeated measurement replaces the earlier one.
                    newest = {row["function"]: row for row in rows if (row["commit"], row["phase"]) == (build, phase)}
                    total = sum(int(row[event]) for row in newest.values()) / work(**shape)[phase]
                    values.append(f"{1000 * total:.1f}" if event.endswith("misses") else f"{total:.3f}")
                cells.append(", ".join(values))
            print(f"| {phase} | " + " | ".join(cells) + " |")
