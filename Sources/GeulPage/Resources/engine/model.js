import { cells } from "./cells.js";
import { Network } from "./network.js";
import { encodePrompt } from "./prompt.js";
import { readSafetensors } from "./safetensors.js";
import { Tokenizer } from "./tokenizer.js";
import { Vocabulary } from "./vocabulary.js";

/** The version of the metadata that this code reads, as in Sources/GeulModel/Model.swift. */
const modelFormat = 1;

/** A network with everything that is needed to use it: parameters, tokenizer and vocabulary. */
export class Model {
  /**
   * Reads a model from the bytes of a file that `geul train` or `geul page` wrote.
   *
   * Throws an Error with one sentence if the file is damaged, is not a model, or has another version of the format.
   */
  static read(bytes, name) {
    const { metadata, tensors } = readSafetensors(bytes);
    return new Model(name, parseMetadata(metadata.geul), tensors);
  }

  constructor(name, metadata, tensors) {
    const { model: architecture, tokenizer, vocabulary } = metadata;
    this.name = name;
    /** The JSON of the metadata key `geul`, with facts about the training under `training`. */
    this.metadata = metadata;
    this.architecture = { activation: "tanh", ...architecture };
    this.tokenizer = new Tokenizer(tokenizer.unit, tokenizer.normalization);
    this.vocabulary = new Vocabulary(vocabulary);
    checkTokens(this.vocabulary, this.tokenizer.unit);
    let elementCount = 0;
    this.network = new Network(this.architecture, this.vocabulary.count, (tensor, shape) => {
      const values = tensorValues(tensors, tensor, shape);
      elementCount += values.length;
      return values;
    });
    const { cell, cellKind, layerCount, hiddenSize } = this.network;
    /** The number of parameters. Both biases of a gate count as one where they are always added: not in the GRU. */
    this.parameterCount = elementCount - (cellKind === "gru" ? 0 : layerCount * cell.gateCount * hiddenSize);
    /** "float32", or "int8" if matrices are stored as int8. */
    this.precision = [...tensors.values()].some(({ isQuantized }) => isQuantized) ? "int8" : "float32";
  }

  /** Encodes a text; see `encodePrompt`. */
  encode(text) {
    return encodePrompt(this.tokenizer, this.vocabulary, text);
  }
}

function requireModel(condition, problem) {
  if (!condition) throw new Error(`The file is not a model that this page can read: ${problem}.`);
}

/** Parses and checks the metadata key `geul`. */
function parseMetadata(text) {
  requireModel(text !== undefined, 'its metadata has no key "geul"');
  let metadata;
  try {
    metadata = JSON.parse(text);
  } catch {
    // The first check reports it.
  }
  requireModel(typeof metadata?.format === "number", "its metadata is not valid");
  requireModel(
    metadata.format === modelFormat, `it has version ${metadata.format} of the format instead of ${modelFormat}`);
  const { model, tokenizer, vocabulary } = metadata;
  const isCount = (value, maximum) => Number.isInteger(value) && value >= 1 && value <= maximum;
  requireModel(Object.hasOwn(cells, model?.cell), `its kind of cell is ${model?.cell}`);
  requireModel(["tanh", "relu"].includes(model.activation ?? "tanh"), `its activation is ${model.activation}`);
  requireModel(
    isCount(model.layers, 64) && isCount(model.hidden, 65536),
    `a network of ${model.layers} layers of ${model.hidden} units is out of range`);
  requireModel(
    ["grapheme", "codepoint", "jamo", "byte"].includes(tokenizer?.unit) &&
      ["none", "nfc", "nfd", "nfkc"].includes(tokenizer.normalization),
    "its tokenizer is unknown");
  requireModel(
    Array.isArray(vocabulary) && vocabulary.every((token) => typeof token === "string"),
    "its vocabulary is not a list of texts");
  return metadata;
}

/** Checks that all tokens can be produced by a tokenizer. */
function checkTokens({ tokens, unknownID }, unit) {
  const isToken = {
    grapheme: () => true,
    jamo: () => true,
    codepoint: (token) => [...token].length === 1,
    byte: (token) => /^[\0-\xff]$/.test(token),
  }[unit];
  const wrong = tokens.findIndex((token, id) => id !== unknownID && !isToken(token));
  requireModel(wrong < 0, `its token ${wrong} is not a ${unit}`);
}

/** Returns the finite values of a tensor of this shape. */
function tensorValues(tensors, name, shape) {
  const tensor = tensors.get(name);
  requireModel(tensor !== undefined, `it has no tensor "${name}"`);
  requireModel(
    tensor.shape.join() === shape.join(), `its tensor "${name}" has the shape [${tensor.shape}] instead of [${shape}]`);
  requireModel(tensor.values.every(Number.isFinite), `its tensor "${name}" contains values that are not finite`);
  return tensor.values;
}
