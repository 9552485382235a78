import { button, h, svg } from "../app/dom.js";
import { formatScientific, formatSigned } from "../app/numbers.js";
import { runInSlices } from "../app/scheduler.js";
import { formatNumber, formatPercent, t } from "../app/strings.js";
import { tintStrength } from "../app/surprisal.js";
import { createBarList } from "./barList.js";
import { createSentenceReading, createTokenRow, meanLoss, predictionBars, tokenProbability } from "./reading.js";

/** Step 1: the tokens with their ids and probabilities, the probability of the sentence, and two characters exchanged. */
export function createSequenceFigure({ reading, onClose }) {
  const row = createSurprisalRow(reading, t("learn.tokens"));
  const oneHot = h("div", { class: "one-hot" });
  const bars = createBarList({ label: t("learn.predictions") });
  const barsTitle = h("h3", {});
  const swapped = h("div", {});
  const swapButton = button("", swap);
  let cancel = () => {};

  /** The index of the character that is exchanged with the next one. */
  const swapIndex = () => {
    const { characters, position } = reading;
    const index = characters.findIndex(({ end }) => position.value < end);
    return Math.max(0, Math.min(index, characters.length - 2));
  };

  function swap() {
    const written = reading.characters.map((character) => character.written);
    const index = swapIndex();
    [written[index], written[index + 1]] = [written[index + 1], written[index]];
    const other = createSentenceReading(reading.model, written.join(""));
    cancel();
    cancel = runInSlices(other, (isDone) => {
      if (!isDone) return;
      const otherRow = createSurprisalRow(other, t("learn.swapped"));
      otherRow.update();
      onClose(other.position.subscribe(otherRow.update));
      const difference = meanLoss(other) - meanLoss(reading);
      swapped.replaceChildren(
        h("h3", { text: t("learn.swapped") }), otherRow.element,
        h("p", { role: "status", text: [
          t("learn.loss", { nats: formatNumber(meanLoss(other), 3), bits: formatNumber(meanLoss(other) / Math.LN2, 3) }),
          t("learn.lossChange", { nats: formatSigned(difference, 3) }),
        ].join(" · "), dataset: { loss: meanLoss(other) } }));
    });
  }

  function update() {
    row.update();
    const position = reading.position.value;
    const { ids, tokens, characters } = reading;
    oneHot.replaceChildren(...createOneHot(reading, position));
    barsTitle.textContent = position === 0 ? t("learn.first") : t("learn.predictionOf", { token: tokens[position].text });
    const { network } = reading.model;
    bars.update(position === 0 ? []
      : predictionBars(reading, network.probabilities(reading.trace.states[position - 1]), 5, ids[position]));
    const index = swapIndex();
    swapButton.textContent = t("learn.swap", { first: characters[index].text, second: characters[index + 1]?.text ?? "" });
    swapButton.disabled = characters.length < 2;
  }

  onClose(reading.position.subscribe(update));
  onClose(() => cancel());
  update();
  const loss = meanLoss(reading);
  const logProbability = -loss * (reading.ids.length - 1);
  return [
    row.element,
    h("p", { class: "muted" }, t("learn.tokenLegend"), reading.model.tokenizer.unit === "jamo" && ` ${t("learn.jamo")}`),
    h("p", { class: "result", dataset: { loss } },
      t("learn.sentenceProbability", { probability: formatScientific(Math.exp(logProbability)) }), " · ",
      t("learn.loss", { nats: formatNumber(loss, 3), bits: formatNumber(loss / Math.LN2, 3) })),
    h("div", { class: "columns" }, h("div", {}, oneHot), h("div", {}, barsTitle, bars.element)),
    h("div", { class: "controls" }, swapButton), swapped,
  ];
}

/** Creates the tokens of a reading with their ids and probabilities, colored by surprisal. */
function createSurprisalRow(reading, label) {
  const isKnown = (index) => index > 0;
  const percent = (index) => formatPercent(tokenProbability(reading, index));
  return createTokenRow(reading, {
    label,
    tint: (index) => tintStrength(reading.trace.surprisal[index]),
    below: (index) => [
      { text: String(reading.tokens[index].id), class: "id" },
      { text: isKnown(index) ? percent(index).replace(" ", "") : "–", class: "percent" },
    ],
    describe: (index) => (
      [t("learn.id", { id: reading.tokens[index].id }), isKnown(index) && percent(index)].filter(Boolean).join(", ")
    ),
  });
}

/** Creates a picture of the one-hot vector of a token: a box for each component. */
function createOneHot(reading, position) {
  const { count } = reading.model.vocabulary;
  const { id, text } = reading.tokens[position];
  const perRow = 30;
  const size = 10;
  const rows = Math.ceil(Math.min(count, 900) / perRow);
  const label = t("learn.oneHot", { token: text, id, count: formatNumber(count) });
  const isHidden = id >= rows * perRow;
  return [
    h("h3", { text: label }),
    !isHidden && svg("svg", {
      role: "img", "aria-label": label, viewBox: `0 0 ${perRow * size} ${rows * size}`, class: "one-hot-boxes",
    },
      Array.from({ length: Math.min(count, rows * perRow) }, (_, index) => svg("rect", {
        class: index === id ? "one" : "nought", x: index % perRow * size + 1, y: Math.floor(index / perRow) * size + 1,
        width: size - 2, height: size - 2,
      }))),
  ].filter(Boolean);
}
