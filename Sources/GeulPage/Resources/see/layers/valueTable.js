import { h } from "../../app/dom.js";
import { formatNumber, t } from "../../app/strings.js";
import { createTable } from "../../app/table.js";
import { tokenDescription } from "../text/tokenLabel.js";
import { cursorRange } from "../windowPositions.js";

/** Creates a table of the values at the tokens of the cursor's character; `update(rows)` shows those of some neurons. */
export function createValueTable(view) {
  const table = h("div", { class: "wide", tabindex: "0", role: "group", "aria-label": t("see.table") });
  const element = h("details", { on: { toggle: () => update(shownRows) } }, h("summary", { text: t("see.table") }), table);
  let shownRows = [];

  function update(rows) {
    shownRows = rows;
    if (!element.open || !view.layer) return;
    const range = cursorRange(view);
    table.replaceChildren(range ? valueTable(view, rows, range) : h("p", { text: t("see.noCursor") }));
  }
  return { element, update };
}

function valueTable(view, rows, { start, end }) {
  const { quantities, time } = view.layer;
  const tokens = Array.from({ length: end - start }, (_, index) => start + index);
  const columns = [...quantities.values()].flatMap((quantity) => tokens.map((token) => ({ quantity, token })));
  const headings = columns.map(({ quantity, token }) => `${t(`see.${quantity.key}`)}, ${tokenDescription(view, token)}`);
  const row = (name, valueOf) => [
    h("th", { scope: "row", text: name }),
    columns.map(({ quantity, token }) => h("td", { text: formatNumber(valueOf(quantity, token), 3) })),
  ];
  return createTable([t("see.neuron"), ...headings], [
    row(t("see.mean"), ({ mean }, token) => mean[token]),
    ...rows.map((neuron) => row(String(neuron), ({ values }, token) => values[neuron * time + token])),
  ]);
}
