import { isJamo, isSyllable, jamoOf, syllable } from "./hangul.js";

/** Finds the boundaries of graphemes; made at the first use, because that takes long. */
let graphemeSegmenter = null;

/** The names of the normal forms in JavaScript. */
const normalForms = { nfc: "NFC", nfd: "NFD", nfkc: "NFKC" };

/** Splits text into tokens according to a token unit and a normal form, as Sources/GeulText/Tokenizer.swift does. */
export class Tokenizer {
  /**
   * @param unit "grapheme", "codepoint", "jamo" or "byte".
   * @param normalization "none", "nfc", "nfd" or "nfkc"; bytes are never normalized.
   */
  constructor(unit, normalization) {
    this.unit = unit;
    this.normalization = unit === "byte" ? "none" : normalization;
  }

  /** Indicates whether jamo are composed into syllables when tokens are decoded. */
  get composes() {
    return this.unit === "jamo" && this.normalization !== "nfd";
  }

  /** Returns a text in the normal form, with U+FFFD for each unpaired surrogate. */
  normalized(text) {
    const wellFormed = text.replace(/\p{Surrogate}/gu, "\ufffd");
    return this.normalization === "none" ? wellFormed : wellFormed.normalize(normalForms[this.normalization]);
  }

  /** Returns the extended grapheme clusters of a text (UAX #29). */
  graphemes(text) {
    // Of ASCII, only CR and LF form a cluster.
    if (/^[\0-\x7f]*$/.test(text)) return text.match(/\r\n|[^]/g) ?? [];
    graphemeSegmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
    return Array.from(graphemeSegmenter.segment(text), ({ segment }) => segment);
  }

  /** Returns the tokens of a text in its normal form. A byte is represented by the code point of the same value. */
  tokens(text) {
    return this.graphemes(this.normalized(text)).flatMap((grapheme) => this.graphemeTokens(grapheme));
  }

  /** Returns the tokens of one grapheme, which is in the normal form. */
  graphemeTokens(grapheme) {
    switch (this.unit) {
      case "codepoint":
        return [...grapheme];
      case "jamo":
        return decomposeGrapheme(grapheme, this.composes);
      case "byte":
        return Array.from(new TextEncoder().encode(grapheme), (byte) => String.fromCharCode(byte));
      default:
        return [grapheme];
    }
  }
}

/**
 * Decomposes a grapheme: a Hangul syllable becomes its jamo, and the rest of the grapheme one token.
 *
 * Decoding composes jamo again and must restore the text. A grapheme with adjacent jamo that would compose is therefore
 * kept as one token; composed text contains none. Text in NFD is never composed again (`composes` is false).
 */
function decomposeGrapheme(grapheme, composes) {
  const codePoints = Array.from(grapheme, (character) => character.codePointAt(0));
  if (codePoints.length === 1 && !isSyllable(codePoints[0])) return [grapheme];
  if (composes && codePoints.some((code, i) => i > 0 && syllable(codePoints[i - 1], code) >= 0)) return [grapheme];
  const tokens = [];
  let other = "";
  const endOther = () => {
    if (other !== "") tokens.push(other);
    other = "";
  };
  for (const code of codePoints) {
    if (isSyllable(code) || isJamo(code)) {
      endOther();
      const jamo = isSyllable(code) ? jamoOf(code) : [code];
      tokens.push(...jamo.map((value) => String.fromCodePoint(value)));
    } else {
      other += String.fromCodePoint(code);
    }
  }
  endOther();
  return tokens;
}
