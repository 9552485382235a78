import { button, h } from "../app/dom.js";
import { runInSlices } from "../app/scheduler.js";
import { all } from "../app/signal.js";
import { formatNumber, t } from "../app/strings.js";
import { createTokenText } from "../app/tokenText.js";
import { jamoParts } from "../app/visibleText.js";
import { Influence } from "../engine/influence.js";
import { scaled, watchColorScheme } from "./colorScale.js";
import { influenceOf, influencePanel, influenceTints } from "./influencePanel.js";
import { createLayerSection } from "./layerSection.js";
import { layerValues, neuronValues } from "./layerValues.js";
import { matchesPanel, neuronPanel, selectionMatches, showMatches, surprisePanel } from "./modePanels.js";
import { characterDetail, segmented, tokenLabel } from "./parts.js";
import { surprisals, textWindow, traceOf, windowLength } from "./textWindow.js";

/** The choices of the reader; they are kept when the view is closed. */
const seeState = {
  model: null, tint: "surprise", layer: 0, neuron: null, quantity: "hiddenState", rowCount: 12, order: "activity",
  threshold: 0.3, isExclusive: true, influence: "norms", isLogarithmic: false,
};

/** The quantities that can tint the text. */
const tintNames = ["surprise", "neuron", "influence", "matches"];

