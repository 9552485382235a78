"""Measures the speed of a recurrent character model in PyTorch, on the CPU.

Prints one JSON object: `chars_per_second` is the median over the steps, `best` the fastest step. A training step is
complete: forward, cross-entropy, backward, gradient clipping, Adam; the state is carried to the next step. Generation
samples at temperature 0.8 without gradients.
"""
import argparse
import json
import statistics
import time

import torch
from torch.nn.functional import cross_entropy

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("task", choices=["train", "generate"])
options.add_argument("--cell", choices=["lstm", "gru", "rnn"], default="lstm")
for name, default in (("layers", 2), ("hidden", 128), ("batch", 50), ("length", 50), ("vocabulary", 65),
                      ("threads", 2), ("streams", 1)):
    options.add_argument("--" + name, type=int, default=default)
options.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
options.add_argument("--seconds", type=float, default=6)
options = options.parse_args()

torch.set_num_threads(options.threads)
torch.manual_seed(0)
vocabulary, hidden = options.vocabulary, options.hidden
embedding = torch.nn.Embedding(vocabulary, hidden)
recurrent = getattr(torch.nn, options.cell.upper())(hidden, hidden, options.layers)
projection = torch.nn.Linear(hidden, vocabulary)
model = torch.nn.ModuleList([embedding, recurrent, projection])
autocast = torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.precision == "bfloat16")
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, fused=True)
tokens = torch.randint(0, vocabulary, (options.length + 1, options.batch))
current = torch.zeros(1, options.streams, dtype=torch.long)
state = None


def train_step():
    global state
    optimizer.zero_grad(set_to_none=True)
    with autocast:
        outputs, state = recurrent(embedding(tokens[:-1]), state)
        logits = projection(outputs).reshape(-1, vocabulary)
        loss = cross_entropy(logits.float(), tokens[1:].reshape(-1))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    state = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def generate_step():
    global state, current
    with torch.no_grad(), autocast:
        outputs, state = recurrent(embedding(current), state)
        probabilities = torch.softmax(projection(outputs[0]).float() / 0.8, -1)
        current = torch.multinomial(probabilities, 1).view(1, -1)


if options.task == "train":
    step, warm_up, characters = train_step, 3, options.batch * options.length
else:
    step, warm_up, characters = generate_step, 20, options.streams
for _ in range(warm_up):
    step()
times = []
end = time.monotonic() + options.seconds
while time.monotonic() < end or len(times) < 3:
    start = time.monotonic()
    step()
    times.append(time.monotonic() - start)
print(json.dumps({"peer": "PyTorch " + torch.__version__, "chars_per_second": characters / statistics.median(times),
                  "best": characters / min(times), "steps": len(times)}))
