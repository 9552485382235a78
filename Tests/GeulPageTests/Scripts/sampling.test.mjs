// Tests of random numbers, the sampler, stop strings and the generator.

import assert from "node:assert/strict";
import test from "node:test";
import { Generator } from "../../../Sources/GeulPage/Resources/engine/generator.js";
import { Model } from "../../../Sources/GeulPage/Resources/engine/model.js";
import { philox, RandomDraws } from "../../../Sources/GeulPage/Resources/engine/random.js";
import { PenaltyWindow, Sampler, validateSampling, defaultSampling }
  from "../../../Sources/GeulPage/Resources/engine/sampler.js";
import { StopStrings } from "../../../Sources/GeulPage/Resources/engine/stops.js";
import { Tokenizer } from "../../../Sources/GeulPage/Resources/engine/tokenizer.js";
import { Vocabulary } from "../../../Sources/GeulPage/Resources/engine/vocabulary.js";
import { float32Bytes, randomModel, safetensorsBytes, tensorShapes } from "./models.mjs";

test("Philox 4x32-10 has the known answers of Random123", () => {
  // kat_vectors of https://github.com/DEShawResearch/random123; the last block is of the digits of pi.
  const cases = [
    [[0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    [Array(4).fill(0xffffffff), Array(2).fill(0xffffffff), [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ];
  for (const [counter, key, expected] of cases) {
    assert.deepEqual(philox(counter.map(BigInt), key.map(BigInt)), expected.map(BigInt));
  }
});

test("random numbers are the upper 53 of 64 bits, over 64-bit seeds, samples and indices", () => {
  // The first two words of the vectors above.
  const bits = (high, low) => Number((BigInt(high) << 32n | BigInt(low)) >> 11n) / 2 ** 53;
  assert.equal(new RandomDraws(0).at(0), bits(0xe169c58d, 0x6627e8d5));
  const most = 2n ** 64n - 1n;
  assert.equal(new RandomDraws(most, most).at(most), bits(0x41c83b0e, 0x408f276d));
  const pi = new RandomDraws(0x299f31d0a4093822n, 0x0370734413198a2en).at(0x85a308d3243f6a88n);
  assert.equal(pi, bits(0x94fdcceb, 0xd16cfe09));
  assert.equal(new RandomDraws(7).at(3), new RandomDraws(7n, 0).at(3n));
});

/** Returns the distribution for logits, options and the most recent tokens. */
function distribution(logits, options, recent = [], banned = []) {
  const sampler = new Sampler({ temperature: 1, ...options }, logits.length, banned);
  const window = new PenaltyWindow(sampler.options.repeatLastN);
  recent.forEach((id) => window.append(id));
  return sampler.distribution(new Float32Array(logits), window);
}

function assertDistribution(found, expected) {
  assert.equal(found.length, expected.length);
  found.forEach((p, id) => assert.ok(Math.abs(p - expected[id]) <= 1e-7, `${found} instead of ${expected}`));
}

/** The logits of the probabilities 1/8, 1/2, 1/8 and 1/4. */
const logits = [1 / 8, 1 / 2, 1 / 8, 1 / 4].map(Math.log);

test("without filters the distribution is the softmax", () => {
  assertDistribution(distribution(logits, {}), [1 / 8, 1 / 2, 1 / 8, 1 / 4]);
});

test("temperature 2 takes the square root of each probability, 0.5 squares it, 0 takes the largest", () => {
  const roots = [1 / 8, 1 / 2, 1 / 8, 1 / 4].map(Math.sqrt);
  const sum = roots.reduce((a, b) => a + b);
  assertDistribution(distribution(logits, { temperature: 2 }), roots.map((root) => root / sum));
  assertDistribution(distribution(logits, { temperature: 0.5 }), [1 / 22, 16 / 22, 1 / 22, 4 / 22]);
  assertDistribution(distribution([1, 3, 3], { temperature: 0 }), [0, 1, 0]);
});

test("top-k keeps the most likely tokens and breaks ties by the smaller id", () => {
  const expected = {
    0: [1 / 8, 1 / 2, 1 / 8, 1 / 4], 1: [0, 1, 0, 0], 2: [0, 2 / 3, 0, 1 / 3], 3: [1 / 7, 4 / 7, 0, 2 / 7],
    4: [1 / 8, 1 / 2, 1 / 8, 1 / 4], 5: [1 / 8, 1 / 2, 1 / 8, 1 / 4],
  };
  for (const [k, kept] of Object.entries(expected)) assertDistribution(distribution(logits, { topK: Number(k) }), kept);
});

test("top-p keeps the smallest set with a cumulative probability of p", () => {
  const expected = [
    [5e-324, [0, 1, 0, 0]], [0.4, [0, 1, 0, 0]], [0.6, [0, 2 / 3, 0, 1 / 3]], [0.8, [1 / 7, 4 / 7, 0, 2 / 7]],
    [0.99, [1 / 8, 1 / 2, 1 / 8, 1 / 4]],
  ];
  for (const [p, kept] of expected) assertDistribution(distribution(logits, { topP: p }), kept);
});

test("min-p keeps the tokens with a fraction of the maximum probability", () => {
  const expected = [
    [0.24, [1 / 8, 1 / 2, 1 / 8, 1 / 4]], [0.26, [0, 2 / 3, 0, 1 / 3]], [0.51, [0, 1, 0, 0]], [1, [0, 1, 0, 0]],
  ];
  for (const [p, kept] of expected) assertDistribution(distribution(logits, { minP: p }), kept);
  assertDistribution(distribution([1, 3, 3], { minP: 1 }), [0, 0.5, 0.5]);
});

test("filters see probabilities at temperature 1, in the order top-k, top-p, min-p", () => {
  // Of 2/3 and 1/3, top-p 0.6 keeps the first; without top-k it would keep both.
  assertDistribution(distribution(logits, { topK: 2, topP: 0.6, temperature: 100 }), [0, 1, 0, 0]);
  // The temperature would make all probabilities nearly equal.
  assertDistribution(distribution(logits, { minP: 0.51, temperature: 100 }), [0, 1, 0, 0]);
});

test("the repeat penalty divides positive logits and multiplies negative ones, once", () => {
  const softmax = (values) => {
    const exponentials = values.map(Math.exp);
    return exponentials.map((e) => e / exponentials.reduce((a, b) => a + b));
  };
  const options = { repeatPenalty: 2 };
  assertDistribution(distribution([2, -1, 0.5], options, [0, 1, 0]), softmax([1, -2, 0.5]));
  assertDistribution(distribution([2, -1, 0.5], { ...options, repeatLastN: 1 }, [0, 1]), softmax([2, -2, 0.5]));
  assertDistribution(distribution([2, -1, 0.5], { ...options, repeatLastN: 0 }, [0, 1]), softmax([2, -1, 0.5]));
});

test("a window holds the last tokens", () => {
  const window = new PenaltyWindow(3);
  const contents = [1, 2, 3, 4, 5].map((id) => {
    window.append(id);
    return [...window.ids].sort().join("");
  });
  assert.deepEqual(contents, ["1", "12", "123", "234", "345"]);
});

test("banned tokens are never drawn", () => {
  assertDistribution(distribution([0, 9, 0], {}, [], [1]), [0.5, 0, 0.5]);
  assertDistribution(distribution([0, 9, 1], { topK: 1 }, [], [1]), [0, 0, 1]);
  assert.throws(() => new Sampler({}, 1, [0]), /no token that can be generated/);
});

test("logits that are not finite do not break the distribution", () => {
  assertDistribution(distribution([NaN, 1, -Infinity, 1], {}), [0, 0.5, 0, 0.5]);
  assertDistribution(distribution([Infinity, 1, Infinity], {}), [0.5, 0, 0.5]);
  assertDistribution(distribution([NaN, NaN], {}), [1, 0]);
  assertDistribution(distribution([-Infinity, NaN, 2], { topK: 2, topP: 0.9 }), [0, 0, 1]);
});

test("a draw inverts the cumulative distribution in the order of the ids", () => {
  const sampler = new Sampler({ temperature: 1 }, 4, []);
  const quarters = new Float32Array([0, 0, -Infinity, Math.log(2)]);
  const draw = (uniform) => sampler.sample(quarters, new PenaltyWindow(0), uniform);
  // The probabilities are 1/4, 1/4, 0 and 1/2.
  assert.deepEqual([0, 0.24, 0.26, 0.49, 0.51, 1 - 2 ** -53].map(draw), [0, 0, 1, 1, 3, 3]);
  const masked = new Sampler({ temperature: 1 }, 2, []);
  assert.equal(masked.sample(new Float32Array([-Infinity, 0]), new PenaltyWindow(0), 0), 1);
});

test("options out of range are refused by name", () => {
  validateSampling(defaultSampling);
  const wrong = {
    temperature: [-0.1, NaN, Infinity], topK: [-1, 1.5], topP: [0, 1.1, NaN], minP: [-0.1, 1.1], repeatPenalty: [0, -1],
    repeatLastN: [-1, 0.5],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const message = new RegExp(`^Error: ${name} must be .*, not ${value}\\.$`);
      assert.throws(() => new Sampler({ [name]: value }, 3), message);
    }
  }
});

/** Returns what a matcher shows of pieces of text, and whether a stop string ended it. */
function stopped(stops, pieces, { form = "nfc", unit = "grapheme", tokens = [..."abcde한\n"] } = {}) {
  const model = { tokenizer: new Tokenizer(unit, form), vocabulary: new Vocabulary(tokens) };
  const matcher = new StopStrings(stops, model);
  const shown = [];
  for (const piece of pieces) {
    const { text, isStopped } = matcher.append(piece);
    shown.push(text);
    if (isStopped) return [...shown, "stop"];
  }
  const { text, isStopped } = matcher.finish();
  return isStopped ? [...shown, text, "stop"] : [...shown, text];
}

test("text that may become a stop string is held back", () => {
  assert.deepEqual(stopped(["abc"], ["a", "b", "d", "a", "b"]), ["", "", "abd", "", "", "ab"]);
  assert.deepEqual(stopped(["abc"], ["xa", "bc", "d"]), ["x", "", "stop"]);
  assert.deepEqual(stopped(["aab"], ["a", "a", "a", "b"]), ["", "", "a", "", "stop"]);
  assert.deepEqual(stopped(["bc", "abcd"], ["abcd"]), ["", "stop"]);
  assert.deepEqual(stopped(["bc", "abcd"], ["abc"]), ["a", "stop"]);
  assert.deepEqual(stopped(["", "b"], ["a", "b"]), ["a", "", "stop"]);
  assert.deepEqual(stopped([""], ["a", "b"]), ["a", "b", ""]);
});

test("in decomposed text a stop string ends where a character ends", () => {
  const nfd = { form: "nfd" };
  assert.deepEqual(stopped(["e"], ["be", "\u0301"], nfd), ["b", "e\u0301", ""]);
  assert.deepEqual(stopped(["e"], ["be", "b"], nfd), ["b", "", "stop"]);
  assert.deepEqual(stopped(["e"], ["be"], nfd), ["b", "", "stop"]);
  assert.deepEqual(stopped(["하"], ["ᄒ", "ᅡ", "ᆫ"], nfd), ["", "", "한".normalize("NFD"), ""]);
  assert.deepEqual(stopped(["하"], ["ᄒ", "ᅡ", "ᄒ"], nfd), ["", "", "", "stop"]);
  // U+0334 has the lowest combining class, U+0345 the highest; a variation selector (U+FE0F) has none.
  assert.deepEqual(stopped(["e"], ["e\u0334"], nfd), ["e\u0334", ""]);
  assert.deepEqual(stopped(["e"], ["e\u0345"], nfd), ["e\u0345", ""]);
  assert.deepEqual(stopped(["e"], ["e\ufe0f"], nfd), ["", "stop"]);
});

test("a stop string has the spellings of the model's text", () => {
  assert.deepEqual(stopped(["e\u0301"], ["a\u00e9"]), ["a", "stop"]);
  assert.deepEqual(stopped(["\u00e9"], ["ae\u0301b"], { form: "none" }), ["a", "stop"]);
  assert.deepEqual(stopped(["\n"], ["a\r\nb"], { tokens: ["\r\n", "a"] }), ["a", "stop"]);
  assert.deepEqual(stopped(["\n"], ["a\r\nb"], { unit: "codepoint", tokens: ["\r", "\n", "a"] }), ["a", "stop"]);
  assert.deepEqual(stopped(["\r\n"], ["a\nb"]), ["a", "stop"]);
  assert.deepEqual(stopped(["\n"], ["a\rb"], { tokens: ["\r", "a"] }), ["a", "stop"]);
});

/** Returns a model that continues each token with the next one, and the last with the first. */
function cycle(tokens, unit) {
  const architecture = { cell: "rnn", layers: 1, hidden: tokens.length };
  const n = tokens.length;
  const tensors = tensorShapes(architecture, n).map(([name, shape]) => {
    const values = new Float32Array(shape.reduce((a, b) => a * b));
    for (let i = 0; i < n; i += 1) {
      if (name.endsWith("weight_ih_l0")) values[i * n + i] = 8;
      if (name === "decoder.weight") values[(i + 1) % n * n + i] = 8;
    }
    return { name, dtype: "F32", shape, bytes: float32Bytes(values) };
  });
  const tokenizer = { unit, normalization: "nfc", icu: "72.1" };
  const metadata = { format: 1, model: architecture, tokenizer, vocabulary: tokens };
  return Model.read(safetensorsBytes({ geul: JSON.stringify(metadata) }, tensors), "cycle");
}

function generate(generator) {
  const events = [];
  while (events.at(-1)?.ending !== generator.ending || generator.ending === null) events.push(generator.next());
  return { events, text: events.map(({ text }) => text).join(""), ending: generator.ending };
}

test("a text ends at its length or before a stop string, without an incomplete character", () => {
  const model = cycle(["ᄒ", "ᅡ", "ᆫ", "!"], "jamo");
  const sampling = { temperature: 0 };
  const run = (length, stops = [], prompt = [3]) => {
    const { text, ending } = generate(new Generator(model, { sampling, length, stops }, prompt));
    return [text, ending];
  };
  assert.deepEqual(run(4), ["한!", "length"]);
  assert.deepEqual(run(5), ["한!", "length"]);
  assert.deepEqual(run(6), ["한!하", "length"]);
  assert.deepEqual(run(9, ["!"]), ["한", "stop"]);
  assert.deepEqual(run(9, ["하!"]), ["한!한!", "length"]);
  // The first tokens complete the syllable that the prompt begins.
  assert.deepEqual(run(2, [], [3, 0]), ["한", "length"]);
  assert.deepEqual(run(0, [], [3, 0, 1]), ["하", "length"]);
  assert.deepEqual(run(0, [], [3, 0]), ["ᄒ", "length"]);
  // An empty prompt stands for the most frequent token here.
  assert.deepEqual(run(3, [], []), ["ᅡᆫ!", "length"]);
});

test("an interrupted text has what was held back, and does not continue", () => {
  const request = { sampling: { temperature: 0 }, stops: ["bd"] };
  const generator = new Generator(cycle(["a", "b", "c"], "grapheme"), request, [0]);
  assert.deepEqual([generator.next().text, generator.ending], ["", null]);
  const { text, ending } = generator.interrupt();
  assert.deepEqual([text, ending], ["b", "interrupted"]);
  assert.deepEqual(generator.next(), { id: -1, probability: NaN, text: "", ending: "interrupted" });
});

test("a text continues from a known state, and depends on the seed and the sample", () => {
  const tokens = [..."abcdefgh\n"];
  const model = randomModel({ architecture: { cell: "gru", layers: 2, hidden: 8 }, tokens, bound: 1 });
  const prompt = [3, 1, 4, 1, 5];
  const state = prompt.reduce((before, id) => model.network.step(id, before), model.network.initialState());
  const run = (request, known) => generate(new Generator(model, { length: 60, seed: 5, ...request }, prompt, known));
  const first = run({});
  assert.equal([...first.text].length, 60);
  assert.deepEqual(run({}, state), first);
  assert.notEqual(run({ seed: 6 }).text, first.text);
  assert.notEqual(run({ sample: 1 }).text, first.text);
  first.events.forEach(({ probability }) => assert.ok(probability > 0 && probability < 1));
});
