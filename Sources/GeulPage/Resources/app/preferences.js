/**
 * Returns a value that the reader chose earlier, or `null`.
 *
 * Browsers deny storage to some pages that are opened from a file.
 */
export function loadPreference(name) {
  try {
    return localStorage.getItem(`geul.${name}`);
  } catch {
    return null;
  }
}

/** Stores a choice of the reader, if the browser allows it. */
export function savePreference(name, value) {
  try {
    localStorage.setItem(`geul.${name}`, value);
  } catch {
    // The choice lasts until the page is closed.
  }
}
