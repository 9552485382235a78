import { slider } from "../app/controls.js";
import { button, h } from "../app/dom.js";
import { runInSlices } from "../app/scheduler.js";
import { formatNumber, formatPercent, t } from "../app/strings.js";
import { Generator } from "../engine/generator.js";
import { PenaltyWindow, Sampler } from "../engine/sampler.js";
import { signal } from "../app/signal.js";
import { createBarList } from "./barList.js";
import { createTokenRow, learnState, predictionBars } from "./reading.js";

/** The number of samples, and of their characters. */
const sampleCount = 3;
const sampleLength = 60;

/** Step 10: the distribution of the next token and three samples at an adjustable temperature. */
export function createTemperatureFigure({ reading, onClose }) {
  const { model, trace } = reading;
  // The continuation begins after this token.
  reading.cut ??= signal(hardestPosition(reading));
  const row = createTokenRow({ ...reading, position: reading.cut }, { label: t("learn.choose") });
  const bars = createBarList({ label: t("learn.nextToken") });
  const samples = Array.from({ length: sampleCount }, () => h("span", { class: "sample" }));
  const beginnings = Array.from({ length: sampleCount }, () => h("span", { class: "muted" }));
  let cancel = () => {};

  function update() {
    const end = reading.cut.value + 1;
    const state = trace.states[end - 1];
    const logits = model.network.logits(state);
    const beginning = reading.characters.filter((character) => character.end <= end).map(({ written }) => written).join("");
    beginnings.forEach((element) => { element.textContent = beginning; });
    row.update();
    const sampling = { temperature: learnState.temperature };
    const sampler = new Sampler(sampling, model.vocabulary.count, [model.vocabulary.unknownID]);
    const distribution = sampler.distribution(logits, new PenaltyWindow(0));
    const shown = predictionBars(reading, distribution, 10);
    const rest = Math.max(0, 1 - shown.reduce((sum, { value }) => sum + value, 0));
    bars.update([...shown, {
      text: t("learn.rest", { count: model.vocabulary.count - shown.length }), value: rest, valueText: formatPercent(rest),
    }]);
    bars.element.dataset.sum = distribution.reduce((sum, value) => sum + value, 0);
    cancel();
    cancel = runInSlices(createSampling(model, sampling, reading.ids.slice(0, end), state, (number, text) => {
      samples[number].textContent = text;
    }));
  }

  onClose(reading.cut.subscribe(update));
  onClose(() => cancel());
  update();
  return [
    row.element, h("p", { class: "muted", text: t("learn.cut") }),
    slider({
      label: t("learn.temperature"), min: 0, max: 2, step: 0.05, value: learnState.temperature,
      format: (value) => formatNumber(value, 2),
      onInput: (value) => {
        learnState.temperature = value;
        update();
      },
    }),
    h("h3", { text: t("learn.nextToken") }), bars.element,
    h("h3", { text: t("learn.samples", { count: sampleLength }) }),
    h("ol", { class: "samples" }, samples.map((sample, number) => h("li", {}, beginnings[number], sample))),
    h("div", { class: "controls" }, button(t("learn.again"), () => {
      learnState.seed += 1;
      update();
    })),
  ];
}

/** Returns the index of the last token of a character after which the entropy of the prediction is largest. */
function hardestPosition({ model, trace, characters }) {
  const entropy = (state) => model.network.probabilities(state).reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0);
  return characters.map(({ end }) => ({ index: end - 1, value: entropy(trace.states[end - 1]) }))
    .reduce((best, next) => (next.value > best.value ? next : best)).index;
}

/** Returns a task that generates the samples one after the other and reports their texts. */
function createSampling(model, sampling, ids, state, onText) {
  let number = 0;
  let generator = null;
  let text = "";
  return { advance(milliseconds) {
    const end = performance.now() + milliseconds;
    while (number < sampleCount && performance.now() < end) {
      generator ??= new Generator(model, { sampling, seed: learnState.seed, sample: number, length: 5 * sampleLength }, ids, state);
      const step = generator.next();
      text += step.text;
      const characters = [...text];
      if (step.text !== "") onText(number, characters.slice(0, sampleLength).join(""));
      if (characters.length >= sampleLength || step.ending !== null) {
        number += 1;
        [generator, text] = [null, ""];
      }
    }
    return number === sampleCount;
  } };
}
