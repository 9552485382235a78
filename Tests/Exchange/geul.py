"""Runs geul for the tests, and computes a model in float64."""
import json
import os
import subprocess
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("GEUL", str(REPOSITORY / ".build/release/geul"))


def geul(*arguments, code=0, folder=None):
    """Runs geul and returns its standard output; the exit code must be `code`."""
    result = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, cwd=folder)
    assert result.returncode == code, (arguments, result.returncode, result.stderr.decode())
    return result.stdout


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def step(model, gates, recurrent, h, c):
    """Returns the states after a step of a layer, from its input and recurrent products, in PyTorch's gate order."""
    cell = model["cell"]
    if cell == "rnn":
        relu = model.get("activation") == "relu"
        return np.maximum(gates + recurrent, 0) if relu else np.tanh(gates + recurrent), c
    if cell == "gru":
        (r, z, n), (ur, uz, un) = np.split(gates, 3, -1), np.split(recurrent, 3, -1)
        z = sigmoid(z + uz)
        return (1 - z) * np.tanh(n + sigmoid(r + ur) * un) + z * h, c
    i, f, g, o = np.split(gates + recurrent, 4, -1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def logits(arrays, tokens, states):
    """Returns the logits of [t, b] tokens in float64, and the states after them.

    `arrays` has PyTorch's names, as in the model file; `states` are two arrays [l, b, h], which are not changed.
    """
    about = json.loads(bytes(arrays["geul"]))["model"]
    w = {name: np.asarray(array, np.float64) for name, array in arrays.items() if name != "geul"}
    prefix = next(name for name in w if name.endswith("weight_ih_l0")).removesuffix("weight_ih_l0")
    hidden, cells = (np.array(state, np.float64) for state in states)
    rows = []
    for token in tokens:
        for layer in range(about["layers"]):
            part = lambda name: w[f"{prefix}{name}_l{layer}"]
            products = part("weight_ih").T[token] if layer == 0 else hidden[layer - 1] @ part("weight_ih").T
            hidden[layer], cells[layer] = step(
                about, products + part("bias_ih"), hidden[layer] @ part("weight_hh").T + part("bias_hh"),
                hidden[layer], cells[layer])
        rows.append(hidden[-1] @ w["decoder.weight"].T + w["decoder.bias"])
    return np.stack(rows), (hidden, cells)


def log_probabilities(values):
    """Returns log softmax of the last axis."""
    values = values - values.max(-1, keepdims=True)
    return values - np.log(np.exp(values).sum(-1, keepdims=True))
