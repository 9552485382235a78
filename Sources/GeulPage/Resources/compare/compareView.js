import { selectBox } from "../app/controls.js";
import { button, h } from "../app/dom.js";
import { createLineChart } from "../app/lineChart.js";
import { runInSlices } from "../app/scheduler.js";
import { all } from "../app/signal.js";
import { formatNumber, t } from "../app/strings.js";
import { visibleToken } from "../app/visibleText.js";
import { createCharacterGrid, strongestBits } from "./characterGrid.js";
import { createContinuations } from "./continuations.js";
import { createInfluenceTask, meanCount, spreadIndices } from "./influenceCurves.js";
import { createLossTable, createPredictionTable } from "./lossTable.js";
import { comparedLength, compareLosses, createReading, splitCharacters } from "./reading.js";

/**
 * What the view keeps while it is closed: the text, or null for the text of the other views; the cursor, or -1 for the last
 * character; the reference of the differences, the kind of influence, the choices of the continuations, and what the models have read.
 */
const comparison = { text: null, cursor: -1, reference: 0, isMean: false, choices: { method: "greedy", seed: "1" }, readings: null };

/** The time between two updates of the view while the models read, in milliseconds. */
const updateInterval = 150;

/** Creates the view that compares the losses of all models of the page on one text. */
export function createCompareView(store) {
  comparison.readings ??= store.models.map(createReading);
  const { readings } = comparison;
  const names = store.models.map(({ name }, index) => (store.models.length > 1 ? `${index + 1} ${name}` : name));
  let texts = [];
  let compared = null;
  let cancelReading = () => {};
  let cancelInfluence = () => {};
  let influenceTimer = 0;
  /** The index of the character at the cursor, or of the last one; -1 for an empty text. */
  const cursorIndex = () => (comparison.cursor >= 0 ? comparison.cursor : texts.length - 1);

  const input = h("textarea", { id: "compared-text", rows: 3, spellcheck: "false", on: { input: () => {
    comparison.text = input.value;
    read();
  } } });
  const status = h("p", { class: "muted", role: "status" });
  const table = h("div", {});
  const leftOut = h("div", {});
  const detail = h("div", {});
  const [lossChart, differenceChart] = [0, 1].map(() => createLineChart({
    xLabel: t("compare.position"), yLabel: t("compare.bitsUnit"), onSelect: (position) => moveCursor(position - 1),
  }));
  const influenceChart = createLineChart({ xLabel: t("compare.distance"), yLabel: t("compare.share"), isLogarithmic: true });
  const influence = h("div", {});
  const grid = createCharacterGrid({ label: t("compare.characters"), rowCount: readings.length, onCursor: moveCursor });
  const continuations = createContinuations({ readings, names, choices: comparison.choices, sampling: () => store.sampling.value });
  const reference = readings.length > 1 && selectBox({
    label: t("compare.reference"), value: String(comparison.reference), options: names.map((name, index) => [String(index), name]),
    onChange: (value) => {
      comparison.reference = Number(value);
      showCharts();
    },
  });

  function moveCursor(index) {
    comparison.cursor = index;
    grid.showCursor(index);
    showDetail();
    // The charts follow when the cursor rests.
    clearTimeout(influenceTimer);
    influenceTimer = setTimeout(() => {
      showCharts();
      if (!comparison.isMean) computeInfluence();
    }, 120);
  }

  /** Lets all models read the text; what they read already is kept. */
  function read() {
    cancelReading();
    cancelInfluence();
    clearTimeout(influenceTimer);
    continuations.clear();
    continuations.setReady(false);
    texts = splitCharacters(input.value);
    readings.forEach((reading) => reading.setCharacters(texts));
    if (comparison.cursor >= texts.length) comparison.cursor = -1;
    let lastUpdate = 0;
    cancelReading = runInSlices({ advance: (milliseconds) => (
      readings.every((reading) => reading.advance(Math.max(1, milliseconds / readings.length)))
    ) }, (isDone) => {
      if (!isDone && performance.now() - lastUpdate < updateInterval) return;
      lastUpdate = performance.now();
      showLosses(isDone);
      if (!isDone) return;
      continuations.setReady(true);
      computeInfluence();
    });
  }

  function showLosses(isDone) {
    compared = compareLosses(readings);
    const { isCounted, leftOut: unknown, losses: values } = compared;
    const counted = isCounted.filter(Boolean).length;
    status.textContent = [
      isDone ? t("compare.counted", { counted: formatNumber(counted), count: formatNumber(texts.length) })
        : t("compare.progress", { read: formatNumber(isCounted.length), count: formatNumber(texts.length) }),
      texts.length === comparedLength ? t("compare.limit", { count: comparedLength }) : "",
    ].join(" ");
    table.replaceChildren(createLossTable(readings, names, values));
    showLeftOut(unknown);
    grid.update({
      texts, isCounted, cursor: cursorIndex(), describe: describeCharacter,
      bits: readings.map((reading) => texts.map((_, index) => reading.bits(index))),
    });
    showDetail();
    showCharts();
  }

  /** Lists the characters that models do not know; models that do not know the same ones share a list. */
  function showLeftOut(unknown) {
    const models = new Map();
    readings.forEach((reading, row) => {
      const list = [...new Set(texts.filter((_, index) => unknown[index]?.includes(reading)))];
      const characters = list.slice(0, 40).map((text) => visibleToken(text)).join(" ") + (list.length > 40 ? " …" : "");
      if (list.length > 0) models.set(characters, [...(models.get(characters) ?? []), names[row]]);
    });
    leftOut.replaceChildren(...Array.from(models, ([list, unknowing]) => (
      h("p", { text: t("compare.leftOut", { names: unknowing.join(", "), list }) })
    )));
  }

  /** Returns what a screen reader says of a character. */
  function describeCharacter(index) {
    const bits = readings.map((reading, row) => `${names[row]}: ${formatNumber(reading.bits(index), 1)}`);
    return `${visibleToken(texts[index])} ${t("compare.bits", { list: bits.join(", ") })}`;
  }

  function showDetail() {
    const cursor = cursorIndex();
    detail.replaceChildren(...(cursor >= 0 ? [
      h("h3", { text: t("compare.at", { character: visibleToken(texts[cursor]), number: formatNumber(cursor + 1) }) }),
      createPredictionTable(readings, names, cursor),
    ] : []));
  }

  function showCharts() {
    const { losses: values, isCounted } = compared;
    const base = values[comparison.reference].cumulative;
    const cursor = cursorIndex() < isCounted.length ? cursorIndex() + 1 : null;
    const series = (valueOf) => values.map(({ cumulative }, row) => ({
      name: names[row], values: cumulative.map((sum, index) => [index + 1, valueOf(sum, index)]),
    }));
    lossChart.update({ title: t("compare.cumulative"), cursor, series: series((sum) => sum) });
    differenceChart.update({
      title: t("compare.difference", { name: names[comparison.reference] }), cursor, series: series((sum, index) => sum - base[index]),
    });
  }

  /** Computes the influence of earlier characters on the one at the cursor, or the mean over several. */
  function computeInfluence() {
    cancelInfluence();
    const isPredicted = (index) => index > 0 && readings.every((reading) => Number.isFinite(reading.bits(index)));
    const targets = (comparison.isMean ? spreadIndices(texts.length, meanCount) : [cursorIndex()]).filter(isPredicted);
    if (targets.length === 0) {
      influence.replaceChildren(h("p", { class: "muted", text: t("compare.noInfluence") }));
      return;
    }
    const task = createInfluenceTask(readings, targets);
    cancelInfluence = runInSlices(task, (isDone) => {
      if (!isDone) return;
      const [index] = targets;
      influenceChart.update({
        title: comparison.isMean ? t("compare.influenceMean", { count: targets.length })
          : t("compare.influenceOn", { character: visibleToken(texts[index]), number: formatNumber(index + 1) }),
        series: task.curves.map((values, row) => ({ name: names[row], values })),
      });
      influence.replaceChildren(influenceChart.element);
    });
  }

  function followStore() {
    if (comparison.text !== null || input.value === store.tree.value.text) return;
    input.value = store.tree.value.text;
    read();
  }

  const element = h("section", { class: "compare" },
    h("p", { text: t(readings.length > 1 ? "compare.about" : "compare.single") }),
    readings.length === 1 && h("p", {}, h("code", { text: "geul page checkpoints/rnn checkpoints/gru checkpoints/lstm --out compare.html" })),
    h("label", { for: "compared-text", text: t("compare.text") }), input,
    h("div", { class: "controls" }, button(t("compare.useText"), () => {
      comparison.text = null;
      input.value = store.tree.value.text;
      read();
    })),
    h("h2", { text: t("compare.losses") }), table, status, leftOut,
    h("details", {}, h("summary", { text: t("compare.how") }), h("p", { text: t("compare.rule") })),
    h("h2", { text: t("compare.characters") }),
    h("p", { class: "muted", text: t(readings.length > 1 ? "compare.gridHelp" : "compare.gridHelpSingle", { bits: strongestBits }) }),
    readings.length > 1 && h("ol", { class: "row-names" }, store.models.map(({ name }) => h("li", { text: name }))),
    grid.element, detail,
    h("h2", { text: t("compare.cumulative") }), reference && h("div", { class: "controls" }, reference),
    h("div", { class: "columns" }, lossChart.element, reference && differenceChart.element),
    h("h2", { text: t("compare.influence") }), h("p", { class: "muted", text: t("compare.influenceHelp") }),
    h("div", { class: "controls" }, selectBox({
      label: t("compare.influenceOf"), value: comparison.isMean ? "mean" : "cursor",
      options: [["cursor", t("compare.atCursor")], ["mean", t("compare.mean", { count: meanCount })]],
      onChange: (value) => {
        comparison.isMean = value === "mean";
        computeInfluence();
      },
    })), influence,
    continuations.element);
  input.value = comparison.text ?? store.tree.value.text;
  read();
  return { element, close: all(
    store.changes.subscribe(followStore), continuations.close,
    () => {
      cancelReading();
      cancelInfluence();
      clearTimeout(influenceTimer);
    }) };
}
