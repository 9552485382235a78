import { Trace } from "../engine/trace.js";

/** The maximum number of characters that are compared: each keeps the activations of all models. */
export const comparedLength = 500;

/**
 * A model that reads the compared text.
 *
 * The text is given as characters that are the same for all models, so each is encoded alone: `characters[i]` is
 * `{ start, end, outcome }`, the range of its ids in `trace.ids` and what prompt.js says of it. It has no ids if it was skipped.
 */
export function createReading(model) {
  const trace = new Trace(model, []);
  const reading = {
    model, trace, characters: [],
    setCharacters(texts) {
      const ids = [];
      reading.characters = texts.map((text) => {
        const encoded = model.encode(text);
        const start = ids.length;
        ids.push(...encoded.ids);
        const changed = encoded.characters.find(({ outcome }) => outcome !== "known");
        return { start, end: ids.length, outcome: changed?.outcome ?? "known" };
      });
      trace.extend(ids);
    },
    advance: (milliseconds) => trace.ids.length === 0 || trace.advance(milliseconds),
    /** The number of characters that were read so far. */
    get count() {
      const unread = reading.characters.findIndex(({ end }) => end > trace.count);
      return unread < 0 ? reading.characters.length : unread;
    },
    /** The surprisal of a character in bits, the sum over its tokens: -log2 p. NaN if it is unread, skipped or has no prediction. */
    bits(index) {
      const { start, end } = reading.characters[index];
      if (end > trace.count || start === end) return NaN;
      return trace.surprisal.slice(start, end).reduce((a, b) => a + b, 0);
    },
  };
  return reading;
}

/** Returns the graphemes of a text, at most `comparedLength`. */
export function splitCharacters(text) {
  const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment).slice(0, comparedLength);
}

/**
 * Compares the losses of models over the characters that all of them know and predict.
 *
 * Nothing predicts the first character of a text. A character that a model does not have in its vocabulary has no probability
 * there, so it is left out for all models: a mean over different characters could not be compared.
 *
 * @returns
 * - `isCounted[i]`: true if character i is part of the mean.
 * - `losses`: for each reading `{ bitsPerCharacter, natsPerToken, cumulative }`; `cumulative[i]` is the sum of the bits up to and with i.
 * - `leftOut[i]`: the readings of the models that do not know character i.
 */
export function compareLosses(readings) {
  const count = Math.min(...readings.map((reading) => reading.count));
  const indices = Array.from({ length: count }, (_, index) => index);
  const leftOut = indices.map((index) => readings.filter(({ characters }) => characters[index].outcome !== "known"));
  const isCounted = indices.map((index) => leftOut[index].length === 0 && readings.every((reading) => Number.isFinite(reading.bits(index))));
  const counted = indices.filter((index) => isCounted[index]);
  const losses = readings.map((reading) => {
    let sum = 0;
    const cumulative = indices.map((index) => (sum += isCounted[index] ? reading.bits(index) : 0));
    const tokens = counted.reduce((total, index) => total + reading.characters[index].end - reading.characters[index].start, 0);
    return { bitsPerCharacter: sum / counted.length, natsPerToken: (sum * Math.LN2) / tokens, cumulative };
  });
  return { isCounted, losses, leftOut };
}
