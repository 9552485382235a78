/** Copies a text, which a field contains. */
export async function copyText(text, field) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages that are opened from a file may not be allowed to use the clipboard directly.
    const { selectionStart, selectionEnd } = field;
    field.select();
    document.execCommand("copy");
    field.setSelectionRange(selectionStart, selectionEnd);
  }
}
