import { h } from "../app/dom.js";
import { createLineChart } from "../app/lineChart.js";
import { runInSlices } from "../app/scheduler.js";
import { formatPercent, t } from "../app/strings.js";
import { Influence } from "../engine/influence.js";
import { createTokenRow } from "./reading.js";

/** Step 3: the influence of earlier tokens on the prediction of the chosen one, as color and as a curve over the distance. */
export function createInfluenceFigure({ reading, others, onClose }) {
  let norms = [];
  let cancel = () => {};
  const share = (index) => norms[index] / Math.max(...norms);
  const row = createTokenRow(reading, {
    label: t("learn.choosePredicted"),
    tint: (index) => share(index) || 0,
    describe: (index) => (index < norms.length ? t("learn.influence", { share: formatPercent(share(index)) }) : ""),
  });
  const chart = createLineChart({ title: t("learn.influenceChart"), xLabel: t("learn.distance"), isLogarithmic: true });
  const result = h("p", { class: "result", role: "status" });

  function compute() {
    const position = Math.max(1, reading.position.value);
    cancel();
    // Models with the same token unit read the same tokens, unless one lacks some of them.
    const compared = [reading, ...others.filter(({ ids }) => ids.length === reading.ids.length)];
    const tasks = compared.map(({ model, trace }) => new Influence(model, trace, position));
    let index = 0;
    cancel = runInSlices({ advance: (milliseconds) => {
      if (index < tasks.length && tasks[index].advance(milliseconds)) index += 1;
      return index === tasks.length;
    } }, (isDone) => isDone && show(position, compared, tasks));
  }

  function show(position, compared, tasks) {
    norms = tasks[0].norms;
    row.update();
    const curves = tasks.map((task) => Array.from(task.norms).reverse().map((norm) => norm / task.norms[position - 1]));
    const names = compared.map(({ model }) => `${model.name} (${model.network.cellKind.toUpperCase()})`);
    chart.update({ series: curves.map((curve, index) => ({ name: names[index], values: curve.map((value, k) => [k + 1, value]) })) });
    result.textContent = t("learn.influenceResult", {
      token: reading.tokens[position].text, distance: position, first: reading.tokens[0].text,
      share: formatPercent(curves[0].at(-1)),
    });
    chart.element.dataset.position = position;
  }

  onClose(reading.position.subscribe(() => {
    row.update();
    compute();
  }));
  onClose(() => cancel());
  row.update();
  compute();
  return [row.element, h("p", { class: "muted", text: t("learn.influenceLegend") }), chart.element, result];
}
