import { h } from "../app/dom.js";
import { all } from "../app/signal.js";
import { t } from "../app/strings.js";
import { copyText } from "./clipboard.js";
import { focusEnd } from "./editor/field.js";
import { createAlternatives } from "./panels/alternatives.js";
import { createSettingsPanel } from "./panels/settingsPanel.js";
import { createSidePanels } from "./panels/sidePanels.js";
import { shortcutAction } from "./shortcuts.js";
import { createStatusLine } from "./statusLine.js";
import { createTintScale } from "./tints.js";
import { createToolbar } from "./toolbar.js";
import { createWritingField } from "./writingField.js";
import { createWritingSession } from "./writingSession.js";

/** Creates the view in which the model continues a text. */
export function createWriteView(store) {
  const status = createStatusLine();
  const session = createWritingSession(store, {
    onBegin: () => {
      alternatives.close();
      writingField.endTap();
      status.announce("");
    },
    onEnd: (task) => {
      status.announceEnd(task.ending, task.count);
      status.showRate(task);
    },
  });
  const writingField = createWritingField(store, session, {
    onTyping: (isFull) => {
      alternatives.close();
      if (isFull) status.announceEnd("full");
      else status.announce("");
    },
    onHover: update,
  });
  const { editor } = writingField;
  const alternatives = createAlternatives({
    onDone: () => status.announce(t("write.alternativesDone")),
    onChoose: (branches, index) => {
      session.takeAlternative(branches, index);
      focusEnd(editor.field);
    },
    onClose: () => editor.field.focus(),
  });
  const actions = createActions(store, session, editor, alternatives, status);
  const toolbar = createToolbar(actions);
  const sidePanels = createSidePanels(store, session);
  const settings = createSettingsPanel(store);
  const legend = h("p", { class: "legend", id: "write-help" },
    t("write.help"), " ", createTintScale(), ` ${t("write.scale")}`);
  const element = h("section", { class: "write", on: { keydown: handleKey } },
    h("div", { class: "write-main" },
      toolbar.element, editor.element, status.element, legend, alternatives.element),
    sidePanels.element, settings.element);

  function handleKey(event) {
    if (event.key.startsWith("Arrow")) writingField.endTap();
    const action = shortcutAction(event, editor.field);
    const isUnneeded = action === "stop" && !session.task && !alternatives.isOpen;
    if (action === null || isUnneeded) return;
    event.preventDefault();
    actions[action]();
  }

  function update() {
    const { task } = session;
    writingField.update();
    toolbar.update(store.tree.value, task !== null);
    if (task) status.showRate(task);
    sidePanels.update(writingField.shownIndex());
  }

  const end = all(
    store.changes.subscribe(update), store.cursor.subscribe(update), editor.close, settings.close);
  update();
  return { element, close: all(end, session.begin) };
}

/** Returns the actions of buttons and keys by their names. */
function createActions(store, session, editor, alternatives, status) {
  return {
    toggle: () => (session.task ? session.stop() : session.write()),
    write: () => session.write(),
    stop: () => (session.task ? session.stop() : alternatives.close()),
    undo: session.undo,
    redo: session.redo,
    three: () => {
      session.begin();
      alternatives.show(store.tree.value, session.request());
    },
    copy: async () => {
      await copyText(store.tree.value.text, editor.field);
      status.announce(t("write.copied"));
    },
    clear: () => {
      session.clear();
      editor.field.focus();
    },
  };
}
