import { button, h } from "../app/dom.js";
import { t } from "../app/strings.js";

/** Creates the buttons above the text; `actions` are functions with the names of the buttons. */
export function createToolbar(actions) {
  const named = (name) => button(t(`write.${name}`), actions[name], { id: name });
  const toggle = button("", actions.toggle, { class: "primary", id: "continue" });
  const [undo, redo] = [named("undo"), named("redo")];
  const element = h("div", { class: "controls" }, toggle, named("three"), undo, redo, named("copy"), named("clear"));

  function update(tree, isWriting) {
    toggle.textContent = t(isWriting ? "write.stop" : "write.continue");
    undo.disabled = !tree.canUndo;
    redo.disabled = !tree.canRedo;
  }
  return { element, update };
}
