"""Trains a PyTorch LSTM on the first 90 % of a text for a given time and reports the loss of the last 10 %.

    pytorch_lstm.py TEXT --seconds 180 --layers 2 --hidden 256 --bfloat16

The baseline for `geul train TEXT --seconds 180`: Adam, gradient clipping, linear warm-up and cosine decay by elapsed
time, the state carried from step to step. Prints one JSON object.
"""
import argparse
import json
import math
import time

import torch
from torch.nn.functional import cross_entropy

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("text")
options.add_argument("--seconds", type=float, default=180)
options.add_argument("--layers", type=int, default=2)
options.add_argument("--hidden", type=int, default=256)
options.add_argument("--batch", type=int, default=64)
options.add_argument("--length", type=int, default=64)
options.add_argument("--learning-rate", type=float, default=4e-3)
options.add_argument("--dropout", type=float, default=0.0)
options.add_argument("--bfloat16", action="store_true", help="bfloat16 autocast; needs hardware support to be fast")
options.add_argument("--threads", type=int, default=2)
options = options.parse_args()

torch.set_num_threads(options.threads)
torch.manual_seed(1)
with open(options.text, encoding="utf-8", newline="") as file:
    text = file.read()
characters = sorted(set(text))
index = {character: i for i, character in enumerate(characters)}
tokens = torch.tensor([index[character] for character in text])
split = int(0.9 * len(tokens))
training, validation = tokens[:split], tokens[split:]
vocabulary = len(characters)


class CharacterModel(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, options.hidden)
        self.recurrent = torch.nn.LSTM(options.hidden, options.hidden, options.layers, dropout=options.dropout)
        self.dropout = torch.nn.Dropout(options.dropout)
        self.projection = torch.nn.Linear(options.hidden, vocabulary)

    def forward(self, tokens, state):
        outputs, state = self.recurrent(self.embedding(tokens), state)
        return self.projection(self.dropout(outputs)), state


model = CharacterModel()
optimizer = torch.optim.Adam(model.parameters(), lr=options.learning_rate, fused=True)
batch, length = options.batch, options.length
stream = (len(training) - 1) // batch  # the characters of each of the `batch` parallel streams
inputs = training[:stream * batch].view(batch, stream).t().contiguous()
targets = training[1:stream * batch + 1].view(batch, stream).t().contiguous()

model.train()
start, steps, position, state = time.monotonic(), 0, 0, None
while (elapsed := time.monotonic() - start) < options.seconds:
    decay = 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * elapsed / options.seconds))
    for group in optimizer.param_groups:
        group["lr"] = options.learning_rate * decay * min(1, (steps + 1) / 50)
    if position + length > stream:
        position, state = 0, None
    x, y = inputs[position:position + length], targets[position:position + length]
    position += length
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.bfloat16):
        logits, state = model(x, state)
        loss = cross_entropy(logits.reshape(-1, vocabulary).float(), y.reshape(-1))
    state = tuple(part.detach() for part in state)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    steps += 1
seconds = time.monotonic() - start

model.eval()
total, count, state = 0.0, 0, None
with torch.no_grad():
    for i in range(0, len(validation) - 1, 500):
        x = validation[i:min(i + 500, len(validation) - 1)]
        logits, state = model(x.view(-1, 1), state)
        total += cross_entropy(logits.view(-1, vocabulary), validation[i + 1:i + 1 + len(x)], reduction="sum").item()
        count += len(x)
seen = steps * batch * length
print(json.dumps({
    "model": f"PyTorch {torch.__version__} LSTM {options.layers} x {options.hidden}"
             + (", bfloat16 autocast" if options.bfloat16 else "")
             + (f", dropout {options.dropout}" if options.dropout else ""),
    "nats": total / count, "seconds": seconds, "steps": steps, "epochs": seen / len(training),
    "chars_per_second": seen / seconds}))
