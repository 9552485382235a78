/** Replaces the children of an element; if one of its controls has the focus, the control at its place gets it. */
export function replaceKeepingFocus(element, children) {
  const controls = () => [...element.querySelectorAll("button, input, select, summary")];
  const index = controls().indexOf(document.activeElement);
  element.replaceChildren(...children);
  if (index >= 0) controls()[Math.min(index, controls().length - 1)]?.focus({ preventScroll: true });
}
