"""Measures the speed of a recurrent character model in PyTorch, on the CPU.

Prints one JSON object: `chars_per_second` is the median over the steps, `best` the fastest step. A training step is
complete: forward, cross-entropy, backward, gradient clipping, optimizer; the state is carried to the next step.
Generation samples at temperature 0.8 without gradients.
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
options.add_argument("--optimizer", choices=["adam", "adamw", "muon"], default="adam",
                     help="muon: torch.optim.Muon for the matrices that Geul's Muon updates, AdamW for the others")
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

def orthogonalize_in_float32(gradient, coefficients, steps, eps):
    """Newton-Schulz iteration as in torch.optim.Muon, which converts the matrix to bfloat16."""
    a, b, c = coefficients
    is_tall = gradient.size(0) > gradient.size(1)
    matrix = gradient.T if is_tall else gradient
    matrix = matrix / matrix.norm().clamp(min=eps)
    for _ in range(steps):
        gram = matrix @ matrix.T
        matrix = torch.addmm(matrix, torch.addmm(gram, gram, gram, beta=b, alpha=c), matrix, beta=a)
    return matrix.T if is_tall else matrix


def faster_orthogonalization(matrix):
    """Returns the faster of PyTorch's iteration and the one in float32: bfloat16 is slow without such instructions."""
    def seconds(function):
        times = []
        for _ in range(4):
            start = time.monotonic()
            function(matrix, (3.4445, -4.775, 2.0315), 5, 1e-7)
            times.append(time.monotonic() - start)
        return min(times)
    return min(torch.optim._muon._zeropower_via_newtonschulz, orthogonalize_in_float32, key=seconds)


def make_optimizers():
    """Returns the optimizers of a step, without weight decay."""
    rule = torch.optim.Adam if options.optimizer == "adam" else torch.optim.AdamW
    rest = list(model.parameters())
    optimizers = []
    if options.optimizer == "muon":
        # As in Geul: all matrices that hidden states are multiplied by.
        inputs = (embedding.weight, recurrent.weight_ih_l0)
        matrices = [values for values in rest if values.ndim == 2 and all(values is not other for other in inputs)]
        rest = [values for values in rest if all(values is not other for other in matrices)]
        optimizers.append(torch.optim.Muon(matrices, lr=12e-3, weight_decay=0, momentum=0.95, nesterov=True, ns_steps=5))
        chosen = faster_orthogonalization(torch.randn_like(recurrent.weight_hh_l0))
        torch.optim._muon._zeropower_via_newtonschulz = chosen
    return optimizers + [rule(rest, lr=2e-3, weight_decay=0, fused=True)]


optimizers = make_optimizers()
tokens = torch.randint(0, vocabulary, (options.length + 1, options.batch))
current = torch.zeros(1, options.streams, dtype=torch.long)
state = None


def train_step():
    global state
    model.zero_grad(set_to_none=True)
    with autocast:
        outputs, state = recurrent(embedding(tokens[:-1]), state)
        logits = projection(outputs).reshape(-1, vocabulary)
        loss = cross_entropy(logits.float(), tokens[1:].reshape(-1))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    for optimizer in optimizers:
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
