// Tests of tokens, vocabularies, prompts and decoding.

import assert from "node:assert/strict";
import test from "node:test";
import { decodeCharacters, StreamDecoder } from "../../../Sources/GeulPage/Resources/engine/decoder.js";
import { isJamo, jamoOf, syllable } from "../../../Sources/GeulPage/Resources/engine/hangul.js";
import { encodePrompt } from "../../../Sources/GeulPage/Resources/engine/prompt.js";
import { Tokenizer } from "../../../Sources/GeulPage/Resources/engine/tokenizer.js";
import { Vocabulary } from "../../../Sources/GeulPage/Resources/engine/vocabulary.js";

test("syllables decompose and compose as in NFD and NFC", () => {
  for (let code = 0xac00; code <= 0xd7a3; code += 1) {
    const jamo = jamoOf(code);
    assert.equal(String.fromCodePoint(...jamo), String.fromCodePoint(code).normalize("NFD"));
    assert.ok(jamo.every(isJamo) && !isJamo(code));
    assert.equal(jamo.reduce(syllable), code);
  }
});

test("only leads with vowels, and syllables without a trail with trails compose", () => {
  const codes = [0x61, 0x10ff, 0x1100, 0x1112, 0x1113, 0x1160, 0x1161, 0x1175, 0x1176, 0x11a7, 0x11a8, 0x11c2, 0x11c3,
    0xac00, 0xac01, 0xac1b, 0xac1c, 0xd788, 0xd7a3, 0xd7a4];
  for (const first of codes) {
    for (const second of codes) {
      const composed = String.fromCodePoint(first, second).normalize("NFC");
      assert.equal(syllable(first, second), composed.length === 1 ? composed.codePointAt(0) : -1, `${first} ${second}`);
    }
  }
  assert.deepEqual([0x10ff, 0x1200, 0xa95f, 0xa980, 0xd7af, 0xd800].filter(isJamo), []);
  assert.equal([0x1100, 0x11ff, 0xa960, 0xa97f, 0xd7b0, 0xd7ff].filter(isJamo).length, 6);
});

test("each unit splits a text into its tokens", () => {
  const tokens = (unit, text, form = "nfc") => new Tokenizer(unit, form).tokens(text);
  const family = "👨‍👩‍👧";
  assert.deepEqual(tokens("grapheme", `a\r\n한${family}`), ["a", "\r\n", "한", family]);
  assert.deepEqual(tokens("grapheme", "a\r\n\n\r"), ["a", "\r\n", "\n", "\r"]);
  assert.deepEqual(tokens("codepoint", "a\r\n👍🏽"), ["a", "\r", "\n", "👍", "🏽"]);
  assert.deepEqual(tokens("jamo", "한글!"), ["ᄒ", "ᅡ", "ᆫ", "ᄀ", "ᅳ", "ᆯ", "!"]);
  assert.deepEqual(tokens("byte", "é한"), ["Ã", "©", "\u00ed", "\u0095", "\u009c"]);
  assert.deepEqual(tokens("grapheme", ""), []);
});

test("text is normalized first, except for bytes", () => {
  const tokens = (form, unit = "codepoint") => new Tokenizer(unit, form).tokens("ﬁe\u0301");
  assert.deepEqual(tokens("none"), ["ﬁ", "e", "\u0301"]);
  assert.deepEqual(tokens("nfc"), ["ﬁ", "\u00e9"]);
  assert.deepEqual(tokens("nfd"), ["ﬁ", "e", "\u0301"]);
  assert.deepEqual(tokens("nfkc"), ["f", "i", "\u00e9"]);
  assert.deepEqual(tokens("nfkc", "byte"), tokens("none", "byte"));
  assert.equal(new Tokenizer("grapheme", "nfc").normalized("a\ud800b\udc00👍"), "a\ufffdb\ufffd👍");
});

test("a cluster decomposes into jamo and one other token, unless it would compose differently", () => {
  const tokens = (text, form) => new Tokenizer("jamo", form).tokens(text);
  // A tone mark (U+302E), and an old trailing consonant (U+11F0) after a syllable.
  assert.deepEqual(tokens("하\u302e", "nfc"), ["ᄒ", "ᅡ", "\u302e"]);
  assert.deepEqual(tokens("하\u11f0", "nfc"), ["ᄒ", "ᅡ", "\u11f0"]);
  assert.deepEqual(tokens("\u1112\u1161", "none"), ["\u1112\u1161"]);
  assert.deepEqual(tokens("한", "nfd"), ["ᄒ", "ᅡ", "ᆫ"]);
  assert.deepEqual(tokens("e\u0301", "nfd"), ["e\u0301"]);
});

