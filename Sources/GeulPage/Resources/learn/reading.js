import { signal } from "../app/signal.js";
import { isKorean } from "../app/store.js";
import { createTokenText } from "../app/tokenText.js";
import { mostLikely } from "../app/mostLikely.js";
import { visibleToken, visibleTokenOf } from "../app/visibleText.js";
import { formatPercent, t } from "../app/strings.js";
import { Trace } from "../engine/trace.js";

/** What the reader chose in the tour; it survives a change of the tab, the language and the model. */
export const learnState = {
  step: 0, sentence: null, neurons: new Map(), weight: 1.2, temperature: 0.8, seed: 1,
};

/** Returns the sentence that the tour begins with: one of the documentation, with a quotation of some length. */
export function defaultSentence(model) {
  return isKorean(model)
    ? "달이 떴다. \"누구냐? 이 밤중에 여기까지 찾아온 사람이 누구냐?\""
    : "The captain said, \"God send that I have read it right.\"";
}

/**
 * A sentence that a model reads: `{ model, ids, tokens, characters, skipped, trace, position, neuron, advance }`.
 *
 * - `tokens`: `[{ id, text }]`, `text` visible; `characters`: `[{ written, text, start, end }]` with the range of tokens of
 *   each.
 * - `skipped`: the characters that are not in the vocabulary.
 * - `trace`: the states, after `advance` returned true.
 * - `position`: a signal, the index of the token that the reader looks at. `neuron`: a signal, `{ layer, index }`.
 */
export function createSentenceReading(model, sentence) {
  const encoded = model.encode(sentence);
  const { ids } = encoded;
  const trace = new Trace(model, ids);
  return {
    model, ids, trace,
    tokens: ids.map((id) => ({ id, text: visibleTokenOf(model, id) })),
    characters: encoded.characters.filter(({ start, end }) => end > start)
      .map(({ text, start, end }) => ({ written: text, text: visibleToken(text), start, end })),
    skipped: encoded.characters.filter(({ outcome }) => outcome === "skipped").map(({ text }) => text),
    position: signal(ids.length - 1),
    neuron: signal(learnState.neurons.get(model) ?? null),
    advance: (milliseconds) => trace.advance(milliseconds),
  };
}

/** Returns the probability of token t given those before it; NaN for the first token. */
export function tokenProbability(reading, t) {
  return 2 ** -reading.trace.surprisal[t];
}

/** Returns the mean loss of the tokens after the first, in nats. */
export function meanLoss(reading) {
  const losses = reading.trace.surprisal.slice(1);
  return losses.reduce((sum, bits) => sum + bits, 0) * Math.LN2 / losses.length;
}

/**
 * Creates the tokens of a reading as text in which the reader chooses a position.
 *
 * `tint(t)` colors token t, `below(t)` is what stands below it and `describe(t)` what a screen reader adds.
 */
export function createTokenRow(reading, { label, tint = () => 0, below = () => undefined, describe = () => "" }) {
  const text = createTokenText({ label, onCursor: (index) => {
    if (index >= 0) reading.position.value = index;
  } });
  const update = () => text.update({
    characters: reading.tokens.map((token, index) => ({ text: token.text, below: below(index) })),
    tints: reading.tokens.map((_, index) => tint(index)),
    cursor: reading.position.value,
    descriptions: (index) => (
      [t("learn.token", { index: index + 1, token: reading.tokens[index].text }), describe(index)].filter(Boolean).join(", ")
    ),
  });
  return { element: text.element, update };
}

/** Returns the most likely tokens after token t as entries of a list of bars; that of `ids[t + 1]` is marked. */
export function predictionBars(reading, probabilities, count, next = null) {
  return mostLikely(probabilities, count).map(({ id, probability }) => ({
    text: visibleTokenOf(reading.model, id), value: probability, valueText: formatPercent(probability), isMarked: id === next,
  }));
}
