// Continues a text with a model that `geul export MODEL --onnx model.onnx` wrote.
//
//     npm install onnxruntime-node
//     node generate.mjs model.onnx "The lamp" 200 [TEMPERATURE]
//
// In a browser, import onnxruntime-web instead, and read the file with fetch.
import { readFile } from "node:fs/promises";
import * as ort from "onnxruntime-node";

const [path, prompt, length, temperature = "0.7"] = process.argv.slice(2);
const bytes = new Uint8Array(await readFile(path));
const session = await ort.InferenceSession.create(bytes);
const about = properties(bytes);
const { unit, normalization } = about.tokenizer;

/** Reads the properties of the file, which onnxruntime does not offer in JavaScript: field 14 of the message. */
function properties(bytes) {
  const result = {}, decoder = new TextDecoder();
  const fields = function* (message) {
    for (let at = 0; at < message.length;) {
      const integer = () => {
        for (let value = 0, scale = 1; ; scale *= 128) {
          value += (message[at] & 127) * scale;
          if (message[at++] < 128) return value;
        }
      };
      const tag = integer(), value = integer();  // the fields of the file are integers and bytes
      if (tag % 8 === 2) yield [(tag - 2) / 8, message.subarray(at, at += value)];
    }
  };
  for (const [number, message] of fields(bytes)) {
    if (number !== 14) continue;
    const [[, key], [, text]] = fields(message);
    result[decoder.decode(key)] = JSON.parse(decoder.decode(text));
  }
  return result;
}

// The tokens of the prompt.
let text = normalization === "none" ? prompt : prompt.normalize(normalization.toUpperCase());
if (unit === "jamo") text = text.replace(/[가-힣]/g, syllable => syllable.normalize("NFD"));
const bytesOf = text => [...new TextEncoder().encode(text)].map(byte => String.fromCharCode(byte));
const graphemes = text => [...new Intl.Segmenter().segment(text)].map(part => part.segment);
const parts = { byte: bytesOf, grapheme: graphemes, jamo: text => [...text], codepoint: text => [...text] };
const tokens = parts[unit](text).map(token => about.vocabulary.indexOf(token));
if (tokens.includes(-1)) throw new Error("the prompt has a character that the model does not know");

// The state is zero before the first token; each run returns the state after its last token.
const size = [about.model.layers, 1, about.model.hidden];
const names = session.inputNames.filter(name => name !== "tokens");
const zeros = () => new ort.Tensor("float32", new Float32Array(size[0] * size[2]), size);
let states = Object.fromEntries(names.map(name => [name, zeros()]));
for (let count = 0, inputs = tokens.slice(); count < Number(length); count++) {
  const ids = new ort.Tensor("int64", BigInt64Array.from(inputs, BigInt), [inputs.length, 1]);
  const outputs = await session.run({ tokens: ids, ...states });
  states = Object.fromEntries(names.map(name => [name, outputs[`next_${name}`]]));
  inputs = [sample(outputs.logits.data.slice(-about.vocabulary.length))];
  tokens.push(...inputs);
}
text = tokens.map(token => about.vocabulary[token]).join("");
if (unit === "byte") text = new TextDecoder().decode(Uint8Array.from(text, byte => byte.charCodeAt(0)));
console.log(text.normalize("NFC"));

/** Draws a token from softmax(logits / temperature). */
function sample(logits) {
  const scores = Array.from(logits, logit => logit / Math.max(Number(temperature), 1e-9));
  const highest = Math.max(...scores), weights = scores.map(score => Math.exp(score - highest));
  let rest = Math.random() * weights.reduce((sum, weight) => sum + weight, 0);
  return Math.max(0, weights.findIndex(weight => (rest -= weight) < 0));
}
