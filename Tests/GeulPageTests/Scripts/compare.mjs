// Compares the engine with the Swift library: `node compare.mjs FOLDER`.
//
// For each NAME.safetensors, the folder has NAME.json with what the library computes; EngineTests.swift writes both.
// Prints a line for each model and exits with 1 on any difference. `compareCase` also runs in a browser.

import { decodeCharacters, StreamDecoder } from "../../../Sources/GeulPage/Resources/engine/decoder.js";
import { Generator } from "../../../Sources/GeulPage/Resources/engine/generator.js";
import { Model } from "../../../Sources/GeulPage/Resources/engine/model.js";
import { Trace } from "../../../Sources/GeulPage/Resources/engine/trace.js";

/** The largest difference of a probability; the library computes in float32, the engine sums in float64. */
const tolerance = 1e-5;

/** Returns a list of sentences, one for each difference between the engine and what the library computed. */
export function compareCase(bytes, expected) {
  const model = Model.read(bytes, "compared");
  const greedy = { ...expected.greedy, options: { temperature: 0 } };
  return [
    ...compareEncoding(model, expected),
    ...compareProbabilities(model, expected),
    ...compareTexts("greedy text", generate(model, greedy), expected.greedy),
    ...compareTexts("sampled text", generate(model, expected.sampled), expected.sampled),
    ...compareUnknown(model, expected.unknown),
  ];
}

function compareEncoding(model, { text, ids }) {
  const encoding = model.encode(text);
  const differences = compareLists("ids", encoding.ids, ids);
  const { characters } = encoding;
  if (characters.map((character) => character.text).join("") !== encoding.text) {
    differences.push("the characters of the prompt are not its text");
  }
  // Decoding in ranges gives the same text as decoding token by token.
  const decoder = new StreamDecoder(model.tokenizer, model.vocabulary);
  const decoded = ids.map((id) => decoder.append(id)).join("") + decoder.finish();
  const ranges = decodeCharacters(model, ids);
  if (ranges.map((range) => range.text).join("") !== decoded) {
    differences.push("the decoded characters are not the text");
  }
  const isAdjacent = ranges.every(({ start, end }, i) => start === (i > 0 ? ranges[i - 1].end : 0) && end > start);
  if (!isAdjacent || ranges.at(-1).end !== ids.length) differences.push("the ranges of characters are not adjacent");
  return differences;
}

function compareProbabilities(model, { ids, probabilities }) {
  const trace = new Trace(model, ids);
  while (!trace.advance(1000));
  const found = trace.surprisal.slice(1).map((bits) => 2 ** -bits);
  const worst = Math.max(...found.map((p, t) => Math.abs(p - probabilities[t])));
  return found.length === probabilities.length && worst <= tolerance ? [] : [
    `probabilities differ by up to ${worst}`,
  ];
}

function generate(model, { prompt, seed = 0, sample = 0, options, stops = [] }) {
  const request = { sampling: options, seed, sample, length: 500, stops };
  const generator = new Generator(model, request, model.encode(prompt).ids);
  let text = "";
  let ending = null;
  while (ending === null) {
    const next = generator.next();
    text += next.text;
    ending = next.ending;
  }
  return { text, ending };
}

function compareTexts(name, found, expected) {
  const differences = compareLists(name, [...found.text], [...expected.text]);
  if (expected.ending !== undefined && found.ending !== expected.ending) {
    differences.push(`${name}: ended by ${found.ending} instead of ${expected.ending}`);
  }
  return differences;
}

function compareUnknown(model, { prompt, ids, substitutions }) {
  const found = model.encode(prompt);
  const describe = ({ position, token, outcome, replacement }) => (
    JSON.stringify([position, token, outcome, replacement ?? null])
  );
  return [
    ...compareLists("ids of unusual characters", found.ids, ids),
    ...compareLists("substitutions", found.substitutions.map(describe), substitutions.map(describe)),
  ];
}

function compareLists(name, found, expected) {
  const index = expected.findIndex((value, i) => value !== found[i]);
  if (index < 0 && found.length === expected.length) return [];
  const at = index < 0 ? expected.length : index;
  const counts = `(${found.length} and ${expected.length} elements)`;
  return [`${name}: at ${at} ${found[at]} instead of ${expected[at]} ${counts}`];
}

async function main([folder]) {
  const { readdirSync, readFileSync } = await import("node:fs");
  const names = readdirSync(folder).filter((name) => name.endsWith(".safetensors")).sort();
  let isEqual = names.length > 0;
  for (const file of names) {
    const name = file.slice(0, -".safetensors".length);
    const expected = JSON.parse(readFileSync(`${folder}/${name}.json`, "utf8"));
    const differences = compareCase(readFileSync(`${folder}/${file}`), expected);
    console.log(`${name}: ${differences.join("; ") || "equal"}`);
    isEqual &&= differences.length === 0;
  }
  process.exitCode = isEqual ? 0 : 1;
}

const isMain = typeof process !== "undefined" && process.argv[1].endsWith("/compare.mjs");
if (isMain) await main(process.argv.slice(2));
