import { h } from "../app/dom.js";
import { fullSurprisal, rangeSurprisal, tintStrength } from "../app/surprisal.js";

/** The strongest tint: text on it still has enough contrast. */
const strongestTint = 0.8;

/** Returns the surprisal of a character in bits, the sum over its tokens in a path; null if it is not known. */
export function characterSurprisal(path, character) {
  for (let index = character.start; index < character.end; index++) {
    const { id, probability, written } = path[index];
    // The first token of a text, and what is not read yet, have no probability; skipped characters do not count.
    if (probability === null && id >= 0 && written === undefined) return null;
  }
  const bits = rangeSurprisal(path, character);
  return Number.isNaN(bits) ? null : bits;
}

/** Returns the tint of each character of a tree, from 0 for a probability of 1 on; 0 if it has none. */
export function characterTints(tree) {
  const { path } = tree;
  return tree.characters.map((character) => (
    strongestTint * tintStrength(characterSurprisal(path, character) ?? 0)
  ));
}

/** Creates the scale of the tints, in bits. */
export function createTintScale() {
  return h("span", { class: "scale" }, [0, 2, 4, 6, 8].map((bits) => h("span", {
    class: "tinted", text: bits < fullSurprisal ? String(bits) : `${bits}+`,
    style: { "--tint": String(strongestTint * tintStrength(bits)) },
  })));
}

/** Returns an element of tinted characters. */
export function tintedText(characters, tints) {
  return h("span", {}, characters.map(({ text }, index) => h("span", {
    class: "tinted", text, style: { "--tint": tints[index].toFixed(2) },
  })));
}
