import { formatNumber } from "./strings.js";

/** Returns a number with its sign. */
export function formatSigned(value, digits) {
  return `${value < 0 ? "−" : "+"}${formatNumber(Math.abs(value), digits)}`;
}

/** Returns a number with about three significant digits. */
export function formatSignificant(value) {
  const digits = value === 0 ? 0 : 2 - Math.floor(Math.log10(Math.abs(value)));
  return formatNumber(value, Math.max(0, Math.min(12, digits || 0)));
}

/** Returns a number as `4.2 × 10⁻²¹`, or as `formatSignificant` does if that is short. */
export function formatScientific(value) {
  const power = Math.floor(Math.log10(Math.abs(value)));
  if (!Number.isFinite(value) || value === 0 || (power >= -2 && power <= 3)) return formatSignificant(value);
  return `${formatNumber(value / 10 ** power, 1)} × 10${superscript(power)}`;
}

/** Returns a whole number in superscript digits. */
export function superscript(number) {
  return String(number).replace(/./g, (digit) => (digit === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]));
}
