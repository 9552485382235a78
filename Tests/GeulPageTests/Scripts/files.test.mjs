// Tests of model files: base64, safetensors, metadata, and all kinds of damage.

import assert from "node:assert/strict";
import test from "node:test";
import { decodeBase64 } from "../../../Sources/GeulPage/Resources/engine/bytes.js";
import { Model } from "../../../Sources/GeulPage/Resources/engine/model.js";
import { readSafetensors } from "../../../Sources/GeulPage/Resources/engine/safetensors.js";
import { fileBytes, float32Bytes, modelBytes, randomNumbers, safetensorsBytes, tensorShapes } from "./models.mjs";

test("base64 decodes to bytes", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  assert.deepEqual(decodeBase64(Buffer.from(bytes).toString("base64")), bytes);
  assert.deepEqual(decodeBase64(""), new Uint8Array());
  assert.throws(() => decodeBase64("a*b="), /not valid base64/);
});

const architecture = { cell: "gru", layers: 1, hidden: 2 };
const small = modelBytes({ architecture, tokens: ["a", "b", "c"] });

/** Asserts that the bytes are refused with one sentence. */
function assertRefused(bytes, pattern, read = (file) => Model.read(file, "damaged")) {
  assert.throws(() => read(bytes), (error) => {
    assert.ok(error instanceof Error);
    assert.equal(error.constructor, Error, `${error}`);
    assert.match(error.message, /^[A-Z][^\n]*\.$/);
    assert.match(error.message, pattern);
    return true;
  });
}

test("float32 tensors are read, aligned or not", () => {
  const values = [0, -1.5, 3.25, 1e-40, 2, 5];
  const tensor = { name: "x", dtype: "F32", shape: [2, 3], bytes: float32Bytes(values) };
  const bytes = safetensorsBytes({ key: "text" }, [tensor]);
  for (const offset of [0, 1, 2, 3]) {
    const shifted = new Uint8Array(bytes.length + offset);
    shifted.set(bytes, offset);
    const { metadata, tensors } = readSafetensors(shifted.subarray(offset));
    assert.deepEqual(metadata, { key: "text" });
    assert.deepEqual(tensors.get("x").shape, [2, 3]);
    assert.deepEqual(tensors.get("x").values, Float32Array.from(values));
  }
});

test("int8 tensors are multiplied by the scales of their rows or columns", () => {
  const integers = new Uint8Array(Int8Array.from([1, -2, 127, -127, 0, 5]).buffer);
  const read = (scale, shape) => readSafetensors(safetensorsBytes({}, [
    { name: "w.scale", dtype: "F32", shape, bytes: float32Bytes(scale) },
    { name: "w", dtype: "I8", shape: [2, 3], bytes: integers },
  ])).tensors;
  const byRow = read([0.5, 2], [2, 1]);
  assert.deepEqual([...byRow.keys()], ["w"]);
  assert.deepEqual(byRow.get("w").values, Float32Array.from([0.5, -1, 63.5, -254, 0, 10]));
  assert.deepEqual(read([1, 2, 4], [1, 3]).get("w").values, Float32Array.from([1, -4, 508, -127, 0, 20]));
  for (const [scale, shape] of [[[1, 2], [2]], [[1, 2], [1, 2]], [[1, 2, 3], [3, 1]]]) {
    assert.throws(() => read(scale, shape), /"w" has no valid scales/);
  }
  const alone = safetensorsBytes({}, [{ name: "w", dtype: "I8", shape: [2, 3], bytes: integers }]);
  assertRefused(alone, /no valid scales/, readSafetensors);
  const vector = safetensorsBytes({}, [{ name: "w", dtype: "I8", shape: [6], bytes: integers }]);
  assertRefused(vector, /not a matrix/, readSafetensors);
});

test("a quantized model computes with the dequantized weights", () => {
  const tokens = ["a", "b", "c"];
  const metadata = { geul: JSON.stringify({
    format: 1, model: architecture, tokenizer: { unit: "grapheme", normalization: "nfc" }, vocabulary: tokens,
  }) };
  const random = randomNumbers(2);
  const parts = tensorShapes(architecture, tokens.length).map(([name, shape]) => {
    const integers = Int8Array.from({ length: shape.reduce((a, b) => a * b) }, () => Math.round(random() * 127));
    return { name, shape, integers, values: Float32Array.from(integers, (value) => value * 0.01) };
  });
  const float32 = Model.read(safetensorsBytes(metadata, parts.map(({ name, shape, values }) => (
    { name, dtype: "F32", shape, bytes: float32Bytes(values) }
  ))), "float32");
  const scale = (rows) => float32Bytes(Array(rows).fill(0.01));
  const int8 = Model.read(safetensorsBytes(metadata, parts.flatMap(({ name, shape, integers, values }) => (
    shape.length === 1 ? [{ name, dtype: "F32", shape, bytes: float32Bytes(values) }] : [
      { name: `${name}.scale`, dtype: "F32", shape: [shape[0], 1], bytes: scale(shape[0]) },
      { name, dtype: "I8", shape, bytes: new Uint8Array(integers.buffer) },
    ]
  )).sort((a, b) => a.dtype < b.dtype ? -1 : 1)), "int8");
  assert.deepEqual([float32.precision, int8.precision], ["float32", "int8"]);
  assert.equal(float32.parameterCount, int8.parameterCount);
  const read = ({ network }) => network.probabilities(network.step(1, network.initialState()));
  const [a, b] = [read(float32), read(int8)];
  // 0.01 in float32 differs from 0.01 by a relative 2^-25, so the weights differ by a rounding.
  a.forEach((p, id) => assert.ok(Math.abs(p - b[id]) < 100 * 2 ** -24, `${a} and ${b}`));
});

