"""Trains and evaluates the models of the quality table, and the models it is compared with."""
import os
import shutil
import tempfile
import time

from programs import PROJECT, log, run
from results import rounded
from texts import path

# text, training time in seconds
RUNS = [("corpora/english.txt", 60), ("corpora/korean.txt", 60), ("tinyshakespeare", 180), ("tinyshakespeare", 1200),
        ("war-and-peace", 600), ("korean-docs", 600)]


def quality(programs, results, options):
    """`geul train` with a text and a time only; the last 10 % is evaluated by itself, with `--baseline` and `--dynamic`."""
    for name, seconds in RUNS:
        if options.only and options.only not in name:
            continue
        text = path(name, options.corpora)
        if not text:
            continue
        budget = seconds * options.scale
        with tempfile.TemporaryDirectory() as folder:
            start = time.monotonic()
            trained = run(programs.geul("train", text, "--out", folder + "/run", "--seconds", budget, "--quiet"))[0]
            wall_clock = time.monotonic() - start
            model = run(programs.geul("inspect", folder + "/run"))[0]
            score = run(programs.geul("evaluate", folder + "/run", text, "--fraction", 0.1, "--baseline"))[0]
            dynamic = run(programs.geul("evaluate", folder + "/run", text, "--fraction", 0.1, "--dynamic"))[0]
        network = trained.get("network_nats", score["nats"])
        log(f"{name}, {wall_clock:.0f} s: {model['layers']} x {model['hidden']}, {score['nats']:.4f} nats/char,"
            f" the network alone {network:.4f},"
            f" Kneser-Ney {score['baseline']['nats']:.4f}, dynamic {dynamic['nats']:.4f}")
        results.append("quality", text=name, budget_seconds=f"{budget:g}", wall_clock_seconds=round(wall_clock),
                       cell=model["cell"], layers=model["layers"], hidden=model["hidden"],
                       epochs=rounded(trained["epochs"], 1), best_step=trained["best_step"], steps=trained["steps"],
                       nats_per_char=rounded(score["nats"], 4), network_nats_per_char=rounded(network, 4),
                       bits_per_byte=rounded(score["bits_per_byte"], 4),
                       kneser_ney_nats_per_char=rounded(score["baseline"]["nats"], 4),
                       kneser_ney_order=score["baseline"]["order"],
                       dynamic_nats_per_char=rounded(dynamic["nats"], 4))


def references(programs, results, options):
    """PyTorch's LSTM, nanoGPT and zpaq on tinyshakespeare, for the same wall-clock time."""
    text = path("tinyshakespeare", options.corpora)
    if not text:
        return
    short, long = 180 * options.scale, 420 * options.scale
    lstm = ["--threads", options.threads, "--bfloat16"]
    commands = [programs.peer("pytorch_lstm.py", text, "--seconds", short, "--hidden", 256, *lstm),
                programs.peer("pytorch_lstm.py", text, "--seconds", long, "--hidden", 320, "--batch", 32,
                              "--dropout", 0.3, *lstm)]
    if options.nanogpt:
        commands.append(programs.peer("nanogpt.py", options.nanogpt, text, "--seconds", short, "--threads",
                                      options.threads))
    else:
        log("Skipped nanoGPT: pass --nanogpt with a clone of karpathy/nanoGPT (see nanogpt.py for the commit).")
    if shutil.which("zpaq"):
        commands.append(programs.peer("zpaq.py", text))
    else:
        log("Skipped zpaq: install Debian's package zpaq.")
    for command in commands:
        words = [str(word) for word in command[1:]]
        shown = " ".join(os.path.basename(word) for word in words if word not in (text, options.nanogpt))
        if options.only and options.only not in shown:
            continue
        try:
            result = run(command)[0]
        except RuntimeError as error:
            log(f"{shown}: not available here ({error})")
            continue
        log(f"{result['model']}, {result['seconds']:.0f} s: {result['nats']:.4f} nats/char")
        results.append("reference-results", text="tinyshakespeare, last 10 %", model=result["model"],
                       minutes=rounded(result["seconds"] / 60, 1), nats_per_char=rounded(result["nats"], 4),
                       repeat_with=shown)


def precision(programs, results, options):
    """The loss of the shipped models with float32, bfloat16 and int8 weights, and training in bfloat16 against float32."""
    for name, unit in (("english", "char"), ("korean", "jamo")):
        model = os.path.join(PROJECT, "checkpoints", name + ".safetensors")
        text = os.path.join(PROJECT, "corpora", name + ".txt")
        for weights in ("float32", "bfloat16", "int8"):
            score = run(programs.geul("evaluate", model, text, "--fraction", 0.1, "--precision", weights))[0]
            log(f"checkpoints/{name}.safetensors, {weights}: {score['nats']:.4f} nats/{unit}")
            results.append("arithmetic-precision", comparison="evaluation of the same weights",
                           model_or_text=f"checkpoints/{name}.safetensors, last 10 % of corpora/{name}.txt",
                           precision=weights, value=rounded(score["nats"], 4), unit=f"nats/{unit}")
    text = os.path.join(PROJECT, "corpora", "english.txt")
    steps = max(1, int(600 * options.scale))
    for seed in (1, 2):
        speeds = {}
        for weights in ("float32", "bfloat16"):
            with tempfile.TemporaryDirectory() as folder:
                trained = run(programs.geul("train", text, "--out", folder + "/run", "--steps", steps, "--seed", seed,
                                            "--precision", weights, "--quiet"))[0]
            speeds[weights] = trained["chars_per_second"]
            log(f"corpora/english.txt, {steps} steps, seed {seed}, {weights}: {trained['validation_nats']:.4f} nats/char")
            results.append("arithmetic-precision", comparison="training, equal steps",
                           model_or_text="corpora/english.txt", steps=steps, seed=seed, precision=weights,
                           value=rounded(trained["validation_nats"], 4), unit="nats/char")
        results.append("arithmetic-precision", comparison="training speed", model_or_text="corpora/english.txt",
                       steps=steps, seed=seed, precision="bfloat16 relative to float32",
                       value=rounded(speeds["bfloat16"] / speeds["float32"], 2), unit="times")


def verify(programs, results, options):
    """Compares the loss that `geul evaluate` reports with the loss that PyTorch computes from the same checkpoint."""
    model = os.path.join(PROJECT, "checkpoints", "english.safetensors")
    text = os.path.join(PROJECT, "corpora", "english.txt")
    ours = run(programs.geul("evaluate", model, text, "--fraction", 0.1))[0]["nats"]
    theirs = run(programs.peer("read_checkpoint.py", model, text, "--fraction", 0.1))[0]["nats"]
    log(f"checkpoints/english.safetensors: Geul {ours:.6f}, PyTorch in float64 {theirs:.6f} nats/char")
    if abs(ours - theirs) > 1e-4:
        raise SystemExit("The two losses differ by more than 1e-4.")
