import { h } from "./dom.js";
import { t } from "./strings.js";

/** Creates the tabs of the views: `{ element, select }`. A tab is a link to `#name`; `select(name)` shows which is open. */
export function createTabs(names) {
  const tabs = names.map((name) => h("a", {
    role: "tab", id: `tab-${name}`, href: `#${name}`, "aria-controls": "panel", dataset: { view: name }, text: t(`page.${name}`),
  }));

  function select(name) {
    for (const tab of tabs) {
      const isSelected = tab.dataset.view === name;
      tab.setAttribute("aria-selected", String(isSelected));
      tab.tabIndex = isSelected ? 0 : -1;
    }
  }

  function openNeighbor(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    next.focus();
    next.click();
  }

  const list = h("div", { role: "tablist", class: "tabs", on: { keydown: openNeighbor } }, tabs);
  return { element: h("nav", { "aria-label": t("page.views") }, list), select };
}
