"""Measures long texts of the shipped models with `geul generate --report`: the tables of docs/quality.md."""
import os

from programs import PROJECT, log, run
from results import rounded

MODELS = ("english", "korean")
TEMPERATURES = ("1", "0.8", "0.6")
TEXTS = 10
CHARACTERS = 10_000
# Tokens that a text needs at most, per character: the Korean model has jamo.
TOKENS_PER_CHARACTER = {"english": 1, "korean": 2.5}
WINDOWS = range(1_000, CHARACTERS, 1_000)


def measure(programs, name, *setting):
    """Returns the report on ten texts of 10,000 characters with these options of `geul generate`."""
    length = int(CHARACTERS * TOKENS_PER_CHARACTER[name])
    result = run(programs.geul("generate", os.path.join(PROJECT, "checkpoints", name + ".safetensors"), "--length", length,
                               "--num-samples", TEXTS, "--seed", 1, *setting, "--report", "--report-length", CHARACTERS,
                               "--copy-corpus", os.path.join(PROJECT, "corpora", name + ".txt")))[0]
    report = result["report"]
    assert report["is_training_text"], f"corpora/{name}.txt is not the training text of checkpoints/{name}.safetensors"
    short = [text["characters"] for text in report["temperatures"][0]["texts"] if text["characters"] < CHARACTERS]
    assert not short, f"{name}, {' '.join(setting)}: texts of {short} characters; raise TOKENS_PER_CHARACTER"
    return report


def window(report, start):
    """Returns the surprisal at the 1,000 characters from `start` on, in nats per character."""
    return next(part["nats_per_char"] for part in report["temperatures"][0]["surprisal"]["windows"] if part["start"] == start)


def row(name, setting, texts, measures):
    """Returns the columns of generated-text.csv that do not concern the surprisal."""
    particles = measures.get("particles")
    return dict(model=f"checkpoints/{name}.safetensors", setting=setting, texts=texts, characters=measures["characters"],
                words=measures["words"], new_words=rounded(measures["new_words"]["share"], 4),
                types_per_token=rounded(measures["types_per_token"], 4),
                repeated_sequences=rounded(measures["repeated_sequences"]["share"], 4),
                copied_sequences=rounded(measures["copied_sequences"]["share"], 4),
                longest_copied_run=measures["longest_run"]["characters"],
                particles=particles["total"] if particles else "",
                agreeing_particles=rounded(particles["share"], 4) if particles else "")


def generated_text(programs, results, options):
    """Ten texts of 10,000 characters at each temperature, and the held-out text."""
    for name in MODELS:
        for temperature in TEMPERATURES:
            setting = f"--temperature {temperature}"
            report = measure(programs, name, *setting.split())
            if temperature == TEMPERATURES[0]:
                results.append("generated-text", **row(name, "held-out text", "", report["held_out"]),
                               nats_per_char=rounded(report["validation_nats_per_char"], 4))
            group = report["temperatures"][0]
            log(f"{name}, {setting}: new words {group['measures']['new_words']['share']:.3f}, "
                f"surprisal {group['surprisal']['nats_per_char']:.3f} nats/char")
            results.append("generated-text", **row(name, setting, TEXTS, group["measures"]),
                           nats_per_char=rounded(group["surprisal"]["nats_per_char"], 4),
                           **{f"nats_from_{start}": rounded(window(report, start), 4) for start in WINDOWS})


def print_tables(results):
    """Prints the tables of docs/quality.md from the stored data."""
    def percent(value):
        return f"{float(value):.1%}".replace("%", " %")

    settings = [*(f"--temperature {temperature}" for temperature in TEMPERATURES), "held-out text"]
    for name in MODELS:
        newest = {row["setting"]: row for row in results.rows("generated-text") if name in row["model"] and not row["note"]}
        if not newest:
            continue
        rows = [newest[setting] for setting in settings]
        lines = [("", settings[:-1] + settings[-1:]),
                 ("characters", [f"{int(row['characters']):,}" for row in rows]),
                 ("words", [f"{int(row['words']):,}" for row in rows]),
                 ("new words", [percent(row["new_words"]) for row in rows]),
                 ("types per token, 500 words", [f"{float(row['types_per_token']):.3f}" for row in rows]),
                 ("repeated 60-grams", [percent(row["repeated_sequences"]) for row in rows]),
                 ("copied 60-grams", [percent(row["copied_sequences"]) for row in rows]),
                 ("longest copied run, chars", [row["longest_copied_run"] for row in rows])]
        if rows[0]["particles"]:
            lines += [("Korean particles", [f"{int(row['particles']):,}" for row in rows]),
                      ("particles that agree", [percent(row["agreeing_particles"]) for row in rows])]
        lines.append(("surprisal, nats/char", [f"{float(row['nats_per_char']):.3f}" for row in rows]))
        for start in WINDOWS:
            cells = [row[f"nats_from_{start}"] for row in rows]
            lines.append((f"characters {start:,} to {start + 1000:,}", [cell and f"{float(cell):.3f}" for cell in cells]))
        print(f"\n{name}\n")
        for index, (label, cells) in enumerate(lines):
            shown = [f"`{cell}`" if cell.startswith("--") else cell for cell in cells]
            print("| " + " | ".join([label, *shown]) + " |")
            if index == 0:
                print("|" + " --- |" * (len(cells) + 1))
