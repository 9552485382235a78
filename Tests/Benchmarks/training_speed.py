"""Measures the speed of whole training steps compared with PyTorch."""
from dataclasses import dataclass

from results import rounded
from speed import MIDDLE, SHAPES, columns, compare

# MKL follows its variable on Intel's processors only; on AMD's it uses AVX2 anyway. See README.md.
AVX2 = {"GEUL_ISA": "avx2", "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
AVX2_NOTE = "both sides limited to AVX2"

# The batch and the sizes that `geul train` chooses: hidden, vocabulary.
DEFAULT_BATCH, DEFAULT_LENGTH = 32, 64
DEFAULT_SIZES = [(192, 65), (256, 65), (336, 65), (448, 65), (336, 1159)]


@dataclass
class Step:
    """A training step, and PyTorch's step that it is compared with."""
    shape: tuple = MIDDLE
    cell: str = "lstm"
    vocabulary: int = 65
    precision: str = "float32"
    peer_precision: str = "float32"
    optimizer: str = "adamw"
    peer_optimizer: str = "adam"
    is_avx2: bool = False

    def columns(self, options):
        """Returns the options of the step that both programs have, which are also columns."""
        layers, hidden, batch, length = self.shape
        return dict(cell=self.cell, layers=layers, hidden=hidden, batch=batch, length=length, vocabulary=self.vocabulary,
                    threads=options.threads)

    def __str__(self):
        layers, hidden, batch, length = self.shape
        return (f"{self.cell} {layers} x {hidden}, batch {batch} x {length}, {self.precision}"
                + (f", vocabulary {self.vocabulary}" if self.vocabulary != 65 else "")
                + (", AVX2" if self.is_avx2 else ""))

    def compare(self, title, programs, options):
        """Measures both programs; returns None if one cannot run here."""
        shape = self.columns(options)
        geul = programs.bench("train", options.seconds, precision=self.precision, optimizer=self.optimizer, **shape)
        peer = programs.pytorch("train", options.seconds, precision=self.peer_precision, optimizer=self.peer_optimizer,
                                **shape)
        return compare(title, options, geul, peer, AVX2 if self.is_avx2 else None)

    def append(self, topic, result, results, options, **more):
        """Adds a row with the columns that training-speed.csv and default-step.csv share."""
        results.append(topic, **self.columns(options), precision=self.precision, peer_precision=self.peer_precision,
                       instruction_set=result.typical["instruction_set"], **columns(result, options),
                       share_of_limit=rounded(result.typical["fraction_of_peak"], 2),
                       note=AVX2_NOTE if self.is_avx2 else "", **more)


def training(programs, results, options):
    """Whole training steps: forward, loss, backward, clipping, optimizer, repacking."""
    steps = [Step(shape) for shape in SHAPES] + [Step(cell="rnn"), Step(cell="gru"), Step(vocabulary=2000)]
    steps += [Step(shape, is_avx2=True) for shape in SHAPES]
    steps += [Step(cell="gru", is_avx2=True), Step(vocabulary=2000, is_avx2=True)]
    for shape in SHAPES:
        steps += [Step(shape, precision="bfloat16", peer_precision=peer) for peer in ("bfloat16", "float32")]
    for step in steps:
        peer = f", PyTorch in {step.peer_precision}" if step.precision != "float32" else ""
        result = step.compare(f"training {step}{peer}", programs, options)
        if not result:
            continue
        step.append("training-speed", result, results, options)
        is_plain = step.cell == "lstm" and step.vocabulary == 65 and not step.is_avx2
        if is_plain and step.peer_precision == step.precision:
            append_phases(step, result, results)


def append_phases(step, result, results):
    """Adds the share of time and of the peak of each phase."""
    layers, hidden, batch, length = step.shape
    for phase in result.typical["phases"]:
        fraction = phase.get("fraction_of_peak")
        results.append("training-phases", layers=layers, hidden=hidden, batch=batch, length=length,
                       precision=step.precision, optimizer=step.optimizer, phase=phase["name"],
                       share_of_time=rounded(phase["fraction_of_time"], 2),
                       share_of_limit=rounded(fraction, 2) if fraction else "")


def default_step(programs, results, options):
    """The step of `geul train` without options, compared with PyTorch with Muon and, which takes less time, with AdamW."""
    for precision, is_avx2 in (("float32", False), ("bfloat16", False), ("float32", True)):
        for hidden, vocabulary in DEFAULT_SIZES:
            for peer_optimizer in ("muon", "adamw"):
                step = Step((2, hidden, DEFAULT_BATCH, DEFAULT_LENGTH), vocabulary=vocabulary, precision=precision,
                            peer_precision=precision, optimizer="muon", peer_optimizer=peer_optimizer, is_avx2=is_avx2)
                result = step.compare(f"default step {step}, PyTorch with {peer_optimizer}", programs, options)
                if not result:
                    continue
                shares = {phase["name"]: phase["fraction_of_time"] for phase in result.typical["phases"]}
                step.append("default-step", result, results, options, optimizer=step.optimizer,
                            peer_optimizer=peer_optimizer, optimizer_share=rounded(shares["optimizer"], 2))
