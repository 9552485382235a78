import { h } from "./dom.js";

/**
 * Creates the element of one character of a token text: `{ element, show }`.
 *
 * `show(character, state)` changes only what differs, which makes updates of long texts fast. `state` is
 * `{ tint, partTints, isCursor, isSelected, isMark, description }`, with the meanings of tokenText.js.
 */
export function createTokenSpan(id) {
  const element = h("span", { role: "option", id, "aria-selected": "false" });
  let shownCharacter = "";
  let shownState = "";

  function show(character, state) {
    const { text, below, isUnknown } = character;
    const characterKey = JSON.stringify([text, below, isUnknown]);
    if (characterKey !== shownCharacter) showCharacter(element, character);
    shownCharacter = characterKey;
    const stateKey = characterKey + JSON.stringify(state);
    if (stateKey !== shownState) showState(element, state);
    shownState = stateKey;
  }
  return { element, show };
}

function showCharacter(span, { text, below, isUnknown }) {
  const isLineBreak = /^[\r\n]+$/.test(text);
  span.replaceChildren(...[
    h("span", { class: "character", text: isLineBreak ? "↵" : text }),
    below && h("span", { class: "below" }, below.map((part) => h("span", { class: part.class, text: part.text }))),
    isLineBreak && h("br"),
  ].filter(Boolean));
  span.classList.toggle("line-break", isLineBreak);
  span.classList.toggle("unknown", Boolean(isUnknown));
}

function showState(span, { tint, partTints, isCursor, isSelected, isMark, description }) {
  showTint(span, tint);
  span.querySelectorAll(".below > span").forEach((part, index) => showTint(part, partTints[index] ?? 0));
  span.classList.toggle("cursor", isCursor);
  span.classList.toggle("mark", isMark);
  span.classList.toggle("selected", isSelected);
  span.setAttribute("aria-selected", String(isSelected || isCursor));
  if (description) span.setAttribute("aria-label", description);
  else span.removeAttribute("aria-label");
}

function showTint(span, tint) {
  const style = tint === 0 ? "" : Math.abs(tint).toFixed(2);
  if (span.dataset.tint !== style) {
    span.dataset.tint = style;
    span.style.setProperty("--tint", style || "0");
  }
  span.classList.toggle("negative", tint < 0);
}
