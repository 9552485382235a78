"""Trains variants of an LSTM in PyTorch on the first nine tenths of a text, and reports the loss of the last tenth of those.

    pytorch_variants.py TEXT --steps 2000 --hidden 128 --seed 1 [--skip] [--second-head 0.3] [--rotate]

The optimizer, schedule and average are those of `geul train`: Muon for matrices, AdamW for the rest, weight decay 0.05, a cosine
down to 2 %, EMA 0.99. The last tenth of the text is never read. Prints one JSON object.
"""
import argparse
import json
import math
import random

import torch
from torch.nn.functional import cross_entropy, dropout, one_hot

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("text")
options.add_argument("--layers", type=int, default=2)
options.add_argument("--hidden", type=int, default=128)
options.add_argument("--batch", type=int, default=32)
options.add_argument("--length", type=int, default=64)
options.add_argument("--steps", type=int, default=2000)
options.add_argument("--learning-rate", type=float, default=0.012)
options.add_argument("--dropout", type=float, default=0.05)
options.add_argument("--seed", type=int, default=1)
options.add_argument("--skip", action="store_true", help="a skip connection from each layer to the output")
options.add_argument("--second-head", type=float, default=0, metavar="WEIGHT",
                     help="a second head for the token after the next; its weight falls to 0 in 70 %% of the steps")
options.add_argument("--rotate", action="store_true",
                     help="each stream begins an epoch at a random token (partial shuffling, Press 2019)")
options.add_argument("--threads", type=int, default=2)
options = options.parse_args()

torch.set_num_threads(options.threads)
torch.manual_seed(options.seed)
generator = random.Random(options.seed)
with open(options.text, encoding="utf-8", newline="") as file:
    text = file.read()
index = {character: i for i, character in enumerate(sorted(set(text)))}
tokens = torch.tensor([index[character] for character in text[:int(0.9 * len(text))]])
split = int(0.9 * len(tokens))
training, validation = tokens[:split], tokens[split:]
vocabulary = len(index)


class CharacterModel(torch.nn.Module):
    def __init__(self):
        super().__init__()
        hidden, bound = options.hidden, options.hidden ** -0.5
        self.layers = torch.nn.ModuleList(
            [torch.nn.LSTM(hidden if i else vocabulary, hidden) for i in range(options.layers)])
        for layer in self.layers:
            with torch.no_grad():
                layer.bias_ih_l0.uniform_(-bound, bound)
                layer.bias_ih_l0[hidden:2 * hidden] += 1  # the forget gate
                layer.bias_hh_l0.zero_()
            layer.bias_hh_l0.requires_grad_(False)
        with torch.no_grad():  # the embedding table
            self.layers[0].weight_ih_l0.uniform_(-3 ** 0.5, 3 ** 0.5)
        width = hidden * (options.layers if options.skip else 1)
        self.head = torch.nn.Linear(width, vocabulary)
        self.second_head = torch.nn.Linear(width, vocabulary) if options.second_head else None

    def forward(self, tokens, states):
        hidden, outputs, new_states = one_hot(tokens, vocabulary).float(), [], []
        for layer, state in zip(self.layers, states):
            hidden, state = layer(hidden, state)
            new_states.append(tuple(part.detach() for part in state))
            hidden = dropout(hidden, options.dropout, self.training)
            outputs.append(hidden)
        return torch.cat(outputs, -1) if options.skip else hidden, new_states


def orthogonalized(gradient):
    """Five iterations of Newton and Schulz (Jordan et al. 2024)."""
    is_tall = gradient.shape[0] > gradient.shape[1]
    x = gradient.T if is_tall else gradient
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x.T if is_tall else x


model = CharacterModel()
named = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
parameters = [parameter for _, parameter in named]
is_matrix = [parameter.dim() == 2 and name != "layers.0.weight_ih_l0" and not name.startswith("second_head")
             for name, parameter in named]
first = [torch.zeros_like(parameter) for parameter in parameters]
second = [torch.zeros_like(parameter) for parameter in parameters]
average = [parameter.detach().clone() for parameter in parameters]
batch, length = options.batch, options.length


def new_epoch():
    """Returns the first token of each stream, the length of a stream, and the token of each at which it begins."""
    offset = generator.randrange(min(batch * length, (split - 1) // 8) + 1)
    stream = (split - 1 - offset) // batch
    starts = offset + torch.arange(batch) * stream
    return starts, stream, torch.tensor([generator.randrange(stream) if options.rotate else 0 for _ in range(batch)])


starts, stream, turns = new_epoch()
window, states = 0, [None] * options.layers
for step in range(options.steps):
    if (window + 1) * length > stream:
        starts, stream, turns = new_epoch()
        window, states = 0, [None] * options.layers
    places = (turns[:, None] + window * length + torch.arange(length + 1)[None, :]) % (stream + (not options.rotate))
    window += 1
    ids = training[starts[:, None] + places].T
    outputs, states = model(ids[:-1], states)
    loss = cross_entropy(model.head(outputs).reshape(-1, vocabulary), ids[1:].reshape(-1))
    weight = options.second_head * max(0, 1 - step / (0.7 * options.steps))
    if weight > 0:
        later = model.second_head(outputs)[:-1].reshape(-1, vocabulary)
        loss = loss + weight * cross_entropy(later, ids[2:].reshape(-1))
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
    gradients = [torch.zeros_like(p) if g is None else g for g, p in zip(gradients, parameters)]
    norm = math.sqrt(sum(float((gradient * gradient).sum()) for gradient in gradients))
    scale = min(1, 1 / (norm + 1e-6))
    rate = options.learning_rate * min(1, (step + 1) / 50) * (
        0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / options.steps)))
    keep = min(0.99, (step + 1) / (step + 10))
    with torch.no_grad():
        for parameter, gradient, m, v, mean, is_muon in zip(parameters, gradients, first, second, average, is_matrix):
            gradient = gradient * scale
            if is_muon:
                m.mul_(0.95).add_(gradient)
                parameter.mul_(1 - 6 * rate * 0.05)
                parameter.add_(orthogonalized(gradient + 0.95 * m),
                               alpha=-6 * rate * max(1, parameter.shape[0] / parameter.shape[1]) ** 0.5)
            else:
                m.lerp_(gradient, 0.1)
                v.mul_(0.99).addcmul_(gradient, gradient, value=0.01)
                unbiased = (v / (1 - 0.99 ** (step + 1))).sqrt() + 1e-8
                parameter.addcdiv_(m / (1 - 0.9 ** (step + 1)), unbiased, value=-rate)
            mean.lerp_(parameter, 1 - keep)

model.eval()
total, count, states = 0.0, 0, [None] * options.layers
with torch.no_grad():
    for parameter, mean in zip(parameters, average):
        parameter.copy_(mean)
    for i in range(0, len(validation) - 1, 500):
        x = validation[i:min(i + 500, len(validation) - 1)]
        outputs, states = model(x.view(-1, 1), states)
        logits = model.head(outputs).view(-1, vocabulary)
        total += cross_entropy(logits, validation[i + 1:i + 1 + len(x)], reduction="sum").item()
        count += len(x)
print(json.dumps({"nats": total / count}))
