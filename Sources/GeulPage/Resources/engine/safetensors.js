/** The maximum size of a header in bytes, as in the Swift library. */
const headerLimit = 64 * 2 ** 20;

/** The size of an element in bytes, by dtype. */
const elementSizes = { F32: 4, I8: 1 };

/**
 * Reads a safetensors file (https://github.com/huggingface/safetensors#format) with float32 and int8 tensors.
 *
 * An int8 tensor NAME `[r, c]` has a float32 tensor "NAME.scale" `[r, 1]` or `[1, c]` of scales, by which its values
 * are multiplied here.
 *
 * Returns `{ metadata: { key: string }, tensors: Map name -> { shape, values: Float32Array, isQuantized } }`, values
 * row-major.
 * Throws an Error with one sentence for any damage.
 */
export function readSafetensors(bytes) {
  const { header, data } = splitSafetensors(bytes);
  const { __metadata__: metadata = {}, ...entries } = header;
  requireFormat(
    isPlainObject(metadata) && Object.values(metadata).every((value) => typeof value === "string"),
    "its metadata are not strings");
  const stored = readTensorEntries(entries, data);
  const tensors = new Map();
  for (const [name, tensor] of stored) {
    if (tensor.dtype === "I8") {
      tensors.set(name, dequantize(name, tensor, stored.get(`${name}.scale`)));
    } else if (stored.get(name.replace(/\.scale$/, ""))?.dtype !== "I8") {
      tensors.set(name, { shape: tensor.shape, values: float32Values(tensor.bytes), isQuantized: false });
    }
  }
  return { metadata, tensors };
}

function requireFormat(condition, problem) {
  if (!condition) throw new Error(`The model file is damaged: ${problem}.`);
}

function isPlainObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Splits a file into its header, parsed, and its data: 8 bytes with the length of the header, the header, the data. */
function splitSafetensors(bytes) {
  requireFormat(bytes.length >= 8, `it has ${bytes.length} bytes, too few for a header`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  requireFormat(length <= headerLimit, "its first 8 bytes are not the length of a header");
  requireFormat(8 + length <= bytes.length, `its header has ${length} bytes, but the file ends before`);
  let header;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, 8 + length));
    header = JSON.parse(text);
  } catch {
    // The check below reports it.
  }
  requireFormat(isPlainObject(header), "its header is not a JSON object");
  return { header, data: bytes.subarray(8 + length) };
}

/** Returns a map from names to `{ dtype, shape, bytes }`; the tensors cover the data without overlap or gap. */
function readTensorEntries(entries, data) {
  const isSize = (value) => Number.isSafeInteger(value) && value >= 0;
  const tensors = Object.entries(entries).map(([name, entry]) => {
    const { dtype, shape, data_offsets: offsets } = isPlainObject(entry) ? entry : {};
    requireFormat(
      Array.isArray(shape) && shape.every(isSize) && Array.isArray(offsets) && offsets.length === 2 &&
        offsets.every(isSize),
      `tensor "${name}" has no valid shape or offsets`);
    requireFormat(Object.hasOwn(elementSizes, dtype), `tensor "${name}" has the dtype ${dtype} instead of F32 or I8`);
    const size = shape.reduce((product, length) => product * length, elementSizes[dtype]);
    const [begin, end] = offsets;
    requireFormat(end - begin === size, `tensor "${name}" has ${end - begin} bytes; its shape requires ${size}`);
    return { name, dtype, shape, begin, end };
  });
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, begin, end } of tensors) {
    requireFormat(begin === position, `tensor "${name}" starts at byte ${begin} of the data instead of ${position}`);
    position = end;
  }
  requireFormat(position === data.length, `it has ${data.length} bytes of data instead of ${position}`);
  return new Map(tensors.map(({ name, dtype, shape, begin, end }) => [
    name, { dtype, shape, bytes: data.subarray(begin, end) },
  ]));
}

/** Returns little-endian float32 values, without a copy if the bytes are aligned. */
function float32Values(bytes) {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}

/** Returns `values[i][j] = int8[i][j] * scale`, with the scale of row i or of column j. */
function dequantize(name, { shape, bytes }, scale) {
  requireFormat(shape.length === 2, `the int8 tensor "${name}" is not a matrix`);
  const [rows, columns] = shape;
  const scaleShape = scale?.dtype === "F32" ? scale.shape.join() : "";
  const isByRow = scaleShape === `${rows},1`;
  requireFormat(isByRow || scaleShape === `1,${columns}`, `the int8 tensor "${name}" has no valid scales`);
  const scales = float32Values(scale.bytes);
  const integers = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = new Float32Array(integers.length);
  for (let i = 0, index = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1, index += 1) {
      values[index] = integers[index] * scales[isByRow ? i : j];
    }
  }
  return { shape, values, isQuantized: true };
}
