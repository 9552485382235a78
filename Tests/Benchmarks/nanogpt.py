"""Trains nanoGPT's character-level model on a text for a given time on the CPU and reports the loss of the last 10 %.

    nanogpt.py CHECKOUT TEXT --seconds 180 [--size cpu|full]

CHECKOUT is a clone of karpathy/nanoGPT at the commit below; its train.py runs unchanged, with its configuration
config/train_shakespeare_char.py. `--size cpu` (default) adds the options that nanoGPT's README gives for a computer
without a GPU: 4 layers, 4 heads, 128 channels, 64 characters of context, batch 12, no dropout. `--size full` is the
configuration as it is: 6 layers, 6 heads, 384 channels, 256 characters, batch 64, dropout 0.2; 10.7 million parameters.

The time of an iteration is measured first, then the number of iterations is set so that training takes the given time.
Prints one JSON object: `nats` is the loss of the whole last 10 %, in windows that overlap by half, so that each character
has at least half a context; `sampled_nats` is the estimate that train.py prints; `seconds` is the time of the iterations
without train.py's own evaluation.
"""
import argparse
import json
import os
import pickle
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

import numpy
import torch

COMMIT = "3adf61e154c3fe3fca428ad6bc3818b27a3b8291"
SIZES = {"cpu": ["--block_size=64", "--batch_size=12", "--n_layer=4", "--n_head=4", "--n_embd=128", "--dropout=0.0"],
         "full": []}

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("checkout", help="a clone of karpathy/nanoGPT")
options.add_argument("text")
options.add_argument("--seconds", type=float, default=180)
options.add_argument("--size", choices=SIZES, default="cpu")
options.add_argument("--threads", type=int, default=2)
options = options.parse_args()


def git(*words):
    return subprocess.run(["git", "-C", options.checkout, *words], capture_output=True, text=True).stdout.strip()


if git("rev-parse", "HEAD") != COMMIT or git("status", "--porcelain", "--untracked-files=no"):
    sys.exit(f"{options.checkout}: expected an unchanged clone of karpathy/nanoGPT at {COMMIT}.")
environment = {**os.environ, "OMP_NUM_THREADS": str(options.threads)}
torch.set_num_threads(options.threads)


def prepare(folder):
    """Copies the checkout and tokenizes the text into its data folder, as data/shakespeare_char/prepare.py does."""
    shutil.copytree(options.checkout, folder, ignore=shutil.ignore_patterns(".git"))
    with open(options.text, encoding="utf-8", newline="") as file:
        text = file.read()
    characters = sorted(set(text))
    index = {character: i for i, character in enumerate(characters)}
    tokens = numpy.array([index[character] for character in text], dtype=numpy.uint16)
    split = int(0.9 * len(tokens))
    data = os.path.join(folder, "data", "shakespeare_char")
    tokens[:split].tofile(os.path.join(data, "train.bin"))
    tokens[split:].tofile(os.path.join(data, "val.bin"))
    with open(os.path.join(data, "meta.pkl"), "wb") as file:
        pickle.dump({"vocab_size": len(characters), "itos": dict(enumerate(characters)), "stoi": index}, file)
    return torch.from_numpy(tokens[split:].astype(numpy.int64))


def train(folder, iterations, *more):
    """Runs train.py and returns what it prints. The model is saved once, after the last iteration."""
    command = [sys.executable, "train.py", "config/train_shakespeare_char.py", "--device=cpu", "--compile=False",
               *SIZES[options.size], f"--max_iters={iterations}", f"--lr_decay_iters={iterations}",
               f"--eval_interval={iterations}", "--eval_iters=20", "--log_interval=1", "--always_save_checkpoint=True",
               *more]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"nanoGPT's train.py failed: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout


def iteration_times(printed):
    """Returns the milliseconds of each iteration but the first and the last, which include an evaluation."""
    return [float(time) for time in re.findall(r"iter \d+: .* time ([\d.]+)ms", printed)][1:-1]


def full_loss(folder, tokens):
    """Returns the mean loss of all of `tokens` but the first, in nats per character."""
    sys.path.insert(0, folder)
    from model import GPT, GPTConfig
    checkpoint = torch.load(os.path.join(folder, "out-shakespeare-char", "ckpt.pt"), map_location="cpu",
                            weights_only=True)
    model = GPT(GPTConfig(**checkpoint["model_args"]))
    model.load_state_dict(checkpoint["model"])
    model.eval()
    context = checkpoint["model_args"]["block_size"]
    total, scored = 0.0, 0  # the targets of tokens[1...scored] are done
    with torch.no_grad():
        while scored < len(tokens) - 1:
            begin = max(0, scored - context // 2)
            end = min(begin + context, len(tokens) - 1)
            targets = tokens[begin + 1:end + 1].clone()
            targets[:scored - begin] = -1  # nanoGPT ignores this target
            _, loss = model(tokens[begin:end].unsqueeze(0), targets.unsqueeze(0))
            total += loss.item() * (end - scored)
            scored = end
    return total / scored, sum(parameter.numel() for parameter in model.parameters())


with tempfile.TemporaryDirectory() as work:
    folder = os.path.join(work, "nanoGPT")
    validation = prepare(folder)
    milliseconds = statistics.median(iteration_times(train(folder, 30)))
    iterations = max(10, int(1000 * options.seconds / milliseconds))
    printed = train(folder, iterations)
    seconds = sum(iteration_times(printed)) / 1000
    sampled = float(re.findall(r"step \d+: train loss [\d.]+, val loss ([\d.]+)", printed)[-1])
    nats, parameters = full_loss(folder, validation)
print(json.dumps({"model": f"nanoGPT, {options.size} configuration, {parameters / 1e6:.1f} M parameters", "nats": nats,
                  "sampled_nats": sampled, "seconds": seconds, "steps": iterations}))
