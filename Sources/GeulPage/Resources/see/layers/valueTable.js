import { h } from "../../app/dom.js";
import { integers } from "../../app/numbers.js";
import { formatNumber, t } from "../../app/strings.js";
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
  const tokens = integers(start, end);
  const columns = [...quantities.values()].flatMap((quantity) => tokens.map((token) => ({ quantity, token })));
  const headers = columns.map(({ quantity, token }) => (
    h("th", { scope: "col", text: `${t(`see.${quantity.key}`)}, ${tokenDescription(view, token)}` })));
  const row = (name, valueOf) => h("tr", {}, h("th", { scope: "row", text: name }),
    columns.map(({ quantity, token }) => h("td", { text: formatNumber(valueOf(quantity, token), 3) })));
  return h("table", {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col", text: t("see.neuron") }), headers)),
    h("tbody", {},
      row(t("see.mean"), ({ mean }, token) => mean[token]),
      rows.map((neuron) => row(String(neuron), ({ values }, token) => values[neuron * time + token]))));
}
