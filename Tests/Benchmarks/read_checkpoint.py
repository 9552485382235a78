"""Computes the loss of a Geul checkpoint on a text with PyTorch, independently of Geul.

    read_checkpoint.py MODEL.safetensors TEXT [--fraction 0.1]

Loads the tensors into torch.nn.LSTM, GRU or RNN in float64 and scores the last `--fraction` of the text (all of it by
default), the state carried through from zero. Prints nats per token and bits per byte, to be compared with `geul evaluate`.
Supports models of graphemes and of code points; graphemes are segmented by the `regex` package.
"""
import argparse
import json
import math
import sys
import unicodedata

import torch
from safetensors import safe_open

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("checkpoint")
options.add_argument("text")
options.add_argument("--fraction", type=float, default=1.0)
options = options.parse_args()

with safe_open(options.checkpoint, "pt") as file:
    metadata = json.loads(file.metadata()["geul"])
    weights = {name: file.get_tensor(name).to(torch.float64) for name in file.keys()}
with open(options.text, encoding="utf-8", newline="") as file:
    text = file.read().lstrip("\ufeff")
if metadata["tokenizer"].get("normalization", "nfc") == "nfc":
    text = unicodedata.normalize("NFC", text)
unit = metadata["tokenizer"]["unit"]
if unit == "grapheme":
    import regex
    tokens = regex.findall(r"\X", text)
elif unit == "codepoint":
    tokens = list(text)
else:
    sys.exit(f"{options.checkpoint}: the model's tokens are of kind {unit}; only grapheme and codepoint are supported.")
tokens = tokens[int(len(tokens) * (1 - options.fraction)):]
index = {token: i for i, token in enumerate(metadata["vocabulary"])}
missing = sorted({token for token in tokens if token not in index})
if missing:
    sys.exit(f"{options.text}: {len(missing)} tokens are not in the vocabulary, for example {missing[:5]!r}.")
ids = torch.tensor([index[token] for token in tokens])

cell = metadata["model"]["cell"]
layers = sum(name.startswith(cell + ".weight_ih_l") for name in weights)
vocabulary, hidden = weights["decoder.weight"].shape
torch.set_default_dtype(torch.float64)
recurrent = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}[cell](vocabulary, hidden, layers)
recurrent.load_state_dict({name.split(".", 1)[1]: tensor for name, tensor in weights.items()
                           if name.startswith(cell + ".")})
projection = torch.nn.Linear(hidden, vocabulary)
projection.load_state_dict({"weight": weights["decoder.weight"], "bias": weights["decoder.bias"]})

total, count, state = 0.0, 0, None
with torch.no_grad():
    for i in range(0, len(ids) - 1, 1000):
        x, y = ids[i:min(i + 1000, len(ids) - 1)], ids[i + 1:i + 1001]
        one_hot = torch.nn.functional.one_hot(x, vocabulary).to(torch.float64).unsqueeze(1)
        outputs, state = recurrent(one_hot, state)
        total += torch.nn.functional.cross_entropy(projection(outputs[:, 0]), y, reduction="sum").item()
        count += len(x)
size = len("".join(tokens[1:]).encode())
print(json.dumps({"nats": total / count, "bits_per_byte": total / math.log(2) / size, "tokens": count}))
