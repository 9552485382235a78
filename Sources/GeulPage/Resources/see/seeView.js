import { h } from "../app/dom.js";

/** Creates the view in which the model continues a text. */
export function createSeeView(store) {
  return { element: h("section", {}), close() {} };
}
