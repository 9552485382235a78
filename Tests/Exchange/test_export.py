"""What `geul export` and `geul train --tensorboard` write, read by ONNX Runtime, NumPy, TensorBoard and Python."""
import contextlib
import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from geul import PROGRAM, REPOSITORY, geul, log_probabilities, logits

TESTS = Path(__file__).resolve().parent
TEXTS = {
    "english": "The lamp on the Hen stood where it had always stood,", "korean": "그 집 앞에는 오래된 나무가 한 그루 서 있었다.",
}
# The options of small models, by name.
MODELS = {
    "lstm-1": ["--cell", "lstm", "--layers", "1"], "lstm-3": ["--cell", "lstm", "--layers", "3"],
    "gru-1": ["--cell", "gru", "--layers", "1"], "gru-3": ["--cell", "gru", "--layers", "3"],
    "relu-2": ["--cell", "rnn", "--activation", "relu", "--layers", "2"],
    "rnn-1": ["--cell", "rnn", "--layers", "1"], "rnn-3": ["--cell", "rnn", "--layers", "3"],
}
TRAINING = ["--hidden", "40", "--batch", "8", "--length", "32", "--sample-every", "0", "--threads", "1", "-q",
            "--ngrams", "off"]


def setUpModule():
    global work
    work = Path(tempfile.mkdtemp())
    unittest.addModuleCleanup(shutil.rmtree, work)
    for name, options in MODELS.items():
        geul("train", REPOSITORY / "corpora/english.txt", "--steps", 40, "--out", work / name, *options, *TRAINING)
    for name in TEXTS:
        shutil.copy(REPOSITORY / f"checkpoints/{name}.safetensors", work / name)


def exported(name, kind):
    """Returns the path of a model in another format."""
    path = work / f"{name}.{kind}"
    if not path.exists():
        geul("export", work / name, f"--{kind}", path)
    return path


