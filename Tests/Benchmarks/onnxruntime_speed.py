"""Measures how fast ONNX Runtime generates one sequence with an LSTM, on the CPU, in float32.

Prints one JSON object with `chars_per_second`. PyTorch exports one step of the network; NumPy samples at temperature 0.8.
"""
import argparse
import json
import os
import tempfile
import time
import warnings

import numpy
import onnxruntime
import torch

warnings.filterwarnings("ignore")
options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
for name, default in (("layers", 2), ("hidden", 128), ("vocabulary", 65), ("threads", 1)):
    options.add_argument("--" + name, type=int, default=default)
options.add_argument("--seconds", type=float, default=6)
options = options.parse_args()
vocabulary, hidden, layers = options.vocabulary, options.hidden, options.layers


class Step(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, hidden)
        self.recurrent = torch.nn.LSTM(hidden, hidden, layers)
        self.projection = torch.nn.Linear(hidden, vocabulary)

    def forward(self, token, h, c):
        output, (h, c) = self.recurrent(self.embedding(token), (h, c))
        return self.projection(output), h, c


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "step.onnx")
    zero = torch.zeros(layers, 1, hidden)
    torch.onnx.export(Step().eval(), (torch.zeros(1, 1, dtype=torch.long), zero, zero), path, dynamo=False,
                      opset_version=17, input_names=["token", "h", "c"], output_names=["logits", "next_h", "next_c"])
    session_options = onnxruntime.SessionOptions()
    session_options.intra_op_num_threads = options.threads
    session_options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, session_options, providers=["CPUExecutionProvider"])

h = numpy.zeros((layers, 1, hidden), numpy.float32)
c = h.copy()
token = numpy.zeros((1, 1), numpy.int64)
random = numpy.random.default_rng(0)


def step():
    global h, c
    logits, h, c = session.run(None, {"token": token, "h": h, "c": c})
    weights = numpy.exp((logits[0, 0] - logits[0, 0].max()) / 0.8)
    drawn = numpy.searchsorted(numpy.cumsum(weights / weights.sum()), random.random())
    token[0, 0] = min(drawn, vocabulary - 1)


characters = 0
start = time.monotonic()
while time.monotonic() - start < options.seconds:
    step()
    characters += 1
print(json.dumps({"peer": "ONNX Runtime " + onnxruntime.__version__,
                  "chars_per_second": characters / (time.monotonic() - start)}))
