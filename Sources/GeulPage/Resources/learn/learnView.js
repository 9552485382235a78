import { button, h } from "../app/dom.js";
import { runInSlices } from "../app/scheduler.js";
import { defaultText } from "../app/store.js";
import { t } from "../app/strings.js";
import { formula, richText } from "../app/formula.js";
import { lessonSteps } from "./lessonSteps.js";
import { createSentenceReading, defaultSentence, learnState } from "./reading.js";

/** The maximum number of characters of the sentence. */
const maximumSentenceLength = 120;

/**
 * Creates the view with a tour of ten steps that explains RNN and LSTM with the states of the page's own models.
 *
 * A figure gets a lesson `{ reading, cellReading, kind, others, onClose }`: the sentence as read by the selected model and by the
 * model with a cell state (the same, or the first LSTM of the page), the kind of that cell, and readings by other models.
 */
export function createLearnView(store) {
  const model = store.model.value;
  const cellModel = [model, ...store.models].find(({ network }) => network.cell.hasCellState) ?? model;
  let cancelReading = () => {};
  let closers = [];
  let lesson = null;

  const input = h("input", {
    type: "text", id: "learn-sentence", maxlength: maximumSentenceLength, autocomplete: "off", spellcheck: "false",
    value: learnState.sentence ?? firstSentence(store), "aria-describedby": "learn-sentence-note",
    on: { input: () => {
      learnState.sentence = input.value;
      read();
    } },
  });
  const note = h("p", { class: "muted", id: "learn-sentence-note", role: "status" });
  const contents = h("ol", {});
  const article = h("article", { class: "lesson" });
  const figure = h("div", { class: "panel lesson-figure", role: "group", "aria-label": t("learn.figure") });
  const element = h("section", { class: "learn", "aria-label": t("page.learn") },
    h("div", { class: "sentence" },
      h("label", { for: "learn-sentence", text: t("learn.sentence") }), input,
      button(t("learn.reset"), () => {
        learnState.sentence = null;
        input.value = defaultSentence(model);
        read();
      })),
    note,
    h("div", { class: "lesson-columns" }, h("nav", { "aria-label": t("learn.contents") }, contents), article));

  function closeFigure() {
    closers.forEach((close) => close());
    closers = [];
  }

  /** Reads the sentence with all models, in slices, and shows the figure. */
  function read() {
    cancelReading();
    const readings = new Map();
    const readingOf = (reader) => {
      if (!readings.has(reader)) readings.set(reader, createSentenceReading(reader, input.value));
      return readings.get(reader);
    };
    const isOfOtherCell = ({ tokenizer, network }) => (
      tokenizer.unit === model.tokenizer.unit && network.cellKind !== model.network.cellKind
    );
    const next = {
      store, reading: readingOf(model), cellReading: readingOf(cellModel), kind: cellModel.network.cellKind,
      others: store.models.filter(isOfOtherCell).map(readingOf),
      onClose: (close) => closers.push(close),
    };
    const { skipped } = next.reading;
    note.textContent = skipped.length > 0 ? t("learn.skipped", { characters: skipped.join(" ") }) : "";
    const pending = [...readings.values()];
    cancelReading = runInSlices({ advance: (milliseconds) => {
      if (pending.length > 0 && pending[0].advance(milliseconds)) pending.shift();
      return pending.length === 0;
    } }, (isDone) => {
      if (!isDone) return;
      lesson = next;
      showFigure();
    });
  }

  function showFigure() {
    closeFigure();
    if (!lesson) return;
    const canShow = [lesson.reading, lesson.cellReading].every(({ ids }) => ids.length >= 2);
    const { create } = lessonSteps[learnState.step];
    figure.replaceChildren(...(canShow ? create(lesson) : [h("p", { text: t("learn.short") })]));
    figure.dataset.step = learnState.step + 1;
  }

  function showStep(isMoved = false) {
    const number = learnState.step + 1;
    contents.replaceChildren(...lessonSteps.map((_, index) => {
      const link = button("", () => openStep(index), { "aria-current": index === learnState.step ? "step" : null });
      link.append(
        h("span", { class: "number", text: String(index + 1) }), h("span", { class: "name", text: t(`learn.${index + 1}.title`) }));
      return h("li", {}, link);
    }));
    const heading = h("h2", { tabindex: "-1", text: `${number}. ${t(`learn.${number}.title`)}` });
    const { formulas, isAboutCell, hasOwnNote } = lessonSteps[learnState.step];
    const kind = cellModel.network.cellKind;
    const values = {
      name: cellModel.name, cell: model.network.cellKind.toUpperCase(), count: model.vocabulary.count,
      unit: t(`page.unit.${model.tokenizer.unit}`),
    };
    const isAdapted = isAboutCell && number < 9 && kind !== "lstm";
    const remarks = [
      isAdapted && t(kind === "rnn" && number !== 7 ? "learn.rnn" : `learn.${kind}.${number}`),
      isAboutCell && cellModel !== model && t("learn.otherModel", values),
      hasOwnNote && model.network.cellKind !== "rnn" && t(`learn.${number}.note`, values),
    ].filter(Boolean);
    article.replaceChildren(
      heading,
      ...t(`learn.${number}.text`, values).split("\n").map((paragraph) => h("p", {}, richText(paragraph))),
      h("div", { class: "lesson-formula" },
        h("div", {}, formulas.map((source) => h("div", {}, formula(source, true)))),
        h("dl", {}, t(`learn.${number}.symbols`).split("\n").map((line) => {
          const [symbol, meaning] = line.split(/ := /);
          return h("div", {}, h("dt", {}, richText(symbol)), h("dd", {}, richText(meaning)));
        }))),
      ...remarks.map((remark) => h("p", { class: "remark" }, richText(remark))),
      figure,
      ...createQuestion(number, isAdapted ? kind : null),
      h("div", { class: "lesson-moves controls" },
        moveButton(learnState.step - 1, "learn.previous"), moveButton(learnState.step + 1, "learn.next", "primary")));
    showFigure();
    if (!isMoved) return;
    heading.focus({ preventScroll: true });
    element.scrollIntoView({ block: "start" });
  }

  /** Creates the question of a step. Those about the cell state do not fit a model without one; a GRU has a question of its own. */
  function createQuestion(number, kind) {
    const hasOwn = kind === "gru" && number > 4 && number < 8;
    const key = hasOwn ? "learn.gru" : `learn.${number}`;
    return !kind || hasOwn || (kind === "rnn" && number === 7) ? [h("div", { class: "question" },
      h("h3", { text: t("learn.try") }),
      h("p", {}, richText(t(`${key}.question`))),
      h("details", {}, h("summary", { text: t("learn.answer") }), h("p", {}, richText(t(`${key}.answer`)))))] : [];
  }

  function moveButton(index, key, style = null) {
    if (index < 0 || index >= lessonSteps.length) return null;
    return button(t(key, { title: t(`learn.${index + 1}.title`) }), () => openStep(index), { class: style });
  }

  function openStep(index) {
    learnState.step = index;
    showStep(true);
  }

  showStep();
  read();
  return { element, close() {
    cancelReading();
    closeFigure();
  } };
}

/** Returns the first line of the reader's text, or a sentence in the model's language if the reader has written nothing. */
function firstSentence(store) {
  const { text } = store.tree.value;
  const line = text.split(/[\r\n]/).find((part) => part.trim() !== "") ?? "";
  const isOwn = line !== "" && !text.startsWith(defaultText(store.model.value));
  return isOwn ? [...line].slice(0, maximumSentenceLength / 2).join("") : defaultSentence(store.model.value);
}
