import { Tokenizer } from "./tokenizer.js";

/**
 * A streaming matcher of stop strings, as in Sources/GeulGeneration/StopStrings.swift.
 *
 * It holds back a suffix of the text that may still become a stop string.
 */
export class StopStrings {
  #stops;
  /**
   * Indicates whether characters of the text are sequences of code points (NFD). A stop string then ends where a
   * character ends: "e" does not occur in "é".
   */
  #isDecomposed;
  #pending = "";

  /** Creates a matcher of stop strings in the text of a model; empty ones are ignored. */
  constructor(stops, model) {
    this.#stops = stops.filter((stop) => stop !== "").flatMap((stop) => stopSpellings(stop, model));
    this.#isDecomposed = model.tokenizer.normalization === "nfd";
  }

  /**
   * Appends a part of the text. Returns `{ text, isStopped }`: the text that can be shown, which ends before a stop
   * string, and true if a stop string occurred.
   */
  append(text) {
    if (this.#stops.length === 0) return { text, isStopped: false };
    this.#pending += text;
    const start = this.#firstMatch(!this.#isDecomposed);
    if (start >= 0) return { text: this.#cut(start), isStopped: true };
    // Hold back the longest suffix that is a prefix of a stop string. In decomposed text it may be all of the stop
    // string, until the next code point shows that the character is complete.
    const limit = Math.max(...this.#stops.map((stop) => stop.length)) - (this.#isDecomposed ? 0 : 1);
    let suffix = this.#pending.slice(Math.max(0, this.#pending.length - limit));
    while (!this.#stops.some((stop) => stop.startsWith(suffix))) suffix = suffix.slice(1);
    const shown = this.#cut(this.#pending.length - suffix.length);
    this.#pending = suffix;
    return { text: shown, isStopped: false };
  }

  /** Ends the text; returns the text held back, as `append` does. */
  finish() {
    const start = this.#firstMatch(true);
    return { text: this.#cut(start < 0 ? this.#pending.length : start), isStopped: start >= 0 };
  }

  /** Returns the pending text up to an index, and discards the rest. */
  #cut(end) {
    const text = this.#pending.slice(0, end);
    this.#pending = "";
    return text;
  }

  /** Returns the start of the first stop string, or -1; `atEnd` includes one that ends where the text ends so far. */
  #firstMatch(atEnd) {
    const starts = this.#stops.map((stop) => {
      let start = this.#pending.indexOf(stop);
      while (start >= 0 && !this.#endsCharacter(start + stop.length, atEnd)) {
        start = this.#pending.indexOf(stop, start + 1);
      }
      return start;
    });
    return starts.filter((start) => start >= 0).reduce((a, b) => (a < 0 ? b : Math.min(a, b)), -1);
  }

  /** Indicates whether the code point at an index does not belong to the character before it. */
  #endsCharacter(index, atEnd) {
    if (index === this.#pending.length) return atEnd;
    return !this.#isDecomposed || !continuesCharacter(String.fromCodePoint(this.#pending.codePointAt(index)));
  }
}

/** Indicates whether a code point of decomposed text has a combining class, or is a vowel or trail of Hangul. */
function continuesCharacter(character) {
  // Normalization sorts code points by their combining classes, those of U+0334 (1) and U+0315 (232) for example, but
  // never moves one without a combining class. Vowels and trailing consonants of Hangul have none.
  return /[\u1160-\u11ff]/.test(character) ||
    (character + "\u0334").normalize("NFD").startsWith("\u0334") ||
    !("\u0315" + character).normalize("NFD").startsWith("\u0315");
}

/**
 * Returns the spellings in which a stop string can occur in the text of a model, at least one.
 *
 * The text has the model's normal form. A line break in it is the line ending of the training text. Where a stop string
 * could have several spellings, each of them counts.
 */
function stopSpellings(stop, { tokenizer, vocabulary }) {
  const forms = [tokenizer.normalized(stop)];
  // Without a normal form, the text has the form of the training text, which is not known.
  if (tokenizer.normalization === "none") {
    forms.push(...["nfc", "nfd"].map((form) => new Tokenizer("codepoint", form).normalized(stop)));
  }
  return [...new Set(forms.flatMap((form) => lineEndingForms(form, vocabulary)))];
}

/**
 * Returns a text with line endings that the vocabulary can spell.
 *
 * A line ending that is not in the vocabulary is replaced by one that is, as in a prompt. A line feed also stands for a
 * carriage return and a line feed.
 */
function lineEndingForms(text, vocabulary) {
  const has = (token) => vocabulary.id(token) >= 0;
  const known = ["\n", "\r\n", "\r"].filter((ending) => (
    has(ending) || ending === "\r\n" && has("\r") && has("\n")
  ));
  const spelled = (lineFeed) => text.replace(/\r\n|\n|\r/g, (ending) => {
    if (ending === "\n" && lineFeed !== null) return lineFeed;
    return known.includes(ending) ? ending : known[0] ?? ending;
  });
  return known.includes("\r\n") ? [spelled(null), spelled("\r\n")] : [spelled(null)];
}
