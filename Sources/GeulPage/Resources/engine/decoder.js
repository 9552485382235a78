import { isJamo, isLead, isSyllable, lacksTrail, syllable } from "./hangul.js";

/**
 * Decodes a stream of token ids into text, as Sources/GeulText/StreamDecoder.swift does.
 *
 * The text is never revised: bytes are buffered until they form a character, and jamo until the syllable is complete.
 */
export class StreamDecoder {
  #pieces;
  #bytes = new UTF8Assembler();
  #syllable = new SyllableAssembler();

  /** Creates a decoder at the start of a text. */
  constructor(tokenizer, vocabulary) {
    this.#pieces = vocabulary.tokens.map((token, id) => {
      if (id === vocabulary.unknownID) return { text: "\ufffd" };
      const code = token.codePointAt(0);
      if (String.fromCodePoint(code) !== token) return { text: token };
      if (tokenizer.unit === "byte") return { byte: code };
      return tokenizer.composes && isJamo(code) ? { jamo: code } : { text: token };
    });
  }

  /** Decodes one token and returns the text that is now complete, which is often empty. */
  append(id) {
    return this.appendParts(id).join("");
  }

  /** Returns the text of `append` in two parts: what earlier tokens left incomplete, and what ends with this token. */
  appendParts(id) {
    const { text, byte, jamo } = this.#pieces[id];
    if (byte !== undefined) return this.#bytes.append(byte);
    if (jamo !== undefined) return this.#syllable.append(jamo);
    return [this.finish(), text];
  }

  /** Ends the text: returns the buffered text, and starts a new text. */
  finish() {
    return this.#bytes.finish() + this.#syllable.finish();
  }

  /** As `finish`, but discards an incomplete character: some of its bytes, or a leading consonant without a vowel. */
  finishTruncated() {
    this.#bytes.finish();
    return this.#syllable.finishTruncated();
  }
}

/** Composes a stream of jamo into syllables. */
class SyllableAssembler {
  /** A leading consonant, or a syllable that may get a trailing consonant; -1 if there is none. */
  #pending = -1;

  append(jamo) {
    const joined = syllable(this.#pending, jamo);
    if (joined >= 0) {
      this.#pending = joined;
      return ["", lacksTrail(joined) ? "" : this.finish()];
    }
    const before = this.finish();
    this.#pending = jamo;
    return [before, isLead(jamo) ? "" : this.finish()];
  }

  finishTruncated() {
    const text = this.finish();
    return text !== "" && isSyllable(text.codePointAt(0)) ? text : "";
  }

  finish() {
    const text = this.#pending < 0 ? "" : String.fromCodePoint(this.#pending);
    this.#pending = -1;
    return text;
  }
}

/**
 * Decodes a stream of bytes as UTF-8, with U+FFFD for each maximal subpart of an ill-formed sequence (WHATWG Encoding
 * Standard, section 8.1.1).
 */
class UTF8Assembler {
  #code = 0;
  #needed = 0;
  #lower = 0x80;
  #upper = 0xbf;

  append(byte) {
    if (this.#needed === 0) return ["", this.#begin(byte)];
    if (byte < this.#lower || byte > this.#upper) return [this.finish(), this.#begin(byte)];
    [this.#lower, this.#upper] = [0x80, 0xbf];
    this.#code = this.#code << 6 | byte & 0x3f;
    this.#needed -= 1;
    return ["", this.#needed === 0 ? String.fromCodePoint(this.#code) : ""];
  }

  #begin(lead) {
    if (lead < 0x80) return String.fromCharCode(lead);
    if (lead < 0xc2 || lead > 0xf4) return "\ufffd";
    this.#needed = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    this.#code = lead & 0x3f >> this.#needed;
    // The second byte is restricted: no overlong forms, surrogates or code points above U+10FFFF.
    this.#lower = { 0xe0: 0xa0, 0xf0: 0x90 }[lead] ?? 0x80;
    this.#upper = { 0xed: 0x9f, 0xf4: 0x8f }[lead] ?? 0xbf;
    return "";
  }

  finish() {
    const text = this.#needed > 0 ? "\ufffd" : "";
    this.#needed = 0;
    return text;
  }
}

/**
 * Returns the characters of the text that ids decode to: `[{ text, start, end }]`, graphemes with the range of ids that
 * produced each. The ranges are adjacent. An incomplete character at the end counts as what is there so far.
 */
export function decodeCharacters(model, ids) {
  const pieces = decodePieces(model, ids);
  const graphemes = model.tokenizer.graphemes(pieces.map(({ text }) => text).join(""));
  const characters = [];
  let text = "";
  let decodedLength = 0;
  let next = 0;
  let start = 0;
  for (const grapheme of graphemes) {
    text += grapheme;
    while (decodedLength < text.length) {
      decodedLength += pieces[next].text.length;
      next += 1;
    }
    // A token may contain several graphemes; they are one character then.
    if (decodedLength > text.length) continue;
    const { end } = pieces[next - 1];
    characters.push({ text, start, end });
    start = end;
    text = "";
    decodedLength = 0;
  }
  return characters;
}

/** Returns the texts that ids decode to, in the smallest ranges of ids: `[{ text, end }]`. */
function decodePieces({ tokenizer, vocabulary }, ids) {
  const decoder = new StreamDecoder(tokenizer, vocabulary);
  const pieces = [];
  const append = (text, end) => {
    if (text !== "") pieces.push({ text, end });
  };
  ids.forEach((id, index) => {
    const [before, now] = decoder.appendParts(id);
    append(before, index);
    append(now, index + 1);
  });
  append(decoder.finish(), ids.length);
  return pieces;
}
