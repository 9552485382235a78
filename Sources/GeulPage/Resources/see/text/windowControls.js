import { button, h } from "../../app/dom.js";
import { formatNumber, t } from "../../app/strings.js";
import { windowLength } from "../textWindow.js";
import { moveCursorTo } from "../windowPositions.js";

/** Creates what says which part of a long text is shown, with buttons for the parts before and after it. */
export function createWindowControls(view) {
  const element = h("div", { class: "controls part" });
  let shownPart = null;

  function update() {
    const { start, nodes, total, characters } = view.window;
    const end = start + nodes.length;
    element.hidden = nodes.length === total;
    const part = `${start} ${total}`;
    if (element.hidden || part === shownPart) return;
    shownPart = part;
    element.replaceChildren(
      h("span", { class: "muted", text: t("see.part", {
        first: formatNumber(start + 1), last: formatNumber(end), total: formatNumber(total), limit: windowLength,
      }) }),
      button(t("see.earlier"), () => moveCursorTo(view, -1), { disabled: start === 0 }),
      button(t("see.later"), () => moveCursorTo(view, characters.length), { disabled: end === total }));
  }
  return { element, update };
}