test("a model has the parts of its metadata", () => {
  const model = Model.read(small, "small");
  assert.equal(model.name, "small");
  assert.deepEqual(model.architecture, { ...architecture, activation: "tanh" });
  assert.deepEqual(model.vocabulary.tokens, ["a", "b", "c"]);
  // W_x, W_h, both biases of 3 gates, and the output projection of 3 tokens.
  assert.equal(model.parameterCount, 6 * 3 + 6 * 2 + 6 + 6 + 3 * 2 + 3);
  assert.deepEqual(model.encode("cab").ids, [2, 0, 1]);
  const lstmBytes = modelBytes({ architecture: { cell: "lstm", layers: 2, hidden: 2 }, tokens: ["a", "b"] });
  const lstm = Model.read(lstmBytes, "lstm");
  const bytes = Array.from({ length: 256 }, (_, value) => String.fromCharCode(value));
  const byteModel = Model.read(modelBytes({ architecture, tokens: bytes, unit: "byte", normalization: "none" }), "bytes");
  assert.deepEqual(byteModel.encode("\0é").ids, [0, 0xc3, 0xa9]);
  // The two biases of an LSTM's gates are always added, and count once.
  assert.equal(lstm.parameterCount, (8 * 2 + 8 * 2 + 8) * 2 + 2 * 2 + 2);
});

test("a file that is truncated or longer is refused", () => {
  for (let length = 0; length < small.length; length += 1) assertRefused(small.subarray(0, length), /damaged/);
  assertRefused(new Uint8Array([...small, 0]), /damaged/);
});

test("a file with any changed byte of its header is refused or means the same parameters", () => {
  const headerEnd = 8 + Number(new DataView(small.buffer).getBigUint64(0, true));
  const tensorValues = (bytes) => [...readSafetensors(bytes).tensors.values()].map(({ values }) => values);
  const original = tensorValues(small);
  for (let index = 0; index < headerEnd; index += 1) {
    for (const bit of [1, 4, 32, 128]) {
      const changed = small.slice();
      changed[index] ^= bit;
      let model;
      try {
        model = Model.read(changed, "changed");
      } catch (error) {
        assert.equal(error.constructor, Error, `byte ${index}: ${error}`);
        assert.match(error.message, /^[A-Z][^\n]*\.$/);
        continue;
      }
      // The change is in the text of the metadata, for example in a token.
      assert.deepEqual(tensorValues(changed), original);
      assert.equal(model.network.vocabularySize, 3);
    }
  }
});

test("a damaged header is refused", () => {
  const data = float32Bytes([1, 2, 3, 4]);
  const entry = (change = {}) => ({ dtype: "F32", shape: [2], data_offsets: [0, 8], ...change });
  const second = entry({ data_offsets: [8, 16] });
  const refuse = (header, pattern) => assertRefused(
    fileBytes(typeof header === "string" ? header : JSON.stringify(header), [data]), pattern, readSafetensors);
  readSafetensors(fileBytes(JSON.stringify({ x: entry(), y: second }), [data]));
  for (const text of ["", "{", "[]", "null", "1", '{"x":', '{"x":}', "{'x':1}", "\ufeff{}"]) {
    refuse(text, /not a JSON object/);
  }
  for (const value of [null, 1, "x", [], {}]) refuse({ x: value }, /no valid shape or offsets/);
  refuse({ __metadata__: { key: 1 } }, /metadata are not strings/);
  refuse({ __metadata__: null }, /metadata are not strings/);
  refuse({ __metadata__: ["x"], x: entry() }, /metadata are not strings/);
  for (const dtype of ["F16", "BF16", "I16", "f32", "", null, 5, "constructor", undefined]) {
    refuse({ x: entry({ dtype }), y: second }, /dtype/);
  }
  for (const shape of [null, 2, [-2], [2.5], ["2"], [null], [1e300], { length: 1 }]) {
    refuse({ x: entry({ shape }), y: second }, /no valid shape/);
  }
  refuse({ x: entry({ shape: [3] }), y: second }, /8 bytes; its shape requires 12/);
  refuse({ x: entry({ shape: [2 ** 40, 2 ** 40] }), y: second }, /8 bytes; its/);
  for (const offsets of [null, [], [0], [0, 8, 16], [-8, 0], [0, "8"], [0.5, 8.5]]) {
    refuse({ x: entry({ data_offsets: offsets }), y: second }, /no valid shape or offsets/);
  }
  refuse({ x: entry({ data_offsets: [8, 0] }), y: second }, /-8 bytes; its/);
  refuse({ x: entry(), y: entry() }, /"y" starts at byte 0 of the data instead of 8/);
  refuse({ x: entry(), y: entry({ data_offsets: [4, 12] }) }, /"y" starts at byte 4/);
  refuse({ x: entry({ data_offsets: [4, 12] }) }, /"x" starts at byte 4 of the data instead of 0/);
  refuse({ x: entry(), y: entry({ data_offsets: [16, 24] }) }, /"y" starts at byte 16/);
  refuse({ x: entry(), y: second, z: entry({ data_offsets: [16, 24] }) }, /16 bytes of data instead of 24/);
  refuse({ x: entry() }, /16 bytes of data instead of 8/);
  refuse({}, /16 bytes of data instead of 0/);

  const invalid = fileBytes('{"x":"?"}', []);
  invalid[8 + 6] = 0xff;
  assertRefused(invalid, /not a JSON object/, readSafetensors);
  const long = small.slice();
  long.fill(0xff, 0, 8);
  assertRefused(long, /not the length of a header/, readSafetensors);
});