test("a vocabulary refuses duplicates and no tokens", () => {
  assert.throws(() => new Vocabulary(["a", "b", "a"]), /twice/);
  assert.throws(() => new Vocabulary([]), /no token/);
  assert.throws(() => new Vocabulary([""]), /no token/);
  const vocabulary = new Vocabulary(["b", "é", "e\u0301", ""]);
  assert.deepEqual(["b", "é", "e\u0301", "", "x"].map((token) => vocabulary.id(token)), [0, 1, 2, -1, -1]);
  assert.equal(vocabulary.unknownID, 3);
  assert.equal(new Vocabulary(["b"]).unknownID, -1);
});

test("an empty prompt stands for a line break, else for the most frequent token", () => {
  const lineBreak = (tokens) => new Vocabulary(tokens).lineBreakID;
  assert.equal(lineBreak(["a", "\r\n", "\n"]), 2);
  assert.equal(lineBreak(["a", "\r\n"]), 1);
  assert.equal(lineBreak(["a", "b"]), 0);
  assert.equal(lineBreak(["", "b"]), 1);
});

const encode = (text, tokens, unit = "grapheme", form = "none") => (
  encodePrompt(new Tokenizer(unit, form), new Vocabulary(tokens), text)
);

test("known characters are encoded unchanged", () => {
  const { ids, substitutions, characters } = encode("한a한", ["a", "한"]);
  assert.deepEqual(ids, [1, 0, 1]);
  assert.deepEqual(substitutions, []);
  assert.deepEqual(characters[1], { text: "a", start: 1, end: 2, outcome: "known", replacement: null });
});

test("an unknown character is replaced by its closest normal form, case or width", () => {
  const cases = [
    ["e\u0301", ["\u00e9", "e"], "\u00e9"], ["\u00e9", ["e\u0301"], "e\u0301"], ["\u212b", ["\u00c5"], "\u00c5"],
    ["Ａ", ["A", "a"], "A"], ["ﬁ", ["f", "i"], "fi"], ["K", ["k"], "k"], ["k", ["K"], "K"], ["Ａ", ["a"], "a"],
    [",", ["，"], "，"], ["a", ["Ａ"], "Ａ"], [" ", ["\u3000"], "\u3000"], ["ﾊ", ["ハ"], "ハ"], ["\r\n", ["\n"], "\n"],
    ["\n", ["\r\n"], "\r\n"], ["Σ", ["σ", "ς"], "σ"],
  ];
  for (const [prompt, tokens, form] of cases) {
    const { ids, substitutions, characters } = encode(prompt, tokens);
    assert.equal(ids.map((id) => tokens[id]).join(""), form);
    assert.deepEqual(substitutions, [{ position: 0, token: prompt, outcome: "replaced", replacement: form }]);
    assert.deepEqual(characters, [{ text: prompt, start: 0, end: ids.length, outcome: "replaced", replacement: form }]);
  }
});

test("a character without a known form becomes the unknown token, or is skipped", () => {
  const unknown = encode("a갂b👍🏽", ["a", "", "b"]);
  assert.deepEqual(unknown.ids, [0, 1, 2, 1]);
  assert.deepEqual(unknown.characters.map(({ outcome }) => outcome), ["known", "unknown", "known", "unknown"]);
  const skipped = encode("a갂b👍🏽", ["a", "b"]);
  assert.deepEqual(skipped.ids, [0, 1]);
  assert.deepEqual(skipped.substitutions.map(({ position, token }) => [position, token]), [[1, "갂"], [3, "👍🏽"]]);
  assert.deepEqual(skipped.characters[1], { text: "갂", start: 1, end: 1, outcome: "skipped", replacement: null });
});

test("a compatibility jamo is replaced by its conjoining jamo", () => {
  assert.deepEqual(encode("ㄱ하", ["ᄀ", "ᄒ", "ᅡ"], "jamo", "nfc").ids, [0, 1, 2]);
});

test("a character of which some tokens are skipped counts as replaced by the others", () => {
  const jamo = encode("갂", ["ᄀ", "ᅡ"], "jamo", "nfc");
  assert.deepEqual(jamo.characters, [{ text: "갂", start: 0, end: 2, outcome: "replaced", replacement: "가" }]);
  assert.deepEqual(jamo.substitutions, [{ position: 2, token: "ᆩ", outcome: "skipped", replacement: null }]);
  assert.equal(encode("갂", ["ᄀ", "ᅡ", ""], "jamo", "nfc").characters[0].outcome, "unknown");
});

test("bytes have no other forms", () => {
  const { ids, characters } = encode("Aé", ["a", "Ã"], "byte");
  assert.deepEqual(ids, [1]);
  assert.deepEqual(characters.map(({ outcome }) => outcome), ["skipped", "replaced"]);
});

