"""Writes Tests/GeulExchangeTests/Fixtures: small PyTorch models and their logits in float64.

    python Tests/Exchange/make_fixtures.py       with the Python of `TORCH=1 Tests/Exchange/run`, or another with torch
"""
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

import torch_models

folder = Path(__file__).resolve().parents[1] / "GeulExchangeTests/Fixtures"
vocabulary = list("abcdefg 가")
tokens = torch.tensor([0, 8, 3, 3, 7, 1, 5, 2, 6, 4, 0])
expected = {}
for seed, (name, (model, options)) in enumerate(torch_models.models(len(vocabulary), 6).items()):
    torch_models.randomize(model, seed, 0.8)
    save_file(torch_models.state_dict(model), folder / f"{name}.safetensors")
    with torch.no_grad():
        expected[name] = [[round(x, 9) for x in row] for row in model.double()(tokens).tolist()]
# One model in each of the other element types.
model, _ = torch_models.models(len(vocabulary), 6)["lstm-embedding"]
torch_models.randomize(model, 0, 0.8)
for name, dtype in [("float16", torch.float16), ("float64", torch.float64)]:
    save_file({k: t.to(dtype) for k, t in torch_models.state_dict(model).items()}, folder / f"lstm-{name}.safetensors")
    expected[f"lstm-{name}"] = expected["lstm-embedding"]
torch_models.randomize(model, 1, 0.8)
model = model.bfloat16()
save_file(torch_models.state_dict(model), folder / "lstm-bfloat16.safetensors")
with torch.no_grad():
    expected["lstm-bfloat16"] = [[round(x, 9) for x in row] for row in model.double()(tokens).tolist()]
about = {"torch": torch.__version__, "vocabulary": vocabulary, "tokens": tokens.tolist(), "logits": expected}
(folder / "expected.json").write_text(json.dumps(about, ensure_ascii=False, separators=(",", ":")) + "\n")
