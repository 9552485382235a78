import { superscript } from "./numbers.js";
import { formatNumber } from "./strings.js";

/** The number of decades that a logarithmic axis shows at most. */
const mostDecades = 40;

/**
 * Returns a linear axis `{ ticks: [{ value, text }], position }`: `position(value)` is 0 at its beginning and 1 at its end.
 *
 * @param options
 * - `count`: the approximate number of ticks, at multiples of 1, 2 or 5 times a power of ten.
 * - `leastStep`: the least distance of two ticks.
 * - `isWidened`: true for an axis from tick to tick, false for one from `low` to `high`.
 */
export function linearAxis(low, high, { count = 5, leastStep = 1e-9, isWidened = false }) {
  const rough = Math.max((high - low) / count, leastStep);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const [first, last] = isWidened
    ? [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)]
    : [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  // Adding 0 turns -0 into 0.
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step + 0)
    .map((value) => ({ value, text: formatNumber(value, digits) }));
  const [start, end] = isWidened ? [first * step, last * step] : [low, high];
  return { ticks, position: (value) => (end > start ? (value - start) / (end - start) : 0.5) };
}

/** Returns a logarithmic axis, as `linearAxis`, that begins and ends at a power of ten. Smaller values have no finite position. */
export function logarithmicAxis(low, high) {
  const last = Math.ceil(Math.log10(high) - 1e-9);
  const first = Math.max(last - mostDecades, Math.min(last - 1, Math.floor(Math.log10(low) + 1e-9)));
  const step = Math.ceil((last - first) / 6);
  const ticks = [];
  for (let power = last; power >= first; power -= step) ticks.push({ value: 10 ** power, text: `10${superscript(power)}` });
  return { ticks, position: (value) => (value >= 10 ** first ? (Math.log10(value) - first) / (last - first) : NaN) };
}
