// Models with random parameters, for tests and measurements.

import { Model } from "../../../Sources/GeulPage/Resources/engine/model.js";

/** Returns a function that returns uniform random numbers in -1...1 (mulberry32). */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/** Returns the bytes of a safetensors file; tensors are `{ name, dtype, shape, bytes }`. */
export function safetensorsBytes(metadata, tensors) {
  const header = { __metadata__: metadata };
  let end = 0;
  for (const { name, dtype, shape, bytes } of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] };
    end += bytes.length;
  }
  return fileBytes(JSON.stringify(header), tensors.map(({ bytes }) => bytes));
}

/** Returns the bytes of a file with a header, as text, and data, a list of byte arrays. */
export function fileBytes(header, data) {
  const text = new TextEncoder().encode(header);
  const headerEnd = 8 + Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(data.reduce((sum, bytes) => sum + bytes.length, headerEnd)).fill(0x20, 8, headerEnd);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerEnd - 8), true);
  file.set(text, 8);
  let end = headerEnd;
  for (const bytes of data) {
    file.set(bytes, end);
    end += bytes.length;
  }
  return file;
}

export const float32Bytes = (values) => new Uint8Array(Float32Array.from(values).buffer);

const gateCounts = { lstm: 4, gru: 3, rnn: 1 };

/** The names and shapes of the tensors of a network, as in PyTorch. */
export function tensorShapes({ cell, layers, hidden }, vocabularySize) {
  const rows = gateCounts[cell] * hidden;
  const recurrent = Array.from({ length: layers }, (_, index) => [
    [`${cell}.weight_ih_l${index}`, [rows, index === 0 ? vocabularySize : hidden]],
    [`${cell}.weight_hh_l${index}`, [rows, hidden]],
    [`${cell}.bias_ih_l${index}`, [rows]],
    [`${cell}.bias_hh_l${index}`, [rows]],
  ]);
  return [...recurrent.flat(), ["decoder.weight", [vocabularySize, hidden]], ["decoder.bias", [vocabularySize]]];
}

/**
 * Returns the bytes of a model with uniform random parameters between -bound and bound.
 *
 * @param options `{ architecture, tokens, unit, normalization, bound, seed }`.
 */
export function modelBytes({ architecture, tokens, unit = "grapheme", normalization = "nfc", bound = 0.5, seed = 1 }) {
  const random = randomNumbers(seed);
  const metadata = {
    format: 1, model: architecture, tokenizer: { unit, normalization, icu: "72.1" }, vocabulary: tokens,
  };
  const tensors = tensorShapes(architecture, tokens.length).map(([name, shape]) => {
    const length = shape.reduce((a, b) => a * b);
    return { name, dtype: "F32", shape, bytes: float32Bytes(Array.from({ length }, () => random() * bound)) };
  });
  return safetensorsBytes({ geul: JSON.stringify(metadata) }, tensors);
}

/** Returns the model of `modelBytes`. */
export const randomModel = (options) => Model.read(modelBytes(options), "random");
