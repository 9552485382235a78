"""Prints the tables of README.md and the training table of docs/performance.md in Markdown, from docs/data."""
from training_speed import AVX2_NOTE, DEFAULT_BATCH, DEFAULT_LENGTH, DEFAULT_SIZES

SMALL, MIDDLE = dict(hidden=128, batch=50, length=50), dict(hidden=256, batch=64, length=128)
LARGE = dict(hidden=512, batch=100, length=100)
BFLOAT16 = dict(precision="bfloat16", peer_precision="bfloat16")
DEFAULT_STEP = dict(hidden=256, batch=DEFAULT_BATCH, length=DEFAULT_LENGTH, optimizer="muon", peer_optimizer="muon")

# The training rows: title, whether README has the row, and the columns that select it.
TRAINING = [
    ("LSTM 2 x 128, batch 50 x 50, float32", True, SMALL),
    ("LSTM 2 x 128, batch 50 x 50, bfloat16", True, {**SMALL, **BFLOAT16}),
    ("LSTM 2 x 128, batch 50 x 50, both limited to AVX2", False, {**SMALL, "note": AVX2_NOTE}),
    ("LSTM 2 x 256, batch 64 x 128, float32", True, MIDDLE),
    ("LSTM 2 x 256, batch 64 x 128, bfloat16", True, {**MIDDLE, **BFLOAT16}),
    ("LSTM 2 x 256, batch 64 x 128, both limited to AVX2", False, {**MIDDLE, "note": AVX2_NOTE}),
    ("LSTM 2 x 256, batch 32 x 64, Muon, float32", True, DEFAULT_STEP),
    ("LSTM 2 x 256, batch 32 x 64, Muon, bfloat16", True, {**DEFAULT_STEP, **BFLOAT16}),
    ("LSTM 2 x 256, batch 32 x 64, Muon, both limited to AVX2", False, {**DEFAULT_STEP, "note": AVX2_NOTE}),
    ("LSTM 2 x 512, batch 100 x 100, float32", True, LARGE),
    ("LSTM 2 x 512, batch 100 x 100, bfloat16", False, {**LARGE, **BFLOAT16}),
    ("LSTM 2 x 512, batch 100 x 100, both limited to AVX2", False, {**LARGE, "note": AVX2_NOTE}),
    ("LSTM 3 x 512, batch 100 x 100, float32", False, {**LARGE, "layers": 3}),
    ("LSTM 3 x 512, batch 100 x 100, bfloat16", False, {**LARGE, **BFLOAT16, "layers": 3}),
    ("LSTM 3 x 512, batch 100 x 100, both limited to AVX2", False, {**LARGE, "layers": 3, "note": AVX2_NOTE}),
    ("LSTM 2 x 256, batch 64 x 128, vocabulary 2,000, float32", False, {**MIDDLE, "vocabulary": 2000}),
    ("LSTM 2 x 256, batch 64 x 128, vocabulary 2,000, both limited to AVX2", False,
     {**MIDDLE, "vocabulary": 2000, "note": AVX2_NOTE}),
    ("RNN 2 x 256, batch 64 x 128, float32", False, {**MIDDLE, "cell": "rnn"}),
    ("GRU 2 x 256, batch 64 x 128, float32", True, {**MIDDLE, "cell": "gru"}),
    ("GRU 2 x 256, batch 64 x 128, both limited to AVX2", False, {**MIDDLE, "cell": "gru", "note": AVX2_NOTE}),
]


def thousands(value):
    """Returns 321381 as "321 k" and 4927 as "4.9 k"."""
    value = float(value)
    return f"{value / 1000:.0f} k" if value >= 10_000 else f"{value / 1000:.1f} k"


