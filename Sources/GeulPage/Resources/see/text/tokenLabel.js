import { jamoParts, visibleToken } from "../../app/visibleText.js";
import { characterOf } from "../windowPositions.js";

/** Returns the visible form of the token of a node, `{ text, part }`; `part` is that of a jamo in its syllable, or null. */
export function tokenLabel({ id, written }, { vocabulary, tokenizer }) {
  const token = id < 0 ? written : vocabulary.tokens[id];
  const jamo = jamoParts(token);
  return jamo ? { text: jamo.letter, part: jamo.part } : { text: visibleToken(token, tokenizer.unit), part: null };
}

/** Returns the visible form of a token of the window, with its character if that has others, too. */
export function tokenDescription({ labels, window }, token) {
  const { text } = labels[token];
  const character = window.characters[characterOf(window, token)];
  return character.end - character.start > 1 ? `${text} (${character.text})` : text;
}

/** Returns the text of a character in a line: a line break becomes a symbol. */
export function textInLine(text) {
  return /^[\r\n]+$/.test(text) ? "↵" : text;
}
