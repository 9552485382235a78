"""Continues a text with a model that `geul export MODEL --onnx model.onnx` wrote.

    pip install numpy onnxruntime
    python generate.py model.onnx "The lamp" 200 [TEMPERATURE]
"""
import json
import re
import sys
import unicodedata

import numpy as np
import onnxruntime

path, prompt, length = sys.argv[1], sys.argv[2], int(sys.argv[3])
temperature = float(sys.argv[4]) if len(sys.argv) > 4 else 0.7
session = onnxruntime.InferenceSession(path)
about = {key: json.loads(text) for key, text in session.get_modelmeta().custom_metadata_map.items()}
vocabulary, unit, form = about["vocabulary"], about["tokenizer"]["unit"], about["tokenizer"]["normalization"]

# The tokens of the prompt. Characters of several code points, such as emoji with modifiers, need a segmenter.
text = prompt if form == "none" else unicodedata.normalize(form.upper(), prompt)
if unit == "jamo":  # Hangul syllables are split into their letters
    text = re.sub("[가-힣]", lambda syllable: unicodedata.normalize("NFD", syllable[0]), text)
elif unit == "byte":
    text = text.encode().decode("latin-1")
tokens = [vocabulary.index(token) for token in text]

# The state is zero before the first token; each run returns the state after its last token.
size = [about["model"]["layers"], 1, about["model"]["hidden"]]
states = {value.name: np.zeros(size, np.float32) for value in session.get_inputs()[1:]}
random = np.random.default_rng()
inputs = tokens
for _ in range(length):
    logits, *after = session.run(None, {"tokens": np.array(inputs, np.int64)[:, None], **states})
    states = dict(zip(states, after))
    scores = logits[-1, 0].astype(np.float64) / max(temperature, 1e-9)
    probabilities = np.exp(scores - scores.max())
    inputs = [int(random.choice(len(vocabulary), p=probabilities / probabilities.sum()))]
    tokens += inputs
text = "".join(vocabulary[token] for token in tokens)
print(text.encode("latin-1").decode(errors="replace") if unit == "byte" else unicodedata.normalize("NFC", text))
