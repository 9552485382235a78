import { StreamDecoder } from "./decoder.js";
import { softmax } from "./network.js";
import { RandomDraws } from "./random.js";
import { PenaltyWindow, Sampler } from "./sampler.js";
import { StopStrings } from "./stops.js";

/**
 * A generator of a text that continues a prompt, by the rules of Sources/GeulGeneration/GenerationBatch.swift: the same
 * seed gives the same text as `geul generate`.
 */
export class Generator {
  #model;
  #length;
  #count = 0;
  #window;
  #sampler;
  #draws;
  #decoder;
  #stops;
  #ending = null;

  /**
   * @param model The model.
   * @param request `{ sampling, seed, sample, length, stops }`: the sampling options, the random seed, the index of the
   *   sample among those with the same seed, the maximum number of tokens, and the stop strings. All are optional.
   * @param promptIDs The ids of the tokens to continue; if empty, the text starts as after a line break.
   * @param state The state after the prompt, if it is known; else the prompt is read from a zero state.
   */
  constructor(model, request, promptIDs, state = null) {
    const { sampling = {}, seed = 0, sample = 0, length = 500, stops = [] } = request;
    const { vocabulary, network } = model;
    this.#model = model;
    this.#length = length;
    this.#sampler = new Sampler(sampling, vocabulary.count, [vocabulary.unknownID]);
    this.#window = new PenaltyWindow(this.#sampler.options.repeatLastN);
    this.#draws = new RandomDraws(seed, sample);
    this.#decoder = new StreamDecoder(model.tokenizer, vocabulary);
    this.#stops = new StopStrings(stops, model);
    for (const id of promptIDs) {
      this.#window.append(id);
      // The first generated tokens may complete a Hangul syllable at the end of the prompt.
      this.#decoder.append(id);
    }
    const read = promptIDs.length > 0 ? promptIDs : [vocabulary.lineBreakID];
    /** The state after the prompt and all generated tokens. */
    this.state = state ?? read.reduce((before, id) => network.step(id, before), network.initialState());
  }

  /** The reason why the text ended: "length", "stop" or "interrupted"; null while it continues. */
  get ending() {
    return this.#ending;
  }

  /**
   * Generates one token. Returns `{ id, probability, text, ending }`: the token, or -1 if the text has its length
   * already; its probability before sampling options; the text that is now complete, which is often empty; and the
   * reason why the text ended, or null.
   */
  next() {
    if (this.#ending !== null) return this.interrupt();
    let [id, probability, text] = [-1, NaN, ""];
    if (this.#count < this.#length) {
      const { network } = this.#model;
      const logits = network.logits(this.state);
      id = this.#sampler.sample(logits, this.#window, this.#draws.at(this.#count));
      probability = softmax(logits)[id];
      this.state = network.step(id, this.state);
      this.#window.append(id);
      this.#count += 1;
      text = this.#append(this.#decoder.append(id));
    }
    if (this.#ending === null && this.#count >= this.#length) text += this.#finish("length");
    return { id, probability, text, ending: this.#ending };
  }

  /** Ends the text before it has its length; returns what `next` does, with the text that was held back. */
  interrupt() {
    const text = this.#ending === null ? this.#finish("interrupted") : "";
    return { id: -1, probability: NaN, text, ending: this.#ending };
  }

  /** Completes the text, which may end with a stop string. */
  #finish(reason) {
    // An incomplete character at the end is dropped; without generated tokens it is part of the prompt and kept.
    const text = this.#append(this.#length > 0 ? this.#decoder.finishTruncated() : this.#decoder.finish());
    if (this.#ending !== null) return text;
    const { text: rest, isStopped } = this.#stops.finish();
    this.#ending = isStopped ? "stop" : reason;
    return text + rest;
  }

  #append(text) {
    const { text: shown, isStopped } = this.#stops.append(text);
    if (isStopped) this.#ending = "stop";
    return shown;
  }
}
