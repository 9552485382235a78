import { button, h } from "../../app/dom.js";
import { runInSlices } from "../../app/scheduler.js";
import { t } from "../../app/strings.js";
import { createContinuation } from "../continuation.js";
import { characterTints, tintedText } from "../tints.js";

/** The number of alternatives, and the length of each in characters. */
const alternativeCount = 3;
const alternativeLength = 60;

/**
 * Creates the panel of three alternatives side by side: the first samples of one seed.
 *
 * `show(tree, request)` writes them. `onDone()`: they are complete. `onChoose(branches, index)` gets the nodes that
 * each appends to the text, and the index of the chosen one. `onClose()`: the reader wants none.
 */
export function createAlternatives({ onDone, onChoose, onClose }) {
  const element = h("section", { class: "panel alternatives", hidden: true, "aria-label": t("write.three") });
  let cancel = () => {};

  function show(tree, request) {
    close();
    const task = createAlternativesTask(tree, request);
    const choose = (index) => {
      close();
      onChoose(task.copies.map((copy) => copy.path.slice(tree.path.length)), index);
    };
    const dismiss = () => {
      close();
      onClose();
    };
    const buttons = Array.from({ length: alternativeCount }, (_, index) => (
      button("", () => choose(index), { class: "alternative", disabled: true })
    ));
    element.replaceChildren(
      h("p", { class: "muted", text: t(request.sampling.temperature === 0 ? "write.allSame" : "write.chooseOne") }),
      h("div", { class: "columns" }, buttons), button(t("write.dismiss"), dismiss));
    element.hidden = false;
    cancel = runInSlices(task, (isDone) => {
      task.copies.forEach((copy, index) => {
        buttons[index].replaceChildren(addedText(tree, copy));
        buttons[index].disabled = !isDone;
      });
      if (!isDone) return;
      element.scrollIntoView({ block: "nearest" });
      onDone();
    });
  }

  function close() {
    cancel();
    element.hidden = true;
    element.replaceChildren();
  }

  return {
    element, show, close,
    get isOpen() {
      return !element.hidden;
    },
  };
}

/** Creates the task of reading the text of a tree and continuing it in `copies` of the tree, in turns. */
function createAlternativesTask(tree, request) {
  let continuations = null;
  const task = {
    copies: [],
    advance(milliseconds) {
      if (continuations === null) {
        if (!tree.advance(milliseconds)) return false;
        task.copies = Array.from({ length: alternativeCount }, () => tree.copy());
        continuations = task.copies.map((copy, sample) => createContinuation(copy, {
          ...request, sample, length: alternativeLength, speed: Infinity,
        }));
      }
      return continuations.map((continuation) => continuation.advance(milliseconds / alternativeCount)).every(Boolean);
    },
  };
  return task;
}

/** Returns the characters of a copy from the first on that differs from the tree's text, with their tints. */
function addedText(tree, copy) {
  const { characters } = copy;
  const first = characters.findIndex(({ text }, index) => text !== tree.characters[index]?.text);
  const start = first < 0 ? characters.length : first;
  return tintedText(characters.slice(start), characterTints(copy).slice(start));
}
