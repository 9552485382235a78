import { influenceTint } from "./influenceTint.js";
import { matchesTint } from "./matchesTint.js";
import { neuronTint } from "./neuronTint.js";
import { surprisalTint } from "./surprisalTint.js";

/**
 * What can color the text, in the order of the choices:
 * - `name`: the value of the choice,
 * - `prepare(view)`: optional; computes what the other functions show,
 * - `tints(view, ranges)`: the tints, from -1 to 1, of ranges of tokens of the window; an empty array if there are none,
 * - `marks(view)`: optional; the Set of the characters that are outlined,
 * - `legend(view)`: what the ends of the scale mean, `{ isSigned, low, high }`,
 * - `panel(view)`: the elements of a panel about the tint, when the text is read; `panelKey(view)`: the values on which
 *   it depends, beside the text; `updatePanel(view, element)`: optional; shows the panel again if these are the same.
 */
export const textTints = [surprisalTint, neuronTint, influenceTint, matchesTint];