/** The surprisal, in bits, of the full color, for a token. */
const fullSurprisal = 8;

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
  resetChoices(model);
  const state = seeState;
  const view = {
    store, state, model, window: null, trace: null, layer: null, surprisals: [], labels: [], version: 0,
    /** The index of the cursor's character in the window; -1 for none. */
    cursorIndex() {
      const index = store.cursor.value - view.window.firstCharacter;
      return store.cursor.value >= 0 && index >= 0 && index < view.window.characters.length ? index : -1;
    },
    /** The tokens of the cursor's character; null for none. */
    cursorRange: () => view.window.characters[view.cursorIndex()] ?? null,
    /** The selected tokens; null for none. */
    selectionRange() {
      const { characters, firstCharacter } = view.window;
      if (store.selection.value === null) return null;
      const start = Math.max(0, store.selection.value.start - firstCharacter);
      const end = Math.min(characters.length, store.selection.value.end - firstCharacter);
      return start < end ? { start: characters[start].start, end: characters[end - 1].end } : null;
    },
    /** The index in the window of the character that contains a token. */
    characterOf: (token) => view.window.characters.findIndex(({ start, end }) => start <= token && token < end),
    /** Moves the cursor to a character of the window. */
    moveTo: (index) => {
      store.cursor.value = index + view.window.firstCharacter;
    },
    /** Changes choices of the reader. */
    change(choices) {
      Object.assign(state, choices);
      if ("layer" in choices) readLayer();
      refresh();
    },
  };
  let [matches, influence, panelKey, shownCursor, shownTip, descriptions] = [null, null, null, -2, null, []];
  let cancelTask = () => {};
  let cancelInfluence = () => {};
  let isRefreshing = false;
  let isClosed = false;

  const tokenText = createTokenText({
    label: t("see.text"),
    onHover: (index) => view.layer && layers.hover(view.window.characters[index]?.start ?? -1),
    onCursor: (index) => (index < 0 ? store.cursor.value = -1 : view.moveTo(index)),
    onSelect: (range) => {
      const { firstCharacter } = view.window;
      store.selection.value = range && { start: range.start + firstCharacter, end: range.end + firstCharacter };
      if (range && range.end - range.start > 1) state.tint = "matches";
      refresh();
    },
  });
  const tints = segmented(t("see.tint"), tintNames.map((name) => [name, t(`see.tint.${name}`)]), () => state.tint, (tint) => view.change({ tint }));
  const legend = h("p", { class: "tint-legend" });
  const progress = h("p", { class: "muted progress", role: "status" });
  const part = h("div", { class: "controls part" });
  const detail = h("div", { class: "detail", "aria-live": "polite" });
  const panel = h("div", { class: "panel mode" });
  const layers = createLayerSection(view);
  layers.element.hidden = panel.hidden = true;
  const textarea = h("textarea", { rows: 4, "aria-label": t("see.edit"), on: { input: () => store.setText(textarea.value) } });
  const edit = h("details", { on: { toggle: () => {
    if (edit.open) textarea.value = store.tree.value.text;
  } } }, h("summary", { text: t("see.edit") }), textarea);
  element.replaceChildren(
    h("p", { class: "muted", text: t("see.help") }),
    h("div", { class: "controls" }, tints.element, legend), part,
    h("div", { class: "see-text" }, tokenText.element, detail), edit, progress, panel, layers.element);

  /** Reads the window of the text, with all activations, after the tree has read the text. */
  function readText() {
    cancelTask();
    const tree = store.tree.value;
    if (tree.model !== model) return;
    const isRead = tree.tip.state !== null;
    progress.textContent = isRead ? "" : t("page.reading");
    // The store notifies of each slice that is read.
    if (!isRead && shownTip === tree.tip) return;
    shownTip = isRead ? null : tree.tip;
    view.window = textWindow(tree, store.cursor.value, view.window);
    view.labels = view.window.nodes.map((node, index) => tokenLabel(view, index));
    view.surprisals = surprisals(view.window.nodes, view.window.characters);
    descriptions = view.window.characters.map(({ text }, index) => t("see.description", {
      text, bits: Number.isNaN(view.surprisals[index]) ? "–" : view.surprisals[index].toFixed(1),
    }));
    if (document.activeElement !== textarea) textarea.value = tree.text;
    showPart();
    view.layer = null;
    if (tree.path.length === 0) {
      layers.element.hidden = panel.hidden = true;
      panelKey = null;
    }
    if (!isRead) return refresh();
    const trace = traceOf(view.window);
    const finish = () => {
      progress.textContent = "";
      view.trace = trace;
      view.version++;
      readLayer();
      refresh();
    };
    if (trace.advance(8)) finish();
    else {
      cancelTask = runInSlices(trace, (isDone) => {
        progress.textContent = t("see.progress", { percent: Math.floor(100 * trace.count / trace.ids.length) });
        if (isDone) finish();
      });
      refresh();
    }
  }

  function readLayer() {
    if (view.trace && view.window.nodes.length > 0) view.layer = layerValues(view.trace, model.network, state.layer);
  }

  /** Says which part of a long text is shown, with buttons for the parts before and after it. */
  function showPart() {
    const { start, nodes, total, firstCharacter, characters } = view.window;
    part.hidden = nodes.length === total;
    if (part.hidden) return part.replaceChildren();
    const last = firstCharacter + characters.length - 1;
    part.replaceChildren(
      h("span", { class: "muted", text: t("see.part", {
        first: formatNumber(start + 1), last: formatNumber(start + nodes.length), total: formatNumber(total), limit: windowLength,
      }) }),
      button(t("see.earlier"), () => { store.cursor.value = Math.max(0, firstCharacter - 1); }, { disabled: start === 0 }),
      button(t("see.later"), () => { store.cursor.value = last + 1; }, { disabled: start + nodes.length === total }));
  }

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
    if (state.tint === "matches" && view.layer) matches = selectionMatches(view);
    if (state.tint === "influence") readInfluence();
    tints.update();
    const { characters } = view.window;
    const range = store.selection.value;
    const { firstCharacter, nodes } = view.window;
    const tokenTints = tintsOf(nodes.map((node, index) => ({ start: index, end: index + 1 })));
    tokenText.update({
      characters: characters.map((character) => ({ ...character, below: partsBelow(character) })),
      tints: tintsOf(characters),
      partTints: characters.map(({ start, end }) => tokenTints.slice(start, end)),
      cursor: view.cursorIndex(),
      selection: range && { start: range.start - firstCharacter, end: range.end - firstCharacter },
      marks: markedCharacters(),
      descriptions: (index) => descriptions[index],
    });
    if (isCursorNew) scrollTextToCursor();
    detail.replaceChildren(...[characterDetail(view)].flat());
    showLegend();
    // While a changed text is read, what is shown below it belongs to the text before.
    layers.element.classList.toggle("stale", !view.layer);
    panel.classList.toggle("stale", !view.layer);
    if (!view.layer) return;
    showPanel();
    layers.element.hidden = false;
    layers.update(isCursorNew);
  }

  function scrollTextToCursor() {
    const span = tokenText.element.querySelector(".cursor");
    if (!span) return;
    const [box, text] = [span.getBoundingClientRect(), tokenText.element.getBoundingClientRect()];
    if (box.top < text.top) tokenText.element.scrollTop -= text.top - box.top + 8;
    if (box.bottom > text.bottom) tokenText.element.scrollTop += box.bottom - text.bottom + 8;
  }

  /** Returns the jamo of a syllable, or the bytes of a character, to be shown beneath it. */
  function partsBelow({ start, end }) {
    if (end - start < 2) return undefined;
    return view.labels.slice(start, end).map(({ text, part: name }) => ({ text, class: name ?? "byte" }));
  }

  /** Starts the backpropagation from the cursor's character unless it is done already. */
  function readInfluence() {
    const cursor = view.cursorRange();
    const node = cursor && view.window.nodes[cursor.start];
    if (!view.layer || !node || cursor.start === 0 || node.id < 0) {
      cancelInfluence();
      influence = null;
      return;
    }
    if (influence?.version === view.version && influence.position === cursor.start) return;
    cancelInfluence();
    const task = new Influence(model, view.trace, cursor.start);
    influence = { version: view.version, position: cursor.start, influence: task, isDone: task.advance(8) };
    const { version, position } = influence;
    if (influence.isDone) return;
    cancelInfluence = runInSlices(task, (isDone) => {
      if (!isDone) return;
      influence = { version, position, influence: task, isDone };
      refresh();
    });
  }

  /** Returns the tints of characters or, with the range of each token, of tokens. */
  function tintsOf(ranges) {
    const { layer } = view;
    const mean = (values) => ranges.map(({ start, end }) => (
      values.subarray(start, end).reduce((a, b) => a + b, 0) / Math.max(1, end - start)));
    if (state.tint === "surprise") return surprisals(view.window.nodes, ranges).map((bits) => Math.min(1, bits / fullSurprisal) || 0);
    if (!layer) return [];
    if (state.tint === "neuron" && state.neuron !== null) {
      return mean(neuronValues(layer, state.quantity, state.neuron)).map((value) => scaled(value, layer.quantities.get(state.quantity).range));
    }
    if (state.tint === "influence" && influence?.isDone) return influenceTints(influenceOf(ranges, influence), state);
    if (state.tint === "matches" && matches?.neurons.length > 0) return mean(matches.parts);
    return [];
  }

  function markedCharacters() {
    const marks = new Set();
    if (state.tint !== "matches") return marks;
    for (const { start, end } of matches?.places ?? []) {
      for (let index = view.characterOf(start); index <= view.characterOf(end - 1); index++) marks.add(index);
    }
    return marks;
  }

  function showLegend() {
    const isSigned = state.tint === "neuron" ? view.layer?.quantities.get(state.quantity).range[0] < 0
      : state.tint === "influence" && state.influence === "contributions";
    const largest = view.layer?.quantities.get(state.quantity).range[1] ?? 1;
    const texts = {
      surprise: ["0", t("see.legendBits", { bits: fullSurprisal })],
      neuron: [isSigned ? "−1" : "0", largest === 1 ? "1" : formatNumber(largest, 2)],
      influence: isSigned ? [t("see.lowers"), t("see.raises")] : [t("see.none"), t("see.strong")],
      matches: ["0 %", t("see.legendMatches")],
    }[state.tint];
    const hasJamo = view.labels.some(({ part: name }) => name);
    legend.replaceChildren(h("span", { class: `scale ${isSigned ? "signed" : "gate"}` }, texts[0], h("i", {}), texts[1]),
      hasJamo && h("span", { class: "jamo-legend" }, ["ᄀ", "ᅡ", "ᆨ"].map((jamo) => {
        const { part: name, letter } = jamoParts(jamo);
        return h("span", {}, h("span", { class: name, lang: "ko", text: letter }), ` ${t(`see.${name}`)}`);
      })) || "");
  }

  /** Shows the panel of the chosen tint; the focus stays on the same control. */
  function showPanel() {
    const { tint } = state;
    const key = JSON.stringify([tint, view.version, {
      neuron: [state.layer, state.neuron, state.quantity],
      influence: [influence?.position, influence?.isDone, state.influence, state.isLogarithmic],
      matches: [state.layer],
    }[tint]]);
    const results = tint === "matches" && panel.querySelector(".results");
    if (key === panelKey) {
      if (results) showMatches(view, matches, results);
      return;
    }
    panelKey = key;
    const controls = () => [...panel.querySelectorAll("button, input, select")];
    const focused = controls().indexOf(document.activeElement);
    const nodes = {
      surprise: () => surprisePanel(view),
      neuron: () => neuronPanel(view),
      influence: () => influencePanel(view, influence?.isDone ? influence : null),
      matches: () => matchesPanel(view, matches),
    }[tint]();
    panel.hidden = nodes.length === 0;
    panel.replaceChildren(h("h2", { text: t(`see.tint.${tint}`) }), ...nodes);
    if (focused >= 0) controls()[focused]?.focus();
  }

  const end = all(
    store.changes.subscribe(readText),
    store.cursor.subscribe(() => {
      const { window } = view;
      if (textWindow(store.tree.value, store.cursor.value, window).start !== window.start) readText();
      else refresh();
    }),
    store.selection.subscribe(refresh),
    watchColorScheme(() => layers.redraw()));
  readText();
  return {
    model,
    close() {
      isClosed = true;
      cancelTask();
      cancelInfluence();
      layers.close();
      end();
    },
  };
}

/** Replaces choices that another model does not have. */
function resetChoices(model) {
  if (seeState.model === model) return;
  const { layerCount, cell } = model.network;
  const hasKey = (name) => cell.quantities.some(({ key }) => key === name);
  Object.assign(seeState, { model, layer: layerCount - 1, neuron: null, quantity: hasKey(seeState.quantity) ? seeState.quantity : "hiddenState" });
  if (cell.retentionGate < 0 && seeState.order === "persistence") seeState.order = "activity";
}
