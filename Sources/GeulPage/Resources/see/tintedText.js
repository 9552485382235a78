import { h } from "../app/dom.js";
import { formatNumber, t } from "../app/strings.js";
import { fullSurprisal, surprisalTint } from "../app/surprisal.js";
import { jamoParts } from "../app/visibleText.js";
import { scaled } from "./colorScale.js";
import { influenceOf, influenceTints } from "./influencePanel.js";
import { neuronValues } from "./layerValues.js";
import { surprisals } from "./textWindow.js";

/**
 * Returns the tints of characters or tokens, ranges of tokens of the window, by the chosen quantity.
 *
 * A character of several tokens has the sum of their surprisals, the norm of their gradients, the sum of their
 * contributions, and the mean of all else.
 */
export function textTints(view, matches, ranges) {
  const { state, layer, influence, window } = view;
  const mean = (values) => ranges.map(({ start, end }) => (
    values.subarray(start, end).reduce((a, b) => a + b, 0) / Math.max(1, end - start)));
  if (state.tint === "surprise") return surprisals(window.nodes, ranges).map(surprisalTint);
  if (!layer) return [];
  if (state.tint === "neuron" && state.neuron !== null) {
    return mean(neuronValues(layer, state.quantity, state.neuron)).map((value) => scaled(value, layer.quantities.get(state.quantity).range));
  }
  if (state.tint === "influence" && influence?.isDone) return influenceTints(influenceOf(ranges, influence), state);
  if (state.tint === "matches" && matches?.neurons.length > 0) return mean(matches.parts);
  return [];
}

/** Returns what `update` of app/tokenText.js shows. */
export function shownText(view, matches) {
  const { window, store, surprisals: bits } = view;
  const { characters, nodes, firstCharacter } = window;
  const tokenTints = textTints(view, matches, nodes.map((node, index) => ({ start: index, end: index + 1 })));
  const range = store.selection.value;
  return {
    // The jamo of a syllable, or the bytes of a character, are shown beneath it.
    characters: characters.map((character) => ({ ...character, below: character.end - character.start < 2 ? undefined
      : view.labels.slice(character.start, character.end).map(({ text, part }) => ({ text, class: part ?? "byte" })) })),
    tints: textTints(view, matches, characters),
    partTints: characters.map(({ start, end }) => tokenTints.slice(start, end)),
    cursor: view.cursorIndex(),
    selection: range && { start: range.start - firstCharacter, end: range.end - firstCharacter },
    marks: new Set((matches?.places ?? []).flatMap(({ start, end }) => {
      const first = view.characterOf(start);
      return Array.from({ length: view.characterOf(end - 1) + 1 - first }, (_, index) => first + index);
    })),
    // formatNumber would take too long for each character of a long text.
    descriptions: (index) => t("see.description", {
      text: characters[index].text, bits: Number.isNaN(bits[index]) ? "–" : bits[index].toFixed(1),
    }),
  };
}

/** Shows what the colors of the text mean, and how jamo are drawn. */
export function showLegend(view, legend) {
  const { state, layer, labels } = view;
  const [low, high] = layer?.quantities.get(state.quantity).range ?? [0, 1];
  const isSigned = state.tint === "neuron" ? low < 0 : state.tint === "influence" && state.influence === "contributions";
  const texts = {
    surprise: ["0", t("see.legendBits", { bits: fullSurprisal })],
    neuron: [isSigned ? "−1" : "0", high === 1 ? "1" : formatNumber(high, 2)],
    influence: isSigned ? [t("see.lowers"), t("see.raises")] : [t("see.none"), t("see.strong")],
    matches: ["0 %", t("see.legendMatches")],
  }[state.tint];
  legend.replaceChildren(h("span", { class: `scale ${isSigned ? "signed" : "gate"}` }, texts[0], h("i", {}), texts[1]));
  if (!labels.some(({ part }) => part)) return;
  legend.append(h("span", { class: "jamo-legend" }, ["ᄀ", "ᅡ", "ᆨ"].map((jamo) => {
    const { part, letter } = jamoParts(jamo);
    return h("span", {}, h("span", { class: part, lang: "ko", text: letter }), ` ${t(`see.${part}`)}`);
  })));
}
