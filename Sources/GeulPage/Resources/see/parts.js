import { button, h } from "../app/dom.js";
import { predictedTokens } from "../app/predictions.js";
import { formatNumber, formatPercent, t } from "../app/strings.js";
import { createTable } from "../app/table.js";
import { jamoParts, visibleToken } from "../app/visibleText.js";
import { neuronValues } from "./layerValues.js";
import { tokenSurprisal } from "./textWindow.js";

/** Creates a group of buttons of which one is pressed; `options` are `[value, text]`. `update()` shows the value again. */
export function segmented(label, options, value, onChoose) {
  const buttons = options.map(([key, text]) => button(text, () => onChoose(key), { dataset: { value: String(key) } }));
  const update = () => buttons.forEach((item, index) => item.setAttribute("aria-pressed", String(options[index][0] === value())));
  update();
  return { element: h("div", { class: "segmented", role: "group", "aria-label": label }, buttons), update };
}

/** Returns the visible form of a token of the window, `{ text, part }`; `part` is that of a jamo in its syllable. */
export function tokenLabel({ window, model }, index) {
  const { id, written } = window.nodes[index];
  const token = id < 0 ? written : model.vocabulary.tokens[id];
  const jamo = jamoParts(token);
  return jamo ? { text: jamo.letter, part: jamo.part } : { text: visibleToken(token, model.tokenizer.unit), part: null };
}

/** Returns a list item with a button that shows a range of characters in their context and moves the cursor there. */
export function contextItem(view, start, end, note, onChoose = null) {
  const { characters } = view.window;
  const textOf = (from, to) => characters.slice(Math.max(0, from), to).map(({ text }) => visibleLine(text)).join("");
  return h("li", {}, h("button", { type: "button", class: "context", on: { click: () => {
    view.moveTo(end - 1);
    onChoose?.();
  } } },
    h("span", { class: "note", text: note }), " ",
    h("span", { class: "before" }, h("span", { text: textOf(start - 14, start) })),
    h("span", {}, h("mark", { text: textOf(start, end) }), textOf(end, end + 14))));
}

function visibleLine(text) {
  return /^[\r\n]+$/.test(text) ? "↵" : text;
}

/** Returns what is known of the character at the cursor: surprisal, probability and likely tokens of each of its tokens. */
export function characterDetail(view) {
  const index = view.cursorIndex();
  if (index < 0) return h("p", { class: "muted", text: t("see.noCursor") });
  const { start, end, text } = view.window.characters[index];
  const bits = view.surprisals[index];
  const { neuron, quantity, tint } = view.state;
  const values = tint === "neuron" && neuron !== null && view.layer ? neuronValues(view.layer, quantity, neuron) : null;
  const rows = view.window.nodes.slice(start, end).map((node, offset) => {
    const surprisal = tokenSurprisal(node);
    const likely = Number.isNaN(surprisal) ? [] : view.window.tree.predictions(node.parent, 5);
    const label = tokenLabel(view, start + offset);
    return [
      h("th", { scope: "row", class: label.part, text: label.text }),
      h("td", { text: node.id < 0 ? t("see.skipped") : Number.isNaN(surprisal) ? t("see.first") : t("see.bits", { bits: formatNumber(surprisal, 2) }) }),
      h("td", { class: "probability", text: Number.isNaN(surprisal) ? "" : formatPercent(node.probability) }),
      values && h("td", { text: `${t("see.neuronNumber", { neuron })}: ${formatNumber(values[start + offset], 2)}` }),
      h("td", { class: "likely" }, predictedTokens(view.model, likely, node.id)),
    ];
  });
  const headings = ["see.token", "see.surprisal", "see.probability", values && "see.neuron", "see.likely"].filter(Boolean);
  const table = createTable(headings.map((key) => t(key)), rows);
  table.tHead.classList.add("visually-hidden");
  return [
    rows.length > 1 && h("p", {}, h("strong", { text: visibleLine(text) }), ` ${Number.isNaN(bits) ? "" : t("see.bits", { bits: formatNumber(bits, 2) })}`),
    table,
  ].filter(Boolean);
}
