"""Trains what docs/experiments.md compares: networks with teachers, and variants of the network."""
import tempfile
import time

from programs import log, run
from results import rounded
from texts import path


def distillation(programs, results, options):
    """Two teachers and a network that learns from both, in the time of the longest run of each small text: 1/4, 1/4 and 1/2."""
    for name, seconds in [("corpora/english.txt", 300), ("tinyshakespeare", 1200)]:
        if options.only and options.only not in name:
            continue
        text = path(name, options.corpora)
        if not text:
            continue
        with tempfile.TemporaryDirectory() as folder:
            teachers = [folder + "/1", folder + "/2"]

            def train(out, seed, share, *words):
                start = time.monotonic()
                result = run(programs.geul("train", text, "--out", out, "--seconds", seconds * share * options.scale,
                                           "--seed", seed, *words, "--quiet"))[0]
                model = run(programs.geul("inspect", out))[0]
                score = run(programs.geul("evaluate", out, text, "--fraction", 0.1))[0]
                shape = f"{model['layers']} x {model['hidden']}"
                taught = " and ".join(known) if words else ""
                log(f"{name}, {shape}, {result['steps']} steps, {score['nats']:.4f} nats/char, the network alone"
                    f" {result['network_nats']:.4f}{', teachers ' + taught if taught else ''}")
                row = dict(text=name + ", last 10 %", network=shape, steps=result["steps"], teachers=taught,
                           teacher_weight=0.5 if words else "", seed=seed,
                           network_nats_per_char=rounded(result["network_nats"], 4),
                           nats_per_char=rounded(score["nats"], 4), best_step=result["best_step"],
                           seconds=round(time.monotonic() - start))
                if words or share == 1:
                    dynamic = run(programs.geul("evaluate", out, text, "--fraction", 0.1, "--dynamic"))[0]
                    row["dynamic_nats_per_char"] = rounded(dynamic["nats"], 4)
                results.append("distillation", **row)
                return f"{shape}, {score['nats']:.4f}"

            known = [train(teacher, seed, 0.25) for seed, teacher in enumerate(teachers, 1)]
            train(folder + "/student", 3, 0.5, *(word for teacher in teachers for word in ("--teacher", teacher)))
            if name.startswith("corpora"):  # the other text has this row in quality.csv
                train(folder + "/alone", 1, 1)


def network_variants(programs, results, options):
    """Variants of the LSTM in PyTorch, three seeds each, on the first nine tenths of Tiny Shakespeare."""
    text = path("tinyshakespeare", options.corpora)
    if not text:
        return
    steps = max(1, int(2000 * options.scale))
    for seed in (1, 2, 3):
        for variant, words in (("", []), ("skip connection from both layers to the output", ["--skip"]),
                               ("second head for the token after the next, weight 0.3 to 0 in 70 % of the steps",
                                ["--second-head", 0.3]),
                               ("each stream begins an epoch at a random token", ["--rotate"])):
            if options.only and options.only not in variant:
                continue
            nats = run(programs.peer("pytorch_variants.py", text, "--steps", steps, "--seed", seed,
                                     "--threads", options.threads, *words))[0]["nats"]
            log(f"seed {seed}, {variant or 'no variant'}: {nats:.4f} nats/char")
            results.append("network-variants", text="tinyshakespeare[0:90 %], last 10 % of it", network="2 x 128",
                           steps=steps, dropout=0.05, variant=variant, seed=seed,
                           network_nats_per_char=rounded(nats, 4), note="PyTorch, network alone")
