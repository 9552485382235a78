import { button, h } from "../app/dom.js";
import { runInSlices } from "../app/scheduler.js";
import { t } from "../app/strings.js";
import { createContinuation } from "./continuation.js";
import { characterTints, tintedText } from "./tints.js";

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
    const base = tree.path.length;
    const choose = (index) => {
      const branches = copies.map((copy) => copy.path.slice(base));
      close();
      onChoose(branches, index);
    };
    const buttons = Array.from({ length: alternativeCount }, (_, index) => (
      button("", () => choose(index), { class: "alternative", disabled: true })
    ));
    element.replaceChildren(
      h("p", { class: "muted", text: t(request.sampling.temperature === 0 ? "write.allSame" : "write.chooseOne") }),
      h("div", { class: "columns" }, buttons),
      button(t("write.dismiss"), () => {
        close();
        onClose();
      }));
    element.hidden = false;
    let copies = [];
    let tasks = [];
    const advance = (milliseconds) => {
      if (tasks.length === 0) {
        if (!tree.advance(milliseconds)) return false;
        copies = buttons.map(() => tree.copy());
        tasks = copies.map((copy, sample) => createContinuation(copy, {
          ...request, sample, length: alternativeLength, speed: Infinity,
        }));
      }
      return tasks.map((task) => task.advance(milliseconds / alternativeCount)).every(Boolean);
    };
    cancel = runInSlices({ advance }, (isDone) => {
      copies.forEach((copy, index) => {
        const { characters } = copy;
        const first = characters.findIndex(({ text }, position) => text !== tree.characters[position]?.text);
        const start = first < 0 ? characters.length : first;
        buttons[index].replaceChildren(tintedText(characters.slice(start), characterTints(copy).slice(start)));
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
