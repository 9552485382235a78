import { h } from "../../app/dom.js";
import { language, t } from "../../app/strings.js";
import { seeStrings } from "../strings.js";
import { quantityFormula } from "./formulas.js";

/** Creates the panel of a quantity of engine/cells.js: its name in both languages, formula and meaning, above its heat map. */
export function createQuantityPanel(network, { key, range }, map) {
  const other = language.value === "ko" ? "en" : "ko";
  const otherName = h("span", { class: "muted", lang: other, text: seeStrings[other][`see.${key}`] });
  return h("div", { class: "panel quantity", dataset: { quantity: key } },
    h("div", { class: "quantity-head" }, h("h3", {}, t(`see.${key}`), " ", otherName), quantityFormula(network, key)),
    h("p", {}, t(`see.${network.cellKind}.${key}`), " ", valueScale(range)),
    map.element);
}

/** Returns the color scale of a range, which is null if the largest value ends it. */
function valueScale(range) {
  const isSigned = range !== null && range[0] < 0;
  return h("span", { class: `scale ${isSigned ? "signed" : "gate"}`, "aria-hidden": "true" },
    isSigned ? "−1" : "0", h("i", {}), range ? "1" : t("see.largest"));
}
