import { isJamo } from "../engine/hangul.js";

const leadLetters = [..."ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"];
const vowelLetters = [..."ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"];
const finalLetters = [..."ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"];

/**
 * Returns the position of a conjoining jamo in its syllable and the compatibility letter that looks like it.
 *
 * @returns `{ part: "lead" | "vowel" | "final", letter }`; null for other characters.
 */
export function jamoParts(token) {
  const code = token.codePointAt(0);
  if (!isJamo(code) || token.length > 1) return null;
  for (const [part, first, letters] of [
    ["lead", 0x1100, leadLetters], ["vowel", 0x1161, vowelLetters], ["final", 0x11a8, finalLetters],
  ]) {
    const letter = letters[code - first];
    if (letter !== undefined) return { part, letter };
  }
  return null;
}

/** Returns the visible form of a token of a model. */
export function visibleTokenOf({ vocabulary, tokenizer }, id) {
  return visibleToken(vocabulary.tokens[id], tokenizer.unit);
}

/**
 * Returns a visible form of a token or a character.
 *
 * Spaces and line breaks become symbols. A final consonant is preceded by a raised dot, so that it differs from an
 * initial one. `unit` is the model's token unit: with "byte", a token is shown in hexadecimal unless it is ASCII.
 */
export function visibleToken(token, unit = "grapheme") {
  switch (token) {
    case " ": return "␣";
    case "\t": return "⇥";
    case "\n": case "\r\n": case "\r": return "↵";
    case "": return "�";
  }
  const code = token.codePointAt(0);
  if (unit === "byte" && code >= 0x7f) return code.toString(16).toUpperCase().padStart(2, "0");
  const jamo = jamoParts(token);
  if (jamo) return jamo.part === "final" ? `·${jamo.letter}` : jamo.letter;
  return /^[\p{Cc}\p{Cf}\p{Zs}]+$/u.test(token) ? `U+${code.toString(16).toUpperCase().padStart(4, "0")}` : token;
}