test("a model with wrong metadata or tensors is refused", () => {
  const metadata = {
    format: 1, model: architecture, tokenizer: { unit: "grapheme", normalization: "nfc" }, vocabulary: ["a", "b", "c"],
  };
  const tensors = tensorShapes(architecture, 3).map(([name, shape]) => (
    { name, dtype: "F32", shape, bytes: new Uint8Array(4 * shape.reduce((a, b) => a * b)) }
  ));
  const refuse = (pattern, change, changedTensors = tensors) => {
    const text = typeof change === "string" ? change : JSON.stringify({ ...metadata, ...change });
    assertRefused(safetensorsBytes({ geul: text }, changedTensors), pattern);
  };
  Model.read(safetensorsBytes({ geul: JSON.stringify(metadata) }, tensors), "zero");
  assertRefused(safetensorsBytes({}, tensors), /no key "geul"/);
  for (const text of ["", "{", "null", "1", "{}", '{"format":"1"}']) refuse(/metadata is not valid/, text);
  refuse(/version 2 of the format instead of 1/, { format: 2 });
  for (const model of [undefined, null, {}, { cell: "mamba" }, { cell: "toString" }]) refuse(/kind of cell/, { model });
  refuse(/activation is gelu/, { model: { ...architecture, activation: "gelu" } });
  for (const [layers, hidden] of [[0, 2], [65, 2], [1, 0], [1, 1e6], [1.5, 2], ["1", 2], [null, 2], [1, undefined]]) {
    refuse(/out of range/, { model: { ...architecture, layers, hidden } });
  }
  const tokenizer = (unit, normalization) => ({ tokenizer: { unit, normalization } });
  for (const change of [{ tokenizer: null }, tokenizer(), tokenizer("word", "nfc"), tokenizer("byte", "NFC")]) {
    refuse(/tokenizer is unknown/, change);
  }
  for (const vocabulary of [undefined, null, "abc", ["a", 1], { 0: "a" }]) {
    refuse(/not a list of texts/, { vocabulary });
  }
  refuse(/twice/, { vocabulary: ["a", "b", "a"] });
  refuse(/no token/, { vocabulary: [] });
  refuse(/token 1 is not a codepoint/, { ...tokenizer("codepoint", "nfc"), vocabulary: ["a", "bc", ""] });
  refuse(/token 2 is not a byte/, { ...tokenizer("byte", "none"), vocabulary: ["a", "b", "\u0100"] });
  refuse(/"gru.weight_ih_l0" has the shape \[6,3\] instead of \[6,4\]/, { vocabulary: ["a", "b", "c", "d"] });
  refuse(/"gru.weight_ih_l0" has the shape \[6,3\] instead of \[9,3\]/, { model: { ...architecture, hidden: 3 } });
  refuse(/no tensor "gru.weight_ih_l1"/, { model: { ...architecture, layers: 2 } });
  refuse(/no tensor "lstm.weight_ih_l0"/, { model: { ...architecture, cell: "lstm" } });
  for (let missing = 0; missing < tensors.length; missing += 1) {
    refuse(new RegExp(`no tensor "${tensors[missing].name}"`), {}, tensors.filter((_, index) => index !== missing));
    for (const value of [NaN, Infinity, -Infinity]) {
      const changed = tensors.map((tensor) => ({ ...tensor, bytes: tensor.bytes.slice() }));
      new DataView(changed[missing].bytes.buffer).setFloat32(4, value, true);
      refuse(new RegExp(`"${tensors[missing].name}" contains values that are not finite`), {}, changed);
    }
  }
});
