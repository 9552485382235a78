import { button, h } from "../app/dom.js";
import { runInSlices } from "../app/scheduler.js";
import { all } from "../app/signal.js";
import { isKorean } from "../app/store.js";
import { formatNumber, t } from "../app/strings.js";
import { maximumTextLength } from "../app/textTree.js";
import { createAlternatives } from "./alternatives.js";
import { createBranchList, newestEnd } from "./branches.js";
import { createContinuation } from "./continuation.js";
import { createControls } from "./controls.js";
import { createEditor } from "./editor.js";
import { createRivalsPanel } from "./rivalsPanel.js";
import { characterTints, createTintScale } from "./tints.js";
import { nextSeed, stopList, writeSettings } from "./writeSettings.js";

/** The number of characters that the model writes after a chosen rival. */
const rivalLength = 40;

/** The pause in typing after which the model continues, and after which typing begins a new step of undo, in ms. */
const typingPause = 1000;

/** The time between two updates of the panels while the model writes, in ms. */
const panelInterval = 150;

/** Creates the view in which the model continues a text. */
export function createWriteView(store) {
  /** The continuation that is being written: `{ task, cancel }`. */
  let run = null;
  /** What the model wrote after a pause, and typing replaces: `{ first }`, the index of its first character. */
  let suggestion = null;
  let typing = null;
  let tap = null;
  let hovered = -1;
  let liveTimer = 0;
  let panelsTime = 0;
  const tree = () => store.tree.value;

  const editor = createEditor({
    label: t("write.text"), describedBy: "write-help",
    onText: readTyping,
    onCompose: () => {
      clearTimeout(liveTimer);
      stop();
    },
    onCaret: ({ start, end, isSelection }) => {
      store.selection.value = isSelection ? { start, end } : null;
      if (suggestion && run === null && start !== suggestion.first) suggestion = null;
      if (tap?.caret !== start) store.cursor.value = start < tree().characters.length ? start : -1;
    },
    onHover: (index) => {
      if (index === hovered) return;
      hovered = index;
      render();
    },
    onTap: (index) => {
      tap = { caret: editor.caret };
      store.cursor.value = index;
    },
  });
  editor.field.lang = isKorean(store.model.value) ? "ko" : "";
  const rivals = createRivalsPanel({ onChoose: chooseRival, onRewrite: (parent) => {
    begin();
    tree().moveTo(parent);
    write({ isRecorded: true });
  } });
  const branches = createBranchList({ onChoose: (node) => {
    begin();
    tree().moveTo(node);
    store.cursor.value = -1;
    store.textChanged();
  } });
  const alternatives = createAlternatives({
    onDone: () => announce(t("write.alternativesDone")),
    onChoose: takeAlternative,
    onClose: () => editor.field.focus(),
  });
  const controls = createControls(store);
  const status = h("p", { role: "status", class: "status" });
  const rate = h("span", { class: "muted rate" });

  const toggle = button("", () => (run ? stop() : write()), { class: "primary", id: "continue" });
  const undo = button(t("write.undo"), () => step("undo"), { id: "undo" });
  const redo = button(t("write.redo"), () => step("redo"), { id: "redo" });
  const element = h("section", { class: "write", on: { keydown: handleKey } },
    h("div", { class: "write-main" },
      h("div", { class: "controls" }, toggle,
        button(t("write.three"), showAlternatives, { id: "three" }), undo, redo,
        button(t("write.copy"), copyText, { id: "copy" }), button(t("write.clear"), clear, { id: "clear" })),
      editor.element,
      h("div", { class: "status-line" }, status, rate),
      h("p", { class: "legend", id: "write-help" }, t("write.help"), " ", createTintScale(), ` ${t("write.scale")}`),
      alternatives.element),
    h("aside", { class: "write-side", "aria-label": t("write.rivals") },
      h("div", { class: "panel" }, h("h2", { text: t("write.rivals") }), rivals.element,
        h("p", { class: "legend", text: t("write.rivalsHelp") })),
      h("div", { class: "panel" }, h("h2", { text: t("write.branches") }), branches.element)),
    controls.element);

  /** Ends what a new action replaces. */
  function begin() {
    clearTimeout(liveTimer);
    alternatives.close();
    stop();
    suggestion = null;
    typing = null;
    tap = null;
    announce("");
  }

  function request() {
    const { length, speed } = writeSettings.value;
    return { sampling: store.sampling.value, seed: nextSeed(), stops: stopList(), length, speed };
  }

  /** Lets the model continue the text; `isRecorded` if `undo` knows the text before. */
  function write({ length = writeSettings.value.length, isRecorded = false, isSuggestion = false } = {}) {
    if (!isRecorded) begin();
    if (!isRecorded) tree().record();
    suggestion = isSuggestion ? { first: tree().characters.length } : null;
    const task = createContinuation(tree(), { ...request(), length });
    run = { task, cancel: runInSlices(task, (isDone) => {
      if (isDone) endRun();
      else store.textChanged();
    }) };
    store.textChanged();
  }

  function stop() {
    if (run === null) return;
    run.cancel();
    run.task.finish("interrupted");
    endRun();
  }

  function endRun() {
    const { ending, count } = run.task;
    panelsTime = 0;
    const { history, tip } = tree();
    if (history.at(-1) === tip) {
      history.pop();
      suggestion = null;
    }
    announce(t(`write.ended.${ending}`, { count: formatNumber(count), limit: formatNumber(maximumTextLength) }));
    showRate(run.task);
    run = null;
    store.textChanged();
  }

  function showRate({ count, duration }) {
    rate.textContent = t("write.rate", { rate: formatNumber(count / Math.max(1, duration) * 1000) });
  }

  function readTyping(text, { isDeletion, first, last }) {
    clearTimeout(liveTimer);
    alternatives.close();
    const replaced = suggestion && last <= suggestion.first ? suggestion : null;
    stop();
    tap = null;
    if (replaced && suggestion === replaced) tree().discardChange();
    suggestion = null;
    const value = text(replaced ? replaced.first : tree().characters.length);
    const now = performance.now();
    const beginsWord = !isDeletion && /^\s$/.test(tree().characters[first - 1]?.text ?? "");
    const continues = typing?.isDeletion === isDeletion && now - typing.time < typingPause && !beginsWord;
    typing = { time: now, isDeletion };
    store.setText(value, continues);
    const isFull = tree().path.length >= maximumTextLength && tree().text !== value;
    announce(isFull ? t("write.ended.full", { count: 0, limit: formatNumber(maximumTextLength) }) : "");
    if (writeSettings.value.isLive && editor.isAtEnd && !isFull) {
      liveTimer = setTimeout(() => write({ isSuggestion: true }), typingPause);
    }
  }

  function chooseRival(parent, id) {
    const index = store.cursor.value < 0 ? tree().characters.length : store.cursor.value;
    begin();
    const known = parent.children.find((child) => child.id === id && child.written === undefined);
    if (known) tree().moveTo(newestEnd(known));
    else tree().branch(parent, id);
    const isAtRival = tree().tip.parent === parent;
    if (isAtRival && writeSettings.value.continuesRival) {
      // The cursor stays, so that other rivals can be tried.
      store.cursor.value = index;
      write({ length: rivalLength, isRecorded: true });
    } else store.textChanged();
  }

  function showAlternatives() {
    begin();
    alternatives.show(tree(), request());
  }

  function takeAlternative(nodes, index) {
    begin();
    tree().record();
    const base = tree().tip;
    const tips = nodes.map((path) => {
      tree().tip = base;
      for (const { id, probability, state } of path) tree().append(id, probability, state);
      return tree().tip;
    });
    tree().tip = tips[index];
    store.textChanged();
    editor.field.focus();
    editor.moveCaretToEnd();
  }

  function step(direction) {
    begin();
    tree()[direction]();
    store.textChanged();
  }

  function clear() {
    begin();
    store.setText("");
    editor.field.focus();
  }

  async function copyText() {
    try {
      await navigator.clipboard.writeText(tree().text);
    } catch {
      // Pages that are opened from a file may not be allowed to use the clipboard directly.
      const { selectionStart, selectionEnd } = editor.field;
      editor.field.select();
      document.execCommand("copy");
      editor.field.setSelectionRange(selectionStart, selectionEnd);
    }
    announce(t("write.copied"));
  }

  function announce(text) {
    status.textContent = text;
  }

  function handleKey(event) {
    if (event.isComposing) return;
    const isCommand = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    const isHistory = isCommand && event.target === editor.field;
    let action = null;
    if (isCommand && key === "enter") action = () => write();
    else if (key === "escape" && (run || alternatives.isOpen)) action = () => (run ? stop() : alternatives.close());
    else if (isHistory && key === "z") action = () => step(event.shiftKey ? "redo" : "undo");
    else if (isHistory && key === "y") action = () => step("redo");
    if (key.startsWith("arrow")) tap = null;
    if (action === null) return;
    event.preventDefault();
    action();
  }

  editor.field.addEventListener("beforeinput", (event) => {
    const direction = { historyUndo: "undo", historyRedo: "redo" }[event.inputType];
    if (!direction) return;
    event.preventDefault();
    step(direction);
  });

  function render() {
    const { path, characters } = tree();
    const index = hovered >= 0 && hovered < characters.length ? hovered : store.cursor.value;
    editor.update({
      characters: characters.map((character) => ({ ...character, isTyped: path[character.start].isTyped })),
      tints: characterTints(tree()), cursor: index,
    }, { followsEnd: suggestion === null });
    toggle.textContent = t(run ? "write.stop" : "write.continue");
    undo.disabled = !tree().canUndo;
    redo.disabled = !tree().canRedo;
    if (run) showRate(run.task);
    const now = performance.now();
    const isBusy = run !== null || (path.length > 0 && path.at(-1).state === null);
    if (isBusy && now - panelsTime < panelInterval) return;
    panelsTime = now;
    rivals.update(tree(), index);
    branches.update(tree());
  }

  const end = all(store.changes.subscribe(render), store.cursor.subscribe(render), editor.close, controls.close);
  render();
  return {
    element,
    close() {
      end();
      begin();
    },
  };
}
