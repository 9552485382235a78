import { h } from "../app/dom.js";

/** Creates the view in which the model continues a text. */
export function createLearnView(store) {
  return { element: h("section", {}), close() {} };
}