class ONNXTests(unittest.TestCase):
    def run_model(self, session, tokens, states):
        """Returns the logits and the states after [t, b] tokens."""
        names = [value.name for value in session.get_inputs()][1:]
        outputs = session.run(None, {"tokens": tokens, **dict(zip(names, states))})
        return outputs[0], outputs[1:]

    def test_logits_and_states(self):
        """Logits and states of a batch differ by less than 1e-5 from float64; state is carried exactly."""
        for name in [*MODELS, *TEXTS]:
            with self.subTest(model=name):
                path = exported(name, "onnx")
                onnx.checker.check_model(str(path), full_check=True)
                session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
                arrays = np.load(exported(name, "npz"))
                (layers, _, hidden), v = session.get_inputs()[1].shape, session.get_outputs()[0].shape[2]
                random = np.random.default_rng(1)
                tokens = random.integers(0, v, (50, 3))
                states = random.uniform(-0.5, 0.5, (2, layers, 3, hidden)).astype(np.float32)
                count = len(session.get_inputs()) - 1
                found, after = self.run_model(session, tokens, states[:count])
                expected, expected_after = logits(arrays, tokens, states)
                error = np.abs(found - expected).max()
                state_error = max(np.abs(a - b).max() for a, b in zip(after, expected_after))
                print(f"\n{name}: logits up to {np.abs(expected).max():.1f} differ by {error:.1e}, states by {state_error:.1e}", end="")
                # 1e-5 for logits up to 10; float32 has 1e-6 of the largest one otherwise.
                bound = 1e-6 * max(10, np.abs(expected).max())
                self.assertLess(error, bound)
                self.assertLess(state_error, 1e-5)
                # One step at a time, the states are carried.
                steps, carried = [], states[:count]
                for row in tokens:
                    step, carried = self.run_model(session, row[None], carried)
                    steps.append(step)
                self.assertLess(np.abs(np.concatenate(steps) - expected).max(), bound)

    def test_geul(self):
        """The surprisal of each token is that of geul explain, and the mean loss that of geul evaluate."""
        for name in [*MODELS, *TEXTS]:
            with self.subTest(model=name):
                session = onnxruntime.InferenceSession(str(exported(name, "onnx")))
                text = TEXTS.get(name, TEXTS["english"])
                explanation = json.loads(geul("explain", work / name, "--text", text, "--json"))
                ids = np.array([token["id"] for token in explanation["tokens"]])
                shapes = [[s if isinstance(s, int) else 1 for s in i.shape] for i in session.get_inputs()[1:]]
                found, _ = self.run_model(session, ids[:, None], [np.zeros(s, np.float32) for s in shapes])
                surprisals = -log_probabilities(found[:-1, 0].astype(np.float64))[np.arange(len(ids) - 1), ids[1:]]
                expected = np.array([token["surprisal_bits"] for token in explanation["tokens"][1:]]) * np.log(2)
                self.assertLess(np.abs(surprisals - expected).max(), 1e-5)
                (work / "text.txt").write_text(text)
                loss = json.loads(geul("evaluate", work / name, work / "text.txt", "--json"))["nats"]
                self.assertLess(abs(surprisals.mean() - loss), 1e-5)

    def test_metadata(self):
        """The properties are those of the model file."""
        properties = {p.key: json.loads(p.value) for p in onnx.load(exported("korean", "onnx")).metadata_props}
        metadata = json.loads(bytes(np.load(exported("korean", "npz"))["geul"]))
        del metadata["format"]
        self.assertEqual(properties, metadata)
        self.assertEqual(properties["tokenizer"]["unit"], "jamo")

    def test_examples(self):
        """The examples of docs/exchange.md choose the same most likely tokens as geul generate."""
        examples = REPOSITORY / "docs/examples"
        # npm's registry may be out of reach: a module with the same interface asks the onnxruntime of Python.
        javascript = work / "javascript"
        package = javascript / "node_modules/onnxruntime-node"
        package.mkdir(parents=True)
        shutil.copy(TESTS / "onnxruntime-node.mjs", package / "index.mjs")
        shutil.copy(TESTS / "onnxruntime_server.py", package)
        (package / "package.json").write_text('{"name": "onnxruntime-node", "main": "index.mjs", "type": "module"}')
        shutil.copy(examples / "generate.mjs", javascript)
        environment = {**os.environ, "PYTHON": sys.executable}
        for name, prompt in [("english", "The lamp"), ("korean", "그 집"), ("gru-3", "The")]:
            expected = geul("generate", work / name, "--prompt", prompt, "--length", 40, "--temperature", 0).decode()
            for program in [[sys.executable, examples / "generate.py"], ["node", javascript / "generate.mjs"]]:
                with self.subTest(model=name, program=program[0]):
                    command = [*program, exported(name, "onnx"), prompt, "40", "0"]
                    result = subprocess.run(command, capture_output=True, text=True, env=environment)
                    self.assertEqual(result.stderr, "")
                    self.assertEqual(result.stdout.rstrip("\n"), expected.rstrip("\n"))


class NumPyTests(unittest.TestCase):
    def test_arrays(self):
        """The arrays are bit for bit those of the model file."""
        for name in ["gru-3", "korean"]:
            path = work / name / "best.safetensors" if (work / name).is_dir() else work / name
            data = path.read_bytes()
            size = int.from_bytes(data[:8], "little")
            header, start = json.loads(data[8:8 + size]), 8 + size
            metadata = header.pop("__metadata__")
            arrays = np.load(exported(name, "npz"))
            self.assertEqual(set(arrays.files), {*header, "geul"})
            self.assertEqual(json.loads(bytes(arrays["geul"])), json.loads(metadata["geul"]))
            for tensor, about in header.items():
                self.assertEqual((list(arrays[tensor].shape), arrays[tensor].dtype), (about["shape"], np.float32))
                first, last = about["data_offsets"]
                self.assertEqual(arrays[tensor].tobytes(), data[start + first:start + last])

    def test_zip(self):
        """The checksums of the archive hold."""
        with zipfile.ZipFile(exported("english", "npz")) as archive:
            self.assertIsNone(archive.testzip())


def scalars(folder):
    """Returns the events of each tag in a folder, as TensorBoard reads them."""
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    with contextlib.redirect_stderr(io.StringIO()):
        accumulator.Reload()
    return {tag: accumulator.Scalars(tag) for tag in accumulator.Tags()["scalars"]}