def print_table(columns, rows):
    print(f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def minutes(seconds):
    return f"{int(seconds) // 60} min {int(seconds) % 60} s" if seconds else ""


def training_row(results, processor, wanted):
    """Returns the newest row of training-speed.csv, or of default-step.csv if an optimizer is wanted, or None."""
    common = dict(processor=processor, cell="lstm", layers=2, vocabulary=65, precision="float32", peer_precision="float32")
    return results.latest("default-step" if "optimizer" in wanted else "training-speed", **{**common, **wanted})


def speed_rows(results, processor):
    """Yields the rows of the speed table: workload, Geul, the program it is compared with, the ratio."""
    def generation(title, sequences, threads, layers, hidden, precision, peers):
        for peer in peers:
            found = [row for row in results.rows("generation-speed") if row["peer"].startswith(peer)
                     and row["processor"] == processor and row["ratio"] and not row["note"]
                     and (row["sequences"], row["threads"], row["layers"], row["hidden"], row["precision"])
                     == (str(sequences), str(threads), str(layers), str(hidden), precision)]
            if found:
                row = found[-1]
                yield [title, thousands(row["geul_chars_per_second"]) + " chars/s",
                       f"{row['peer']}, float32: {thousands(row['peer_chars_per_second'])}", row["ratio"]]

    for title, is_in_readme, wanted in TRAINING:
        row = is_in_readme and training_row(results, processor, wanted)
        if row:
            peer = (row["peer"] + (", Muon" if row.get("peer_optimizer") == "muon" else "")
                    + (" (autocast)" if row["precision"] == "bfloat16" else ""))
            yield [f"Training, {title}", thousands(row["geul_chars_per_second"]) + " chars/s",
                   f"{peer}: {thousands(row['peer_chars_per_second'])}", row["ratio"]]
    both = ["PyTorch", "ONNX Runtime"]
    yield from generation("Generation, 1 sequence, 1 thread, 2 x 128, float32", 1, 1, 2, 128, "float32", both)
    yield from generation("Generation, 1 sequence, 1 thread, 2 x 128, int8", 1, 1, 2, 128, "int8", both[1:])
    yield from generation("Generation, 1 sequence, 2 threads, 3 x 512, float32", 1, 2, 3, 512, "float32", both[1:])
    yield from generation("Generation, 1 sequence, 2 threads, 3 x 512, int8", 1, 2, 3, 512, "int8", both[1:])
    yield from generation("Generation, 64 sequences, 2 threads, 2 x 256, float32", 64, 2, 2, 256, "float32", both[:1])

    resources = [row for row in results.rows("resources") if row["processor"] == processor]
    for measurement, title in (("peak memory", "Peak memory, {}"), ("startup", "{}"),
                               ("tokenization", "Tokenization, {}")):
        newest = {row["configuration"]: row for row in resources if row["measurement"] == measurement}
        for row in newest.values():
            peer = f"{row['peer']}: {row['peer_value']} {row['unit']}" if row["peer"] else ""
            ratio = f"{float(row['value']) / float(row['peer_value']):.2f}" if row["peer"] else ""
            yield [title.format(row["configuration"]), f"{row['value']} {row['unit']}", peer, ratio]


def print_speed(results, processor):
    """Prints Geul's speed, memory and start-up time compared with those of other programs."""
    rows = list(speed_rows(results, processor))
    if rows:
        print(f"\n### Speed: {processor}\n")
        print_table(["Workload", "Geul", "Compared with", "Ratio"], rows)


def print_training(results, processors):
    """Prints the training table of docs/performance.md: Geul / PyTorch in characters per second, and the ratio."""
    def cell(row):
        if not row:
            return ""
        speeds = [thousands(row[side + "_chars_per_second"]) for side in ("geul", "peer")]
        return f"{' / '.join(speeds)}, **{row['ratio']}**"

    rows = []
    for title, _, wanted in TRAINING:
        cells = [cell(training_row(results, processor, wanted)) for processor in processors]
        if any(cells):
            rows.append([title, *cells])
    if rows:
        print("\n### Training: Geul / PyTorch in characters per second, and the ratio\n")
        print_table(["Training, two threads", *processors], rows)


def print_default_step(results, processor):
    """Prints the speed of the step that `geul train` makes by default, compared with PyTorch with Muon and with AdamW."""
    rows = []
    for arithmetic in ({}, BFLOAT16, {"note": AVX2_NOTE}):
        for hidden, vocabulary in DEFAULT_SIZES:
            wanted = {**DEFAULT_STEP, **arithmetic, "hidden": hidden, "vocabulary": vocabulary}
            muon = training_row(results, processor, wanted)
            adamw = training_row(results, processor, {**wanted, "peer_optimizer": "adamw"})
            if muon and adamw:
                rows.append([f"LSTM 2 x {hidden}, vocabulary {vocabulary:,}",
                             muon["precision"] + (", AVX2" if "note" in arithmetic else ""),
                             thousands(muon["geul_chars_per_second"]), f"{100 * float(muon['optimizer_share']):.0f} %",
                             *(cell for row in (muon, adamw) for cell in (thousands(row["peer_chars_per_second"]),
                                                                          row["ratio"]))])
    if rows:
        print(f"\n### The step of `geul train` without options: Muon, batch {DEFAULT_BATCH} x {DEFAULT_LENGTH},"
              f" chars/s: {processor}\n")
        print_table(["Model", "Precision", "Geul", "Optimizer's share", "PyTorch, Muon", "Ratio", "PyTorch, AdamW",
                     "Ratio"], rows)


def print_quality(results, processor):
    """Prints the validation losses, in nats per character."""
    newest = {}
    for row in results.rows("quality"):
        if row["processor"] == processor and not row["note"].startswith(("repeat", "before")):
            newest[row["text"], row["budget_seconds"]] = row
    if newest:
        print(f"\n### Validation loss on the last 10 % of each text, nats/char: {processor}\n")
        print_table(["Text", "Wall clock", "Model", "Epochs", "Loss", "Kneser-Ney", "Dynamic evaluation"],
                    [[row["text"], minutes(row["wall_clock_seconds"]), f"{row['cell'].upper()} {row['layers']} x"
                      f" {row['hidden']}", row["epochs"], row["nats_per_char"], row["kneser_ney_nats_per_char"],
                      row["dynamic_nats_per_char"]] for row in newest.values()])


def print_references(results):
    """Prints what other models reach on the same texts."""
    rows = results.rows("reference-results")
    if rows:
        print("\n### Other models\n")
        print_table(["Text", "Model", "Minutes", "Processor", "Loss, nats/char"],
                    [[row["text"], row["model"], row["minutes"], row["processor"], row["nats_per_char"]] for row in rows])
