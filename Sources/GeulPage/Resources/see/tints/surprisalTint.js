import { h } from "../../app/dom.js";
import { formatNumber, t } from "../../app/strings.js";
import { fullSurprisal, rangeSurprisal, tintStrength } from "../../app/surprisal.js";
import { contextList } from "../text/contextItem.js";

/** The number of characters in the list of the most surprising. */
const surprisingCount = 6;

/** Colors characters by their surprisal: the sum over their tokens. */
export const surprisalTint = {
  name: "surprisal",
  tints: ({ window }, ranges) => ranges.map((range) => tintStrength(rangeSurprisal(window.nodes, range))),
  legend: () => ({ isSigned: false, low: "0", high: t("see.legendBits", { bits: fullSurprisal }) }),
  panelKey: () => [],
  panel: surprisalPanel,
};

/** Returns the mean surprisal and the most surprising characters of the window. */
function surprisalPanel(view) {
  const known = view.surprisals.map((bits, index) => ({ bits, index })).filter(({ bits }) => !Number.isNaN(bits));
  if (known.length === 0) return [];
  const mean = known.reduce((sum, { bits }) => sum + bits, 0) / known.length;
  const highest = known.sort((a, b) => b.bits - a.bits).slice(0, surprisingCount);
  return [
    h("p", { text: t("see.meanSurprisal", { bits: formatNumber(mean, 2), count: formatNumber(known.length) }) }),
    h("h3", { text: t("see.mostSurprising") }),
    contextList(view, highest.map(({ bits, index }) => ({ index, note: t("see.bits", { bits: formatNumber(bits, 1) }) }))),
  ];
}