/** Decodes tokens one by one; returns the pieces and the rest. */
function pieces(tokens, unit = "grapheme", form = "nfc") {
  const decoder = new StreamDecoder(new Tokenizer(unit, form), new Vocabulary([...new Set(tokens)]));
  const vocabulary = [...new Set(tokens)];
  return [...tokens.map((token) => decoder.append(vocabulary.indexOf(token))), decoder.finish()];
}

test("jamo are held back until the syllable is complete", () => {
  assert.deepEqual(pieces(["ᄒ", "ᅡ", "ᆫ", "ᄀ", "ᅳ", "!"], "jamo"), ["", "", "한", "", "", "그!", ""]);
  assert.deepEqual(pieces(["ᄒ", "ᄀ", "ᅡ"], "jamo"), ["", "ᄒ", "", "가"]);
  assert.deepEqual(pieces(["ᅡ", "ᆫ"], "jamo"), ["ᅡ", "ᆫ", ""]);
  assert.deepEqual(pieces(["ᄒ", "ᅡ"], "jamo", "nfd"), ["ᄒ", "ᅡ", ""]);
});

test("bytes are held back until the character is complete", () => {
  const bytes = (...values) => values.map((value) => String.fromCharCode(value));
  assert.deepEqual(pieces(bytes(0x41, 0xed, 0x95, 0x9c), "byte"), ["A", "", "", "한", ""]);
  // A maximal subpart of an ill-formed sequence becomes one U+FFFD.
  assert.deepEqual(pieces(bytes(0xed, 0xa0, 0x80), "byte"), ["", "\ufffd\ufffd", "\ufffd", ""]);
  assert.deepEqual(pieces(bytes(0xf0, 0x9f, 0x41), "byte"), ["", "", "\ufffdA", ""]);
  assert.deepEqual(pieces(bytes(0xe2, 0x82), "byte"), ["", "", "\ufffd"]);
});

test("bytes are decoded as TextDecoder does", () => {
  // All pairs of leads with the bytes at the bounds of their second bytes, before a third and a fourth byte.
  const interesting = [0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
    0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff];
  const tokens = Array.from({ length: 256 }, (_, value) => String.fromCharCode(value));
  const decoder = new StreamDecoder(new Tokenizer("byte", "none"), new Vocabulary(tokens));
  for (const first of interesting) {
    for (const second of interesting) {
      for (const third of interesting) {
        const bytes = [first, second, third, 0x80, 0x41];
        const found = bytes.map((byte) => decoder.append(byte)).join("") + decoder.finish();
        assert.equal(found, new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array(bytes)), `${bytes}`);
      }
    }
  }
});

test("a truncated text ends with a complete character", () => {
  const finish = (tokens, unit) => {
    const decoder = new StreamDecoder(new Tokenizer(unit, "nfc"), new Vocabulary(tokens));
    return tokens.map((_, id) => decoder.append(id)).join("") + decoder.finishTruncated();
  };
  assert.equal(finish(["ᄒ", "ᅡ"], "jamo"), "하");
  assert.equal(finish(["a", "ᄒ"], "jamo"), "a");
  assert.equal(finish(["a", "\u00e2", "\u0082"], "byte"), "a");
});

test("the unknown token is U+FFFD", () => {
  assert.deepEqual(pieces(["a", ""]), ["a", "\ufffd", ""]);
});

test("decoded characters have adjacent ranges of ids", () => {
  const decode = (tokens, unit = "grapheme", form = "nfc") => {
    const model = { tokenizer: new Tokenizer(unit, form), vocabulary: new Vocabulary([...new Set([...tokens, "x"])]) };
    const characters = decodeCharacters(model, tokens.map((token) => model.vocabulary.id(token)));
    return characters.map(({ text, start, end }) => `${text} ${start} ${end}`);
  };
  assert.deepEqual(decode(["ᄒ", "ᅡ", "ᆫ", "ᄀ", "!", "ᄀ"], "jamo"), ["한 0 3", "ᄀ 3 4", "! 4 5", "ᄀ 5 6"]);
  assert.deepEqual(decode(["ᄒ", "ᅡ", "ᄒ", "ᅡ"], "jamo", "nfd"), ["\u1112\u1161 0 2", "\u1112\u1161 2 4"]);
  assert.deepEqual(decode(["e", "\u0301", "x"], "codepoint", "nfd"), ["e\u0301 0 2", "x 2 3"]);
  assert.deepEqual(decode(["\u00e2", "\u0082", "a", "\u00e2"], "byte"), ["\ufffd 0 2", "a 2 3", "\ufffd 3 4"]);
  assert.deepEqual(decode(["\u00f0", "\u00e2"], "byte"), ["\ufffd 0 1", "\ufffd 1 2"]);
  assert.deepEqual(decode(["ab", "c"]), ["ab 0 1", "c 1 2"]);
  assert.deepEqual(decode([]), []);
});
