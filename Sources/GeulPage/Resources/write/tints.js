import { h } from "../app/dom.js";

/** The surprisal, in bits, of the strongest tint. */
const strongestSurprisal = 8;

/** The strongest tint: text on it still has enough contrast. */
const strongestTint = 0.8;

/** Returns the surprisal of a character in bits, the sum over its tokens; null if none of them has a probability. */
export function characterSurprisal(nodes) {
  const known = nodes.filter(({ probability }) => probability !== null);
  if (known.length === 0 || known.length < nodes.length && nodes[0].written === undefined) return null;
  return known.reduce((sum, { probability }) => sum - Math.log2(Math.max(probability, 1e-30)), 0);
}

/** Returns the tint of each character of a tree, from 0 for a probability of 1 on; 0 if it has none. */
export function characterTints(tree) {
  const { path } = tree;
  return tree.characters.map(({ start, end }) => tintOf(characterSurprisal(path.slice(start, end))));
}

/** Returns the tint of a surprisal in bits. */
export function tintOf(surprisal) {
  return strongestTint * Math.min(1, (surprisal ?? 0) / strongestSurprisal);
}

/** Returns spans of tinted characters. */
export function tintedText(characters, tints) {
  return characters.map(({ text }, index) => h("span", {
    class: "tinted", text, style: { "--tint": tints[index].toFixed(2) },
  }));
}
