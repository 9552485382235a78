"""Runs an ONNX model for onnxruntime-node.mjs: a line of JSON with the inputs, a line with the outputs."""
import json
import sys

import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1])
print(json.dumps([value.name for value in session.get_inputs()]), flush=True)
for line in sys.stdin:
    feeds = {name: np.array(t["data"], t["type"]).reshape(t["dims"]) for name, t in json.loads(line).items()}
    names = [value.name for value in session.get_outputs()]
    outputs = {n: {"dims": a.shape, "data": a.ravel().tolist()} for n, a in zip(names, session.run(names, feeds))}
    print(json.dumps(outputs), flush=True)
