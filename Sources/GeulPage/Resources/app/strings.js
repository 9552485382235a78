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

/** The formats of numbers by language and decimals: to create one takes much longer than to use it. */
const numberFormats = new Map();

/** Returns a number with a fixed number of decimals, in the language of the page. */
export function formatNumber(value, digits = 0) {
  if (!Number.isFinite(value)) return "–";
  const key = `${language.value} ${digits}`;
  if (!numberFormats.has(key)) {
    const decimals = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    numberFormats.set(key, new Intl.NumberFormat(language.value, decimals));
  }
  return numberFormats.get(key).format(value);
}

/** Returns a probability as a percentage with about two significant digits. */
export function formatPercent(probability) {
  const percent = probability * 100;
  return `${formatNumber(percent, percent >= 9.95 ? 0 : percent >= 0.095 ? 1 : 3)}%`;
}

/** Returns the first language of the browser's list that the page has, else English. */
export function preferredLanguage() {
  return navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in translations) ?? "en";
}
