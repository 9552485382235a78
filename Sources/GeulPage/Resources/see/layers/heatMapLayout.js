import { largestOf } from "../../app/statistics.js";

/** The height of the row of means and of the space below it, in CSS pixels. */
export const meanHeight = 32;
export const meanGap = 6;

/** The height of a line of token labels, in CSS pixels. */
export const labelHeight = 20;

/** The least and the largest width of a column, in CSS pixels. */
const leastColumnWidth = 16;
const largestColumnWidth = 36;

/** The height of a row of a neuron, in CSS pixels. */
const usualRowHeight = 20;

/** Returns the width of a column: all tokens are in view if this makes the columns neither too narrow nor too wide. */
export function columnWidthFor(width, time) {
  return Math.max(leastColumnWidth, Math.min(largestColumnWidth, Math.floor(width / Math.max(1, time))));
}

/** Returns the height of a row; rows are low if all neurons are shown, as browsers limit the height of a canvas. */
export function rowHeightFor(hidden, showsAll) {
  return showsAll ? Math.max(1, Math.min(5, Math.floor(5000 / hidden))) : usualRowHeight;
}

/** Returns the height of the token labels above a heat map. */
export function headerHeight({ groups }) {
  return labelHeight * (groups ? 2 : 1);
}

/** Returns the top of the first row of a heat map. */
export function rowsTop(data) {
  return headerHeight(data) + meanHeight + meanGap;
}

/** Returns the largest absolute mean: bars of quantities with a sign would be invisible at the scale of the map. */
export function meanScale({ range, mean }) {
  return range[0] === 0 ? range[1] : largestOf(mean, 0.01);
}
