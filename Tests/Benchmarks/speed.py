"""Measures generation speed compared with PyTorch and ONNX Runtime, memory, scaling and the time of a step."""
import math
import statistics
import subprocess
import sys
import tempfile

from programs import Comparison, log, run, speed
from results import rounded
from start import generate, process_times, short_run

# layers, hidden, batch, length
SHAPES = [(2, 128, 50, 50), (2, 256, 64, 128), (2, 512, 100, 100), (3, 512, 100, 100)]
MIDDLE = SHAPES[1]


def compare(title, options, geul, peer, environment=None):
    """Runs a comparison, or returns None with a note if either side cannot run here."""
    if options.only and options.only not in title:
        return None
    try:
        result = Comparison(geul, peer, options.rounds, environment)
    except RuntimeError as error:
        log(f"{title}: not available here ({str(error)[:120]})")
        return None
    log(f"{title}: {result}")
    return result


def columns(result, options):
    """Returns the columns that all files with comparisons share."""
    typical = result.typical
    limit = typical["chars_per_second"] / typical["fraction_of_peak"]
    return dict(geul_chars_per_second=round(result.geul_chars_per_second), peer=result.peer,
                peer_chars_per_second=round(result.peer_chars_per_second), ratio=rounded(result.ratio, 2),
                ratio_min=rounded(result.ratio_min, 2), ratio_max=rounded(result.ratio_max, 2), rounds=options.rounds,
                seconds=options.seconds, ratio_limit=rounded(limit / result.peer_chars_per_second, 2))


def generation(programs, results, options):
    """One sequence and 64 sequences, compared with PyTorch and ONNX Runtime in float32."""
    cases = []
    for precision in ("float32", "int8"):
        cases += [(1, 1, 2, 128, precision, "pytorch"), (1, 1, 2, 128, precision, "onnxruntime"),
                  (1, 2, 3, 512, precision, "onnxruntime")]
    cases += [(64, 2, 2, 256, "float32", "pytorch"), (64, 2, 2, 256, "bfloat16", "pytorch")]
    for sequences, threads, layers, hidden, precision, peer in cases:
        shape = dict(layers=layers, hidden=hidden, vocabulary=65, threads=threads)
        if peer == "pytorch":
            other = programs.pytorch("generate", options.seconds, streams=sequences, **shape)
        else:
            other = programs.onnxruntime(options.seconds, **shape)
        title = (f"generation, {sequences} sequence{'s' * (sequences > 1)}, {threads} thread{'s' * (threads > 1)},"
                 f" {layers} x {hidden}, {precision}, {peer}")
        geul = programs.bench("generate", options.seconds, sequences=sequences, precision=precision, **shape)
        result = compare(title, options, geul, other)
        if not result:
            continue
        results.append("generation-speed", sequences=sequences, **shape, precision=precision, peer_precision="float32",
                       **columns(result, options))


def limits(programs, results, options):
    """The multiply-add peak of this machine."""
    peak = run(programs.geul("bench", "peak", "--threads", options.threads))[0]["gigaflops"]
    for precision in ("float32", "bfloat16", "int8"):
        log(f"multiply-add peak, {precision}: {peak[precision]:.0f} GFLOP/s")
        results.append("machine-limits", quantity=f"multiply-add peak, {precision}", threads=options.threads,
                       low=round(peak[precision]), high=round(peak[precision]), unit="GFLOP/s", note="geul bench peak")


