import { h } from "../app/dom.js";
import { formatNumber, t } from "../app/strings.js";
import { maximumTextLength } from "../app/textTree.js";

/** Creates the line below the text: what happened, which screen readers announce, and how fast the model writes. */
export function createStatusLine() {
  const status = h("p", { role: "status", class: "status" });
  const rate = h("span", { class: "muted rate" });

  function announce(text) {
    status.textContent = text;
  }

  /** Says why a continuation of `count` characters ended. */
  function announceEnd(ending, count = 0) {
    announce(t(`write.ended.${ending}`, { count: formatNumber(count), limit: formatNumber(maximumTextLength) }));
  }

  function showRate({ count, duration }) {
    rate.textContent = t("write.rate", { rate: formatNumber(count / Math.max(1, duration) * 1000) });
  }
  return { element: h("div", { class: "status-line" }, status, rate), announce, announceEnd, showRate };
}
