import { h } from "../app/dom.js";
import { oncePerFrame } from "../app/scheduler.js";
import { all } from "../app/signal.js";
import { t } from "../app/strings.js";
import { watchColorScheme } from "./layers/colorScale.js";
import { createLayerSection } from "./layers/layerSection.js";
import { createSeeContext } from "./seeContext.js";
import { createCharacterDetail } from "./text/characterDetail.js";
import { createTextField } from "./text/textField.js";
import { createTintedText } from "./text/tintedText.js";
import { createWindowControls } from "./text/windowControls.js";
import { createTintChoice } from "./tints/tintChoice.js";
import { createTintPanel } from "./tints/tintPanel.js";
import { textTints } from "./tints/tints.js";

/**
 * Creates the view that shows what the model computes at each token of the text: surprisal, gates and states, neurons of a
 * selection, influence of earlier characters.
 */
export function createSeeView(store) {
  const element = h("section", { class: "see", "aria-label": t("page.see") });
  let content = createContent(store, element);
  const end = store.changes.subscribe(() => {
    // The models of the tree and of the page are exchanged one after the other.
    if (content.model === store.tree.value.model) return;
    content.close();
    content = createContent(store, element);
  });
  return { element, close: all(end, () => content.close()) };
}

/** Fills the view for the model that reads the text; returns `{ model, close }`. */
function createContent(store, element) {
  const { model } = store.tree.value;
  const progress = h("p", { class: "muted progress", role: "status" });
  const drawing = oncePerFrame(show);
  const view = createSeeContext(store, model, {
    refresh: drawing.request,
    onProgress: (text) => {
      progress.textContent = text;
    },
  });
  const layers = createLayerSection(view);
  const tintChoice = createTintChoice(view);
  const windowControls = createWindowControls(view);
  const tintedText = createTintedText(view, { onHover: layers.hover });
  const detail = createCharacterDetail(view);
  const textField = createTextField(store);
  const panel = createTintPanel(view);
  element.replaceChildren(
    h("p", { class: "muted", text: t("see.help") }),
    tintChoice.element, windowControls.element,
    h("div", { class: "see-text" }, tintedText.element, detail.element),
    textField.element, progress, panel.element, layers.element);

  function show() {
    const tint = textTints.find(({ name }) => name === view.state.tint);
    tint.prepare?.(view);
    tintChoice.update(tint);
    windowControls.update();
    tintedText.update(tint);
    detail.update();
    textField.update();
    // While a changed text is read, what is shown below it belongs to the text before.
    for (const { element: below } of [panel, layers]) {
      below.classList.toggle("stale", !view.layer);
      below.classList.toggle("empty", view.window.nodes.length === 0);
    }
    if (!view.layer) return;
    panel.update(tint);
    layers.update();
  }

  const end = all(
    store.changes.subscribe(view.readText),
    store.cursor.subscribe(view.followCursor),
    store.selection.subscribe(drawing.request),
    watchColorScheme(layers.redraw),
    drawing.cancel, view.close, layers.close);
  view.readText();
  return { model, close: end };
}
