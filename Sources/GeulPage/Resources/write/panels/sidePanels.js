import { h } from "../../app/dom.js";
import { t } from "../../app/strings.js";
import { createBranchList } from "./branchList.js";
import { createRivalsPanel } from "./rivalsPanel.js";

/** The time between two updates of the panels while the text changes, in ms. */
const panelInterval = 150;

/** Creates the panels beside the text: the rivals of a character, and the branches. */
export function createSidePanels(store, session) {
  const rivals = createRivalsPanel({ onChoose: session.chooseToken, onRewrite: session.rewriteAfter });
  const branches = createBranchList({ onChoose: session.moveTo });
  const element = h("aside", { class: "write-side", "aria-label": t("write.rivals") },
    h("div", { class: "panel" }, h("h2", { text: t("write.rivals") }), rivals.element,
      h("p", { class: "legend", text: t("write.rivalsHelp") })),
    h("div", { class: "panel" }, h("h2", { text: t("write.branches") }), branches.element));
  let shownTime = 0;

  /** Shows the character at an index, or the next one for -1. */
  function update(index) {
    const tree = store.tree.value;
    const now = performance.now();
    const isChanging = session.task !== null || tree.path.at(-1)?.state === null;
    if (isChanging && now - shownTime < panelInterval) return;
    shownTime = now;
    rivals.update(tree, index);
    branches.update(tree);
  }
  return { element, update };
}
