"""Random models of PyTorch become models of Geul with the same logits. Needs torch and safetensors."""
import json
import shutil
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file
from safetensors.torch import save_file

import torch_models
from geul import REPOSITORY, geul, log_probabilities, logits

TEXT = "the quick brown fox jumps over the lazy dog, and then 한글 rests"


class ImportTests(unittest.TestCase):
    def setUp(self):
        self.work = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.work)

    def test_logits(self):
        """The logits of each model on a text are those of PyTorch in float64, within the rounding of the parameters."""
        vocabulary = sorted(set(TEXT))
        index = {character: i for i, character in enumerate(vocabulary)}
        forms = [vocabulary, index, {str(i): c for c, i in index.items()}, {"char_to_ix": index, "vocab_size": len(index)}]
        tokens = torch.tensor([index[character] for character in TEXT])
        folder = self.work
        (folder / "text.txt").write_text(TEXT)
        for seed, (name, (model, options)) in enumerate(torch_models.models(len(vocabulary), 48).items()):
            with self.subTest(model=name):
                torch.manual_seed(seed)
                for parameter in model.parameters():
                    torch.nn.init.uniform_(parameter, -0.3, 0.3)
                save_file(torch_models.state_dict(model), folder / f"{name}.safetensors")
                (folder / "v.json").write_text(json.dumps(forms[seed % 4]))
                out = folder / f"{name}-geul.safetensors"
                geul("import", folder / f"{name}.safetensors", "--vocabulary", folder / "v.json", "--out", out, *options)
                with torch.no_grad():
                    expected = model.double()(tokens).numpy()
                # The conversion alone, in float64. The sum of two biases and an element of the folded embedding are rounded
                # by 2^-24 of their size, which is below 5. A pre-activation is off by less than two of them, and the logits
                # by less than 48 * 0.3 times that, if the layers and recurrences do not amplify it: the slopes of gates
                # are at most 1/4, and random signs cancel.
                geul("export", out, "--npz", folder / "model.npz", "--force")
                arrays = np.load(folder / "model.npz")
                layers, h = json.loads(bytes(arrays["geul"]))["model"]["layers"], 48
                converted, _ = logits(arrays, tokens.numpy()[:, None], np.zeros((2, layers, 1, h)))
                error = np.abs(converted[:, 0] - expected).max()
                print(f"\n{name}: logits up to {np.abs(expected).max():.1f} differ by {error:.1e}", end="")
                self.assertLess(error, 48 * 0.3 * 2 * 5 * 2 ** -24)
                # Geul itself computes in float32, with its own order of sums: some roundings of 6e-8 of logits below 20.
                explanation = json.loads(geul("explain", out, "--text", TEXT, "--json"))
                self.assertEqual([token["id"] for token in explanation["tokens"]], tokens.tolist())
                surprisals = -log_probabilities(expected[:-1])[np.arange(len(tokens) - 1), tokens[1:]]
                found = np.array([token["surprisal_bits"] for token in explanation["tokens"][1:]]) * np.log(2)
                scale = max(1, np.abs(expected).max())
                error = np.abs(found - surprisals).max()
                print(f", log-probabilities of geul by {error:.1e}", end="")
                self.assertLess(error, 1e-6 * scale + 1e-6)
                loss = json.loads(geul("evaluate", out, folder / "text.txt", "--json"))["nats"]
                self.assertLess(abs(loss - surprisals.mean()), 1e-6 * scale + 1e-6)

    def test_round_trip(self):
        """A model of Geul that PyTorch has loaded and saved is the same model, bit for bit."""
        for name in ["english", "korean"]:
            path = REPOSITORY / f"checkpoints/{name}.safetensors"
            tensors = load_file(path)
            v, h = tensors["decoder.weight"].shape
            layers = sum("weight_ih" in key for key in tensors)

            class Model(torch.nn.Module):
                def __init__(self):
                    super().__init__()
                    self.lstm = torch.nn.LSTM(v, h, layers)
                    self.decoder = torch.nn.Linear(h, v)

            model = Model()
            model.load_state_dict({key: torch.from_numpy(array) for key, array in tensors.items()})
            save_file(model.state_dict(), self.work / "torch.safetensors")
            out = self.work / f"{name}.safetensors"
            geul("import", self.work / "torch.safetensors", "--vocabulary", path, "--out", out)
            again = load_file(out)
            self.assertEqual(set(again), set(tensors))
            for key in tensors:
                self.assertEqual(again[key].tobytes(), tensors[key].tobytes(), key)

    def test_torch_save(self):
        """A file of torch.save is refused with the call that converts it."""
        torch.save({"a": torch.zeros(2)}, self.work / "model.pt")
        (self.work / "v.json").write_text('["a"]')
        geul("import", self.work / "model.pt", "--vocabulary", self.work / "v.json", "--out", self.work / "o", code=1)


if __name__ == "__main__":
    unittest.main()
