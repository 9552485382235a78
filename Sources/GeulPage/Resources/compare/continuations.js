import { selectBox } from "../app/controls.js";
import { button, h } from "../app/dom.js";
import { runInSlices } from "../app/scheduler.js";
import { t } from "../app/strings.js";
import { Generator } from "../engine/generator.js";

/** The number of tokens of a continuation. */
const continuationLength = 200;

/**
 * Creates the continuations of a text by several models beside each other: with the most likely tokens, or sampled with the same
 * seed.
 *
 * @param options `{ readings, names, choices, sampling }`: `readings` have read the text; `choices` keeps `{ method, seed }`;
 *   `sampling()` returns the options of the sampler.
 * @returns `{ element, clear, setReady, close }`; `setReady(isReady)` says whether the text is read.
 */
export function createContinuations({ readings, names, choices, sampling }) {
  let cancel = () => {};
  const texts = names.map(() => h("blockquote"));
  const seed = h("input", { type: "text", inputmode: "numeric", size: 6, value: choices.seed, on: {
    input: () => {
      choices.seed = /^\d{1,18}$/.test(seed.value.trim()) ? seed.value.trim() : choices.seed;
    },
    change: () => {
      seed.value = choices.seed;
    },
  } });
  const seedLabel = h("label", { class: "select" }, h("span", { text: t("compare.seed") }), seed);
  const showSeed = () => {
    seedLabel.hidden = choices.method === "greedy";
  };
  showSeed();

  function start() {
    cancel();
    const options = choices.method === "greedy" ? { temperature: 0 } : sampling();
    const generators = readings.map(({ model, trace }) => new Generator(
      model, { sampling: options, seed: BigInt(choices.seed), length: continuationLength }, trace.ids, trace.states.at(-1) ?? null));
    texts.forEach((element) => element.replaceChildren());
    cancel = runInSlices({
      // The models take turns, so that all texts grow together.
      advance(milliseconds) {
        const end = performance.now() + milliseconds;
        do {
          generators.forEach((generator, index) => {
            if (generator.ending === null) texts[index].append(generator.next().text);
          });
        } while (performance.now() < end && generators.some((generator) => generator.ending === null));
        return generators.every((generator) => generator.ending !== null);
      },
    });
  }

  function clear() {
    cancel();
    texts.forEach((element) => element.replaceChildren());
  }

  const startButton = button(t("compare.continueEach"), start, { class: "primary" });
  const element = h("section", {},
    h("h2", { text: t("compare.continue") }),
    h("p", { class: "muted", text: t("compare.continueHelp", { count: continuationLength }) }),
    h("div", { class: "controls" },
      selectBox({
        label: t("compare.method"), value: choices.method,
        options: [["greedy", t("compare.greedy")], ["sampled", t("compare.sampled")]],
        onChange: (method) => {
          choices.method = method;
          showSeed();
        },
      }),
      seedLabel,
      startButton),
    h("div", { class: "columns" }, names.map((name, index) => h("div", {}, h("h3", { text: name }), texts[index]))));
  const setReady = (isReady) => {
    startButton.disabled = !isReady;
  };
  return { element, clear, setReady, close: () => cancel() };
}
