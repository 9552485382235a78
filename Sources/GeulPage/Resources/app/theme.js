import { loadPreference, savePreference } from "./preferences.js";

/** The color schemes that can be chosen; "auto" is that of the system. */
export const themes = ["auto", "light", "dark"];

/** Returns the color scheme that the reader chose. */
export function chosenTheme() {
  return loadPreference("theme") ?? "auto";
}

/** Remembers and shows a color scheme. */
export function chooseTheme(theme) {
  savePreference("theme", theme);
  showTheme(theme);
}

/** Shows the page in a color scheme. */
export function showTheme(theme) {
  document.documentElement.style.colorScheme = theme === "auto" ? "light dark" : theme;
}