class MetricsTests(unittest.TestCase):
    keys = {
        "loss/train": "train_nats", "loss/validation": "validation_nats", "learning_rate": "learning_rate",
        "gradient_norm": "gradient_norm", "tokens_per_second": "chars_per_second", "epoch": "epoch",
    }

    def check(self, folder, run):
        """Checks that the events in a folder are the lines of metrics.jsonl."""
        lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        found = scalars(folder)
        self.assertEqual(set(found), set(self.keys))
        for tag, key in self.keys.items():
            expected = [(line["step"], np.float32(line[key])) for line in lines if key in line]
            self.assertEqual([(event.step, np.float32(event.value)) for event in found[tag]], expected)
        return found, lines

    def test_tensorboard(self):
        """TensorBoard reads the metrics of a run with their times; a second file replaces the first."""
        run, folder = work / "lstm-1", work / "events"
        geul("export", run, "--tensorboard", folder)
        found, lines = self.check(folder, run)
        end = (run / "metrics.jsonl").stat().st_mtime
        for event, line in zip(found["epoch"], lines):
            self.assertAlmostEqual(event.wall_time, end - lines[-1]["seconds"] + line["seconds"], places=2)
        geul("export", run, "--tensorboard", folder, code=1)
        geul("export", run, "--tensorboard", folder, "--force")
        self.assertEqual(len(list(folder.iterdir())), 2)
        self.check(folder, run)

    def test_rollback(self):
        """Steps that a rollback undid are not shown."""
        run = work / "rolled-back"
        shutil.copytree(work / "lstm-1", run)
        lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        lines = [{**lines[0], "step": step, "train_nats": nats} for step, nats in [(1, 3), (2, 2.5), (3, 9), (2, 2.25), (4, 2)]]
        (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        geul("export", run, "--tensorboard", work / "rolled-back-events")
        found = [(event.step, event.value) for event in scalars(work / "rolled-back-events")["loss/train"]]
        self.assertEqual(found, [(1, 3), (2, 2.25), (4, 2)])

    def test_live(self):
        """A run writes events while it trains; after a kill it continues without duplicates, whatever it had written."""
        run, folder = work / "live", work / "live-events"
        arguments = [
            "train", REPOSITORY / "corpora/english.txt", "--steps", 2000, "--save-every", 300, "--out", run,
            "--tensorboard", folder, "--cell", "rnn", "--layers", 1, *TRAINING,
        ]
        process = subprocess.Popen([PROGRAM, *map(str, arguments)])
        metrics = run / "metrics.jsonl"
        deadline = time.monotonic() + 60
        # After the checkpoint of step 300, there are reports of later steps.
        while not metrics.exists() or max((int(s) for s in re.findall(r'"step":(\d+)', metrics.read_text())), default=0) < 400:
            self.assertIsNone(process.poll(), "the run ended before it could be killed")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        during = scalars(folder)["loss/train"]
        self.assertGreaterEqual(len(during), 1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        geul("resume", run, "--tensorboard", folder, "--sample-every", 0, "-q")
        found, lines = self.check(folder, run)
        self.assertEqual(found["loss/train"][-1].step, 2000)
        self.assertEqual(len({event.step for event in found["loss/train"]}), len(found["loss/train"]))
        # Without the option nothing is added; with it the missing steps are.
        geul("resume", run, "--steps", 2200, "--sample-every", 0, "-q")
        self.assertEqual(scalars(folder)["loss/train"][-1].step, 2000)
        geul("resume", run, "--steps", 2300, "--tensorboard", folder, "--sample-every", 0, "-q")
        self.check(folder, run)

    def test_csv(self):
        """Python reads the metrics as comma-separated values."""
        run = work / "gru-1"
        lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        geul("export", run, "--csv", work / "metrics.csv")
        with open(work / "metrics.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([{k: float(v) for k, v in row.items() if v} for row in rows], lines)
        self.assertEqual(geul("export", run, "--csv", "-"), (work / "metrics.csv").read_bytes())


if __name__ == "__main__":
    unittest.main()
