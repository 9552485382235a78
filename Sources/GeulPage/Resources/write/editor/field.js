import { commonLengths } from "./fieldText.js";

/** Changes only the part of a field that differs, so that the caret keeps its place; with `followsEnd`, it stays at the end. */
export function writeField(field, text, followsEnd) {
  const { value, selectionStart, selectionEnd } = field;
  if (value === text) return;
  const [start, end] = commonLengths(value, text);
  field.setRangeText(text.slice(start, text.length - end), start, value.length - end, "preserve");
  const isAtEnd = selectionStart === selectionEnd && selectionEnd === value.length;
  if (followsEnd && isAtEnd) field.setSelectionRange(text.length, text.length);
}

/** Reports each change of the caret or the selection of a field that has the focus; returns a function that ends this. */
export function watchSelection(field, onChange) {
  const report = () => {
    if (document.activeElement === field) onChange(field.selectionStart, field.selectionEnd);
  };
  // Browsers differ in which of the two they notify.
  document.addEventListener("selectionchange", report);
  field.addEventListener("selectionchange", report);
  return () => document.removeEventListener("selectionchange", report);
}

/** Indicates whether the caret of a field is at its end. */
export function isCaretAtEnd({ selectionStart, value }) {
  return selectionStart === value.length;
}

/** Moves the caret of a field to its end, and the focus to the field. */
export function focusEnd(field) {
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}