def resources(programs, results, options):
    """Memory, thread scaling, a busy machine, start-up and tokenization."""
    def add(measurement, configuration, threads, value, unit, **more):
        log(f"{measurement}, {configuration}{f', threads: {threads}' if threads else ''}: {value} {unit}"
            + (f", {more['peer']} {more['peer_value']} {unit}" if more.get("peer") else ""))
        results.append("resources", measurement=measurement, configuration=configuration, threads=threads, value=value,
                       unit=unit, **more)

    layers, hidden, batch, length = SHAPES[3]
    shape = dict(layers=layers, hidden=hidden, batch=batch, length=length)
    seconds = min(1, options.seconds)
    _, ours = run(programs.bench("train", seconds, **shape))
    more = {}
    if programs.has_peers():
        peer, theirs = run(programs.pytorch("train", seconds, **shape))
        more = dict(peer=peer["peer"], peer_value=round(theirs / 1e6))
    add("peak memory", f"train LSTM {layers} x {hidden}, batch {batch} x {length}, float32", 2, round(ours / 1e6), "MB",
        **more)

    layers, hidden, batch, length = MIDDLE
    shape = dict(layers=layers, hidden=hidden, batch=batch, length=length)
    configuration = f"train LSTM {layers} x {hidden}, batch {batch} x {length}, float32"
    rounds = []
    for _ in range(options.rounds):
        one = speed(programs.bench("train", options.seconds, threads=1, **shape))
        two = speed(programs.bench("train", options.seconds, threads=2, **shape))
        spinning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        try:
            busy = speed(programs.bench("train", options.seconds, threads=2, **shape))
        finally:
            spinning.kill()
            spinning.wait()
        rounds.append((one, two, busy))
    one, two, busy = (statistics.median(column) for column in zip(*rounds))
    add("thread scaling", configuration, 1, round(one), "chars/s")
    add("thread scaling", configuration, 2, round(two), "chars/s", note=f"{two / one:.2f} times one thread")
    add("busy machine", configuration, 2, round(busy), "chars/s",
        note=f"another process spins on a core; {100 * busy / two:.0f} % of the speed on an idle machine")

    with tempfile.TemporaryDirectory() as folder:
        times, = process_times([generate(programs.geul_path, short_run(programs, folder), 200)], 20)
    configuration = "geul generate, 200 characters, LSTM 2 x 128, whole process"
    add("startup", configuration, "", round(statistics.median(times)), "ms", note="median of 20")
    add("slowest startup", configuration, "", round(max(times)), "ms", note="of 20")

    from texts import path
    for name in ("tinyshakespeare", "korean-docs"):
        text = path(name, options.corpora)
        if text:
            command = programs.geul("bench", "tokenize", text, "--seconds", options.seconds)
            value = statistics.median(run(command)[0]["megabytes_per_second"] for _ in range(3))
            add("tokenization", f"{name}.txt, graphemes, file to token ids", 1, round(value), "MB/s",
                note="median of three")


def step_time(programs, results, options):
    """The time of a training step against length, batch, vocabulary and hidden size, with a fitted exponent."""
    base = dict(layers=2, hidden=256, batch=32, length=64, vocabulary=128)
    for name, values in (("length", (32, 64, 128, 256)), ("batch", (16, 32, 64, 128)),
                         ("vocabulary", (128, 512, 2048, 8192)), ("hidden", (64, 128, 256, 512))):
        times = []
        for value in values:
            shape = {**base, name: value}
            times.append(shape["batch"] * shape["length"] / speed(programs.bench("train", options.seconds, **shape)))
        # The layers cost the same for every vocabulary, so only the time added to the smallest one counts.
        first_value, first_time = (values[0], times[0]) if name == "vocabulary" else (0, 0)
        points = [(math.log(value - first_value), math.log(max(1e-9, seconds - first_time)))
                  for value, seconds in zip(values, times) if value > first_value]
        mean_x, mean_y = (statistics.mean(column) for column in zip(*points))
        slope = (sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points))
        log(f"step time against {name}: {', '.join(f'{v}: {1000 * t:.1f} ms' for v, t in zip(values, times))};"
            f" exponent {slope:.2f}")
        for value, seconds in zip(values, times):
            results.append("step-time", varied=name, value=value, milliseconds=rounded(1000 * seconds, 1),
                           fitted_exponent=rounded(slope, 2),
                           note="exponent of the time added to that of the smallest vocabulary"
                           if name == "vocabulary" else "")
