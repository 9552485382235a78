import { h } from "../app/dom.js";
import { predictedTokens } from "../app/predictions.js";
import { formatNumber, formatPercent, t } from "../app/strings.js";
import { createTable, scrollable } from "../app/table.js";
import { visibleTokenOf } from "../app/visibleText.js";

/** Returns the table of the models with their losses as numbers and bars. */
export function createLossTable(readings, names, losses) {
  const columns = ["bitsPerCharacter", "natsPerToken"];
  const highest = Object.fromEntries(columns.map((column) => [column, Math.max(...losses.map((loss) => loss[column]).filter(Number.isFinite))]));
  const bar = (loss, column) => h("td", {}, h("span", { class: "loss-value", text: formatNumber(loss[column], 3) }),
    h("span", { class: "loss-bar", "aria-hidden": "true", style: { "--length": String(loss[column] / highest[column] || 0) } }));
  return scrollable(t("compare.lossTable"), createTable(
    ["model", ...columns, "cell", "layers", "parameters", "vocabulary"].map((key) => t(`compare.${key}`)),
    readings.map(({ model }, index) => {
      const { architecture, vocabulary, tokenizer, parameterCount } = model;
      return [
        h("th", { scope: "row", text: names[index] }),
        ...columns.map((column) => bar(losses[index], column)),
        h("td", { text: architecture.cell.toUpperCase() }),
        h("td", { text: `${architecture.layers} × ${architecture.hidden}` }),
        h("td", { text: formatNumber(parameterCount) }),
        h("td", { text: t("compare.vocabularySize", { count: formatNumber(vocabulary.count), unit: t(`page.unit.${tokenizer.unit}`) }) }),
      ];
    })));
}

/** Returns the table of the predictions of all models for one character. */
export function createPredictionTable(readings, names, index) {
  return scrollable(t("compare.predictionTable"), createTable(
    ["model", "surprisal", "probability", "likeliest"].map((key) => t(`compare.${key}`)),
    readings.map((reading, row) => {
      const { model, trace } = reading;
      const { start, end } = reading.characters[index];
      const bits = reading.bits(index);
      const tokenName = (id) => (id === model.vocabulary.unknownID ? t("compare.unknown") : visibleTokenOf(model, id));
      const tokens = trace.ids.slice(start, end);
      const predictions = tokens.length > 0 && trace.count > start ? trace.predictions(start, 5) : [];
      return [
        h("th", { scope: "row", text: names[row] }),
        h("td", {}, formatNumber(bits, 2), tokens.length > 1 && h("span", { class: "parts", text: tokens.map((id, offset) => (
          `${tokenName(id)} ${formatNumber(trace.surprisal[start + offset], 2)}`)).join(" + ") })),
        h("td", { text: Number.isFinite(bits) ? formatPercent(2 ** -bits) : outcomeText(reading.characters[index], start) }),
        h("td", {}, predictedTokens(model, predictions, tokens[0], tokenName)),
      ];
    })));
}

/** Returns why a character has no probability. */
function outcomeText({ outcome }, start) {
  return outcome === "known" && start === 0 ? t("compare.first") : outcome === "known" ? "–" : t("compare.unknown");
}
