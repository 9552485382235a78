/** Returns the action of a key on the view: "write", "stop", in the text field also "undo" or "redo"; null for other keys. */
export function shortcutAction(event, field) {
  const isCommand = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (event.isComposing) return null;
  if (key === "escape") return "stop";
  if (isCommand && key === "enter") return "write";
  if (!isCommand || event.target !== field) return null;
  if (key === "z") return event.shiftKey ? "redo" : "undo";
  return key === "y" ? "redo" : null;
}
