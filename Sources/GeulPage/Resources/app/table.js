import { h } from "./dom.js";

/** Creates a table. `headings` are texts; each row is an array of cells. */
export function createTable(headings, rows) {
  return h("table", {},
    h("thead", {}, h("tr", {}, headings.map((text) => h("th", { scope: "col", text })))),
    h("tbody", {}, rows.map((cells) => h("tr", {}, cells))));
}

/** Returns an element that scrolls if its content is too wide, which keyboards can do only if it can have the focus. */
export function scrollable(label, ...content) {
  return h("div", { class: "wide", role: "region", tabindex: "0", "aria-label": label }, content);
}
