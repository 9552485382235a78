import { signal } from "./signal.js";

/** The language of the page: "en" or "ko". */
export const language = signal("en");

const translations = { en: {}, ko: {} };

/** Registers the strings of a part of the page: `{ en: { key: text }, ko: { key: text } }`. */
export function registerStrings(table) {
  Object.assign(translations.en, table.en);
  Object.assign(translations.ko, table.ko);
}

/** Returns the string of a key in the language of the page, with `{name}` replaced by `values.name`. */
export function t(key, values = {}) {
  const text = translations[language.value][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (match, name) => (name in values ? String(values[name]) : match));
}

/** Returns a number with a fixed number of decimals, in the language of the page. */
export function formatNumber(value, digits = 0) {
  if (!Number.isFinite(value)) return "–";
  return value.toLocaleString(language.value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Returns a probability as a percentage with about two significant digits. */
export function formatPercent(probability) {
  const percent = probability * 100;
  return `${formatNumber(percent, percent >= 9.95 ? 0 : percent >= 0.095 ? 1 : 3)} %`;
}

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

/** Returns the language of the browser if the page has it, else English. */
export function preferredLanguage() {
  return (navigator.languages ?? [navigator.language]).some((tag) => tag.startsWith("ko")) ? "ko" : "en";
}
