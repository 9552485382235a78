"""Measures what each sampler of `geul generate` does to long texts of the shipped models: the tables of docs/sampling.md."""
import os
import statistics
import unicodedata

from generated_text import CHARACTERS, MODELS, TEXTS, measure, window
from programs import PROJECT, log
from results import rounded

# The options of each row of the tables; those of the second list are measured with the English model only.
SETTINGS = [
    "--temperature 1", "--temperature 0.8", "--temperature 0.6", "--temperature 0.4", "--greedy",
    "--temperature 1 --top-k 10", "--temperature 1 --top-p 0.8", "--temperature 1 --min-p 0.05",
    "--temperature 1 --top-n-sigma 1", "--temperature 1 --typical-p 0.8", "--temperature 0.8 --dynatemp-range 0.4",
    "--temperature 1 --mirostat 2 --mirostat-tau 1.5", "--temperature 1 --mirostat 2 --mirostat-tau 1",
    "--temperature 0.8 --repeat-penalty 1.1", "--temperature 0.8 --dry-multiplier 0.8",
    "--temperature 0.8 --dry-multiplier 0.8 --dry-allowed-length 2", "--greedy --dry-multiplier 0.8",
    "--greedy --dry-multiplier 0.8 --dry-allowed-length 2",
]
MORE_SETTINGS = [
    "--temperature 1 --top-k 4", "--temperature 1 --top-p 0.95", "--temperature 1 --min-p 0.2",
    "--temperature 1.5 --min-p 0.2", "--temperature 1 --top-n-sigma 2", "--temperature 1.5 --top-n-sigma 1",
    "--temperature 1 --typical-p 0.95", "--temperature 0.8 --dynatemp-range 0.2",
    "--temperature 1 --mirostat 2 --mirostat-tau 5", "--temperature 0.8 --presence-penalty 0.5",
    "--temperature 0.4 --dry-multiplier 0.8", "--greedy --dry-multiplier 0.8 --dry-last-n 10000",
]


def row(name, setting, texts, early, late):
    """Returns the columns of sampling.csv for the measures of some texts."""
    def mean(measure):
        return statistics.mean(text[measure]["share"] for text in texts)
    new = [text["new_words"]["share"] for text in texts]
    log(f"{name}, {setting}: new words {mean('new_words'):.3f}, repeated {mean('repeated_sequences'):.3f}, "
        f"copied {mean('copied_sequences'):.3f}, surprisal {early:.3f} and {late:.3f} nats/char")
    return dict(model=f"checkpoints/{name}.safetensors", setting=setting, texts=len(texts),
                characters=texts[0]["characters"], new_words=rounded(mean("new_words"), 4),
                new_words_deviation=rounded(statistics.stdev(new), 4) if len(new) > 1 else "",
                repeated_sequences=rounded(mean("repeated_sequences"), 4),
                copied_sequences=rounded(mean("copied_sequences"), 4),
                early_nats_per_char=rounded(early, 4), late_nats_per_char=rounded(late, 4))


def sampling(programs, results, options):
    """Ten texts of 10,000 characters for each setting and each shipped model."""
    for name in MODELS:
        for number, setting in enumerate(SETTINGS + (MORE_SETTINGS if name == "english" else [])):
            if options.only and options.only not in f"{name}, {setting}":
                continue
            report = measure(programs, name, *setting.split())
            if number == 0 and not options.only:
                loss = report["validation_nats_per_char"]
                results.append("sampling", **row(name, "held-out text", [report["held_out"]], loss, loss))
            texts = report["temperatures"][0]["texts"]
            early, late = window(report, 1_000), window(report, CHARACTERS - 1_000)
            results.append("sampling", **row(name, setting, texts, early, late))


def natural_repetitions(programs, results, options):
    """How many tokens of the held-out texts extend a repetition of at least n tokens: what the DRY penalty would penalize."""
    window = 1024
    for name, unit in (("english", "char"), ("korean", "char"), ("korean", "jamo")):
        with open(os.path.join(PROJECT, "corpora", name + ".txt"), encoding="utf-8") as file:
            text = unicodedata.normalize("NFD" if unit == "jamo" else "NFC", file.read())
        start = len(text) * 9 // 10
        for length in (2, 4, 8, 12, 16, 20, 24, 32):
            newest, count = {}, 0
            for position in range(length, len(text)):
                sequence = text[position - length:position + 1]
                # The earlier occurrence must be among the last tokens as a whole.
                count += position >= start and position - newest.get(sequence, -len(text)) <= window - length
                newest[sequence] = position
            share = count / (len(text) - start)
            log(f"{name}, {unit}: {share:.4%} of the held-out text extend a repetition of {length} or more")
            results.append("natural-repetitions", text=f"corpora/{name}.txt, last 10 %", unit=unit, window=window,
                           length=length, share=f"{share:.6f}")


def print_tables(results):
    """Prints the tables of docs/sampling.md from the stored data.

    `relative` compares the share of new words with that of a temperature alone whose texts have the same surprisal, interpolated
    between the temperatures that were measured.
    """
    for name in ("english", "korean"):
        newest = {row["setting"]: row for row in results.rows("sampling")
                  if name in row["model"] and not row["note"]}

        def surprisal(row):
            return (float(row["early_nats_per_char"]) + float(row["late_nats_per_char"])) / 2
        temperatures = sorted((surprisal(row), float(row["new_words"])) for setting, row in newest.items()
                              if setting.startswith("--temperature") and setting.count("--") == 1)
        print(f"\n{name}\n\n| Setting | New words | relative | Repeated | Copied | Surprisal, early | late |\n|"
              + " --- |" * 7)
        for setting in ["held-out text", *SETTINGS, *MORE_SETTINGS]:
            row = newest.get(setting)
            if not row:
                continue
            relative = ""
            for (low, fewer), (high, more) in zip(temperatures, temperatures[1:]):
                if low <= surprisal(row) <= high and setting.count("--") > 1:
                    expected = fewer + (more - fewer) * (surprisal(row) - low) / (high - low)
                    relative = f"{float(row['new_words']) / expected - 1:+.0%}"
            percentages = [f"{float(row[column]):.1%}".replace("%", " %")
                           for column in ("new_words", "repeated_sequences", "copied_sequences")]
            shown = setting if setting == "held-out text" else f"`{setting}`"
            print(f"| {shown} | {percentages[0]} | {relative.replace('%', ' %')} | {percentages[1]} | {percentages[2]} | "
                  f"{float(row['early_nats_per_char']):.3f} | {float(row['late_nats_per_char']):.3f} |")
