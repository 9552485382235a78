import { h } from "./dom.js";
import { formatPercent, t } from "./strings.js";
import { jamoParts, visibleTokenOf } from "./visibleText.js";

/**
 * Returns the elements of predicted tokens `[{ id, probability }]`, each with its probability; the one that follows in the text,
 * `actualID`, is underlined, and a tooltip names the position of a jamo. `nameOf(id)` is what is shown of a token.
 */
export function predictedTokens(model, predictions, actualID, nameOf = (id) => visibleTokenOf(model, id)) {
  return predictions.map(({ id, probability }) => {
    const part = jamoParts(model.vocabulary.tokens[id])?.part;
    return h("span", { class: id === actualID ? "prediction actual" : "prediction", title: part ? t(`page.${part}`) : null },
      h("b", { text: nameOf(id) }), ` ${formatPercent(probability)}`);
  });
}
