"""Prints the tables of README.md in Markdown, from the measurements in docs/data."""


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


def speed_rows(results, processor):
    """Yields the rows of the speed table: workload, Geul, the program it is compared with, the ratio."""
    def training(title, precision="float32", peer_precision=None, cell="lstm", layers=2, hidden=256, batch=64,
                 length=128):
        row = results.latest("training-speed", processor=processor, cell=cell, layers=layers, hidden=hidden, batch=batch,
                             length=length, vocabulary=65, precision=precision,
                             peer_precision=peer_precision or precision)
        if row:
            peer = row["peer"] + (" (autocast)" if precision == "bfloat16" else "")
            yield [title, thousands(row["geul_chars_per_second"]) + " chars/s",
                   f"{peer}: {thousands(row['peer_chars_per_second'])}", row["ratio"]]

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

    yield from training("Training, LSTM 2 x 128, batch 50 x 50, float32", hidden=128, batch=50, length=50)
    yield from training("Training, LSTM 2 x 128, batch 50 x 50, bfloat16", "bfloat16", hidden=128, batch=50, length=50)
    yield from training("Training, LSTM 2 x 256, batch 64 x 128, float32")
    yield from training("Training, LSTM 2 x 256, batch 64 x 128, bfloat16", "bfloat16")
    yield from training("Training, LSTM 2 x 512, batch 100 x 100, float32", hidden=512, batch=100, length=100)
    yield from training("Training, GRU 2 x 256, batch 64 x 128, float32", cell="gru")
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
