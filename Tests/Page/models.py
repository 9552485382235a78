"""Writes models with random parameters, for tests."""
import array
import json
import pathlib
import random
import struct

gate_counts = {"lstm": 4, "gru": 3, "rnn": 1}
letters = list("abcdefghijklmnopqrstuvwxyz .\n")


def write_model(path, cell="lstm", layers=1, hidden=16, tokens=letters, unit="grapheme", bound=0.5, seed=1):
    """Writes a safetensors file of a model whose parameters are uniform in -bound...bound.

    Returns the tensors as lists by their names.
    """
    generator = random.Random(seed)
    rows = gate_counts[cell] * hidden
    shapes = {}
    for layer in range(layers):
        shapes[f"{cell}.weight_ih_l{layer}"] = [rows, len(tokens) if layer == 0 else hidden]
        shapes[f"{cell}.weight_hh_l{layer}"] = [rows, hidden]
        shapes[f"{cell}.bias_ih_l{layer}"] = [rows]
        shapes[f"{cell}.bias_hh_l{layer}"] = [rows]
    shapes["decoder.weight"] = [len(tokens), hidden]
    shapes["decoder.bias"] = [len(tokens)]
    metadata = {"format": 1, "model": {"cell": cell, "layers": layers, "hidden": hidden}, "vocabulary": tokens,
                "tokenizer": {"unit": unit, "normalization": "nfc", "icu": "72.1"}}
    header, data, tensors = {"__metadata__": {"geul": json.dumps(metadata)}}, bytearray(), {}
    for name, shape in shapes.items():
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        values = array.array("f", (generator.uniform(-bound, bound) for _ in range(count)))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + 4 * count]}
        data += values.tobytes()
        tensors[name] = values
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)
    return tensors
