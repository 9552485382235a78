import { button, h } from "../app/dom.js";
import { all } from "../app/signal.js";
import { formatNumber, t } from "../app/strings.js";
import { createTokenText } from "../app/tokenText.js";
import { watchColorScheme } from "./colorScale.js";
import { createLayerSection } from "./layerSection.js";
import { createModePanel } from "./modePanel.js";
import { selectionMatches } from "./modePanels.js";
import { characterDetail, segmented } from "./parts.js";
import { createSeeContext } from "./seeContext.js";
import { windowLength } from "./textWindow.js";
import { showLegend, shownText } from "./tintedText.js";

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

function createContent(store, element) {
  const { model } = store.tree.value;
  const progress = h("p", { class: "muted progress", role: "status" });
  const view = createSeeContext(store, model, { refresh, onProgress: (text) => { progress.textContent = text; } });
  const { state } = view;
  let shownCursor = null;
  let isRefreshing = false;
  let isClosed = false;

  const tokenText = createTokenText({
    label: t("see.text"),
    onCursor: (index) => (index < 0 ? store.cursor.value = -1 : view.moveTo(index)),
    onSelect: (range) => {
      const { firstCharacter } = view.window;
      store.selection.value = range && { start: range.start + firstCharacter, end: range.end + firstCharacter };
      if (range && range.end - range.start > 1) state.tint = "matches";
      refresh();
    },
    onHover: (index) => view.layer && layers.hover(view.window.characters[index]?.start ?? -1),
  });
  const tints = segmented(t("see.tint"), ["surprise", "neuron", "influence", "matches"].map((name) => [name, t(`see.tint.${name}`)]),
    () => state.tint, (tint) => view.change({ tint }));
  const legend = h("p", { class: "tint-legend" });
  const part = h("div", { class: "controls part" });
  const detail = h("div", { class: "detail", "aria-live": "polite" });
  const panel = createModePanel(view);
  const layers = createLayerSection(view);
  layers.element.hidden = true;
  const textarea = h("textarea", { rows: 4, "aria-label": t("see.edit"), on: { input: () => store.setText(textarea.value) } });
  element.replaceChildren(
    h("p", { class: "muted", text: t("see.help") }),
    h("div", { class: "controls" }, tints.element, legend), part,
    h("div", { class: "see-text" }, tokenText.element, detail),
    h("details", {}, h("summary", { text: t("see.edit") }), textarea),
    progress, panel.element, layers.element);

  /** Shows everything again in the next frame. */
  function refresh() {
    if (isRefreshing) return;
    isRefreshing = true;
    requestAnimationFrame(() => {
      isRefreshing = false;
      if (!isClosed) show();
    });
  }

  function show() {
    const isCursorNew = store.cursor.value !== shownCursor;
    shownCursor = store.cursor.value;
    const matches = state.tint === "matches" && view.layer ? selectionMatches(view) : null;
    if (state.tint === "influence") view.readInfluence();
    tints.update();
    showLegend(view, legend);
    showPart();
    tokenText.update(shownText(view, matches));
    if (isCursorNew) scrollTextToCursor();
    detail.replaceChildren(...[characterDetail(view)].flat());
    if (document.activeElement !== textarea && textarea.value !== store.tree.value.text) textarea.value = store.tree.value.text;
    // While a changed text is read, what is shown below it belongs to the text before.
    for (const { element: below } of [panel, layers]) {
      below.classList.toggle("stale", !view.layer);
      below.classList.toggle("empty", view.window.nodes.length === 0);
    }
    if (!view.layer) return;
    panel.update(matches);
    layers.element.hidden = false;
    layers.update();
  }

  /** Says which part of a long text is shown, with buttons for the parts before and after it. */
  function showPart() {
    const { start, nodes, total, firstCharacter, characters } = view.window;
    part.hidden = nodes.length === total;
    if (part.hidden || part.dataset.start === `${start} ${total}`) return;
    part.dataset.start = `${start} ${total}`;
    const moveTo = (character) => {
      store.cursor.value = character;
    };
    part.replaceChildren(
      h("span", { class: "muted", text: t("see.part", {
        first: formatNumber(start + 1), last: formatNumber(start + nodes.length), total: formatNumber(total), limit: windowLength,
      }) }),
      button(t("see.earlier"), () => moveTo(Math.max(0, firstCharacter - 1)), { disabled: start === 0 }),
      button(t("see.later"), () => moveTo(firstCharacter + characters.length), { disabled: start + nodes.length === total }));
  }

  function scrollTextToCursor() {
    const span = tokenText.element.querySelector(".cursor");
    if (!span) return;
    const [box, text] = [span.getBoundingClientRect(), tokenText.element.getBoundingClientRect()];
    if (box.top < text.top) tokenText.element.scrollTop -= text.top - box.top + 8;
    if (box.bottom > text.bottom) tokenText.element.scrollTop += box.bottom - text.bottom + 8;
  }

  const end = all(
    store.changes.subscribe(view.readText),
    store.cursor.subscribe(view.followCursor),
    store.selection.subscribe(refresh),
    watchColorScheme(() => layers.redraw()));
  view.readText();
  return {
    model,
    close() {
      isClosed = true;
      view.close();
      layers.close();
      end();
    },
  };
}
