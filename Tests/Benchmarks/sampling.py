"""Measures what each sampler of `geul generate` does to long texts of the shipped models: the tables of docs/sampling.md."""
import os
import statistics
import tempfile
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from programs import PROJECT, log, run
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
TEXTS = 10
CHARACTERS = 10_000
# Characters that a Korean text of jamo needs at most, per character.
TOKENS_PER_CHARACTER = {"english": 1, "korean": 2.5}
LENGTH = 60


def words(text):
    """Returns the words of a text: what is between white space, without punctuation at the ends and in lower case."""
    def is_part(character):
        return unicodedata.category(character)[0] in "LMN"
    found = []
    for word in text.split():
        start = next((i for i, c in enumerate(word) if is_part(c)), len(word))
        end = next((i for i in range(len(word), start, -1) if is_part(word[i - 1])), start)
        if end > start:
            found.append(word[start:end].lower())
    return found


def sequences(text):
    """Returns all sequences of 60 characters, in order."""
    return [text[i:i + LENGTH] for i in range(len(text) - LENGTH + 1)]


class Measure:
    """A corpus, of which the first nine tenths are the training text, and the model that was trained on it."""

    def __init__(self, programs, name):
        self.programs = programs
        self.name = name
        self.model = os.path.join(PROJECT, "checkpoints", name + ".safetensors")
        self.corpus = os.path.join(PROJECT, "corpora", name + ".txt")
        with open(self.corpus, encoding="utf-8") as file:
            text = unicodedata.normalize("NFC", file.read())
        border = len(text) * 9 // 10
        self.held_out = text[border:]
        self.known_words = set(words(text[:border]))
        self.known_sequences = set(sequences(text[:border]))

    def text_values(self, text):
        """Returns the shares of words that are not in the training text, of repeated and of copied sequences."""
        found = words(text)
        seen, repeated = set(), 0
        for sequence in sequences(text):
            repeated += sequence in seen
            seen.add(sequence)
        count = len(text) - LENGTH + 1
        copied = sum(sequence in self.known_sequences for sequence in sequences(text))
        return (sum(word not in self.known_words for word in found) / len(found), repeated / count, copied / count)

    def nats(self, text, folder, number):
        """Returns the sum of the surprise of a text, in nats, without its first token."""
        path = os.path.join(folder, f"{number}.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        score = run(self.programs.geul("evaluate", self.model, path, "--threads", 1))[0]
        return score["nats"] * score["units"]

    def surprise(self, texts, start, end):
        """Returns the model's mean surprise at characters `start` to `end` of the texts, in nats per character."""
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
            parts = [text[:position] for text in texts for position in (start, end)]
            sums = list(pool.map(lambda item: self.nats(item[1], folder, item[0]), enumerate(parts)))
        return (sum(sums[1::2]) - sum(sums[0::2])) / (len(texts) * (end - start))

    def generate(self, setting):
        length = int(CHARACTERS * TOKENS_PER_CHARACTER[self.name])
        result = run(self.programs.geul("generate", self.model, "--length", length, "--num-samples", TEXTS, "--seed", 1,
                                        *setting.split()))[0]
        texts = [unicodedata.normalize("NFC", sample["text"])[:CHARACTERS] for sample in result["samples"]]
        short = [len(text) for text in texts if len(text) < CHARACTERS]
        assert not short, f"{self.name}, {setting}: texts of {short} characters; raise TOKENS_PER_CHARACTER"
        return texts

    def reference(self):
        """Returns the row of the held-out text, whose surprise is the validation loss."""
        score = run(self.programs.geul("evaluate", self.model, self.corpus, "--fraction", 0.1))[0]
        loss = score["nats"] * score["units"] / len(self.held_out)
        return self.row("held-out text", [self.held_out[:CHARACTERS]], loss, loss)

    def row(self, setting, texts, early, late):
        values = [self.text_values(text) for text in texts]
        new, repeated, copied = zip(*values)
        log(f"{self.name}, {setting}: new words {statistics.mean(new):.3f}, repeated {statistics.mean(repeated):.3f}, "
            f"copied {statistics.mean(copied):.3f}, surprise {early:.3f} and {late:.3f} nats/char")
        return dict(model=f"checkpoints/{self.name}.safetensors", setting=setting, texts=len(texts),
                    characters=len(texts[0]), new_words=rounded(statistics.mean(new), 4),
                    new_words_deviation=rounded(statistics.stdev(new), 4) if len(new) > 1 else "",
                    repeated_sequences=rounded(statistics.mean(repeated), 4),
                    copied_sequences=rounded(statistics.mean(copied), 4),
                    early_nats_per_char=rounded(early, 4), late_nats_per_char=rounded(late, 4))


def sampling(programs, results, options):
    """Ten texts of 10,000 characters for each setting and each shipped model."""
    for name in ("english", "korean"):
        measure = Measure(programs, name)
        if not options.only:
            results.append("sampling", **measure.reference())
        for setting in SETTINGS + (MORE_SETTINGS if name == "english" else []):
            if options.only and options.only not in f"{name}, {setting}":
                continue
            texts = measure.generate(setting)
            early = measure.surprise(texts, 1_000, 2_000)
            late = measure.surprise(texts, 9_000, CHARACTERS)
            results.append("sampling", **measure.row(setting, texts, early, late))


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

    `relative` compares the share of new words with that of a temperature alone whose texts have the same surprise, interpolated
    between the temperatures that were measured.
    """
    for name in ("english", "korean"):
        newest = {row["setting"]: row for row in results.rows("sampling")
                  if name in row["model"] and not row["note"]}

        def surprise(row):
            return (float(row["early_nats_per_char"]) + float(row["late_nats_per_char"])) / 2
        temperatures = sorted((surprise(row), float(row["new_words"])) for setting, row in newest.items()
                              if setting.startswith("--temperature") and setting.count("--") == 1)
        print(f"\n{name}\n\n| Setting | New words | relative | Repeated | Copied | Surprise, early | late |\n|"
              + " --- |" * 7)
        for setting in ["held-out text", *SETTINGS, *MORE_SETTINGS]:
            row = newest.get(setting)
            if not row:
                continue
            relative = ""
            for (low, fewer), (high, more) in zip(temperatures, temperatures[1:]):
                if low <= surprise(row) <= high and setting.count("--") > 1:
                    expected = fewer + (more - fewer) * (surprise(row) - low) / (high - low)
                    relative = f"{float(row['new_words']) / expected - 1:+.0%}"
            percentages = [f"{float(row[column]):.1%}".replace("%", " %")
                           for column in ("new_words", "repeated_sequences", "copied_sequences")]
            shown = setting if setting == "held-out text" else f"`{setting}`"
            print(f"| {shown} | {percentages[0]} | {relative.replace('%', ' %')} | {percentages[1]} | {percentages[2]} | "
                  f"{float(row['early_nats_per_char']):.3f} | {float(row['late_nats_per_char']):.3f} |")
