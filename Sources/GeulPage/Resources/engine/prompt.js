import { StreamDecoder } from "./decoder.js";
import { Tokenizer } from "./tokenizer.js";

/**
 * Encodes a prompt, by the rules of Sources/GeulText/PromptEncoding.swift.
 *
 * A token that is not in the vocabulary is replaced by the closest form that is: another line ending for a line ending,
 * else another normal form, then lower or upper case, then full width. If there is none, it becomes the unknown token,
 * or is skipped if the vocabulary has no unknown token.
 *
 * Returns `{ text, ids, substitutions, characters }`: the normalized text; the token ids; the tokens that are not in
 * the vocabulary, `{ position, token, outcome, replacement }`, by their index in the prompt; and the graphemes of the
 * text, `{ text, start, end, outcome, replacement }`, with the range of ids that each became. The outcome is "known",
 * "replaced", "unknown" or "skipped"; the replacement is null unless the outcome is "replaced". A character of which
 * some tokens were skipped counts as replaced by the others.
 */
export function encodePrompt(tokenizer, vocabulary, text) {
  const normalized = tokenizer.normalized(text);
  const ids = [];
  const substitutions = [];
  // Tokens occur again and again, and the closest form of an unknown one takes long to find.
  const encoded = new Map();
  const encode = (token) => {
    if (!encoded.has(token)) encoded.set(token, encodeToken(tokenizer, vocabulary, token));
    return encoded.get(token);
  };
  let position = 0;
  let decoder = null;
  const characters = tokenizer.graphemes(normalized).map((grapheme) => {
    const start = ids.length;
    const outcomes = tokenizer.graphemeTokens(grapheme).map((token) => {
      const { outcome, replacement, ids: tokenIDs } = encode(token);
      if (outcome !== "known") substitutions.push({ position, token, outcome, replacement });
      position += 1;
      ids.push(...tokenIDs);
      return outcome;
    });
    const end = ids.length;
    const outcome = characterOutcome(outcomes, end > start);
    let replacement = null;
    if (outcome === "replaced") {
      decoder ??= new StreamDecoder(tokenizer, vocabulary);
      replacement = ids.slice(start, end).map((id) => decoder.append(id)).join("") + decoder.finish();
    }
    return { text: grapheme, start, end, outcome, replacement };
  });
  return { text: normalized, ids, substitutions, characters };
}

/** Returns the outcome of a character from those of its tokens. */
function characterOutcome(outcomes, hasIDs) {
  if (outcomes.every((outcome) => outcome === "known")) return "known";
  if (outcomes.includes("unknown")) return "unknown";
  return hasIDs ? "replaced" : "skipped";
}

/** Encodes one token: `{ outcome, replacement, ids }`. */
function encodeToken(tokenizer, vocabulary, token) {
  const id = vocabulary.id(token);
  if (id >= 0) return { outcome: "known", replacement: null, ids: [id] };
  const closest = tokenizer.unit === "byte" ? null : closestForm(tokenizer.unit, vocabulary, token);
  if (closest !== null) return { outcome: "replaced", replacement: closest.form, ids: closest.ids };
  const isUnknown = vocabulary.unknownID >= 0;
  return {
    outcome: isUnknown ? "unknown" : "skipped", replacement: null, ids: isUnknown ? [vocabulary.unknownID] : [],
  };
}

/** Returns the first form of a token whose tokens are all in the vocabulary, with their ids; null if there is none. */
function closestForm(unit, vocabulary, token) {
  // The token is already normalized; its other forms must be kept as they are.
  const plain = new Tokenizer(unit, "none");
  for (const form of tokenForms(token)) {
    const ids = plain.tokens(form).map((part) => vocabulary.id(part));
    if (ids.length > 0 && ids.every((id) => id >= 0)) return { form, ids };
  }
  return null;
}

/** Returns the equivalent forms of a token, closest first. */
function tokenForms(token) {
  const lineEndings = ["\n", "\r\n", "\r"];
  if (lineEndings.includes(token)) return lineEndings;
  const normal = ["NFC", "NFD", "NFKC"].map((form) => token.normalize(form));
  const cased = [token, ...normal].flatMap((form) => [
    mapCharacters(form, (character) => character.toLowerCase()),
    mapCharacters(form, (character) => character.toUpperCase()),
  ]);
  const wide = [token, ...normal, ...cased].map(fullWidthForm).filter((form) => form !== null);
  return [...normal, ...cased, ...wide];
}

/** Maps each code point alone: the case of a character does not depend on its neighbors here. */
function mapCharacters(text, transform) {
  return Array.from(text, transform).join("");
}

/** The inverse of NFKC on the block Halfwidth and Fullwidth Forms, and the ideographic space; made at the first use. */
let fullWidthForms = null;

/** Returns the text with all characters in full width; null if one has no such form. */
function fullWidthForm(text) {
  fullWidthForms ??= makeFullWidthForms();
  const wide = Array.from(text, (character) => fullWidthForms.get(character));
  return wide.includes(undefined) ? null : wide.join("");
}

function makeFullWidthForms() {
  const forms = new Map([[" ", "\u3000"]]);
  const add = (first, last) => {
    for (let code = first; code <= last; code += 1) {
      const wide = String.fromCodePoint(code);
      const narrow = wide.normalize("NFKC");
      if ([...narrow].length === 1 && narrow !== wide) forms.set(narrow, wide);
    }
  };
  add(0xff01, 0xff60);
  add(0xffe0, 0xffe6);
  return forms;
}
