import { createCompareView } from "../compare/compareView.js";
import { compareStrings } from "../compare/strings.js";
import { createLearnView } from "../learn/learnView.js";
import { learnStrings } from "../learn/strings.js";
import { createSeeView } from "../see/seeView.js";
import { seeStrings } from "../see/strings.js";
import { createWriteView } from "../write/writeView.js";
import { writeStrings } from "../write/strings.js";
import { button, h, selectBox } from "./dom.js";
import { pageStrings } from "./pageStrings.js";
import { loadPreference, savePreference } from "./preferences.js";
import { Store } from "./store.js";
import { formatNumber, language, preferredLanguage, registerStrings, t } from "./strings.js";

/**
 * The views of the page in the order of their tabs. A view is created when its tab is opened: `create(store)` returns
 * `{ element, close }`; `close` ends its subscriptions and tasks.
 */
const views = [
  { name: "write", create: createWriteView },
  { name: "see", create: createSeeView },
  { name: "learn", create: createLearnView },
  { name: "compare", create: createCompareView },
];

/** Shows the page for some models; `settings` is `{ title, text, language }`, each of which may be null. */
export function startPage(app, models, settings) {
  for (const table of [pageStrings, writeStrings, seeStrings, learnStrings, compareStrings]) registerStrings(table);
  language.value = settings.language ?? loadPreference("language") ?? preferredLanguage();
  const store = new Store(models, settings.text);
  let open = null;

  function showView(name) {
    const view = views.find((view) => view.name === name) ?? views[0];
    open?.close();
    open = view.create(store);
    for (const tab of app.querySelectorAll("[role=tab]")) {
      const isSelected = tab.dataset.view === view.name;
      tab.setAttribute("aria-selected", String(isSelected));
      tab.tabIndex = isSelected ? 0 : -1;
    }
    const panel = app.querySelector("[role=tabpanel]");
    panel.setAttribute("aria-labelledby", `tab-${view.name}`);
    panel.replaceChildren(open.element);
  }

  function render() {
    document.documentElement.lang = language.value;
    document.title = settings.title ?? `Geul: ${models.map((model) => model.name).join(", ")}`;
    app.replaceChildren(createHeader(store, settings), createTabs(), h("main", {}, h("div", { role: "tabpanel", id: "panel" })),
      h("footer", {}, h("p", { text: t("page.footer") })));
    showView(location.hash.slice(1));
  }

  showTheme(loadPreference("theme") ?? "auto");
  language.subscribe(render);
  store.model.subscribe(() => showView(location.hash.slice(1)));
  addEventListener("hashchange", () => showView(location.hash.slice(1)));
  render();
  return store;
}

function createTabs() {
  const tabs = views.map(({ name }) => h("a", {
    role: "tab", id: `tab-${name}`, href: `#${name}`, "aria-controls": "panel", dataset: { view: name }, text: t(`page.${name}`),
  }));
  return h("nav", { "aria-label": t("page.views") }, h("div", { role: "tablist", class: "tabs", on: {
    keydown: (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
      next.focus();
      next.click();
    },
  } }, tabs));
}

function createHeader(store, settings) {
  const { models } = store;
  const facts = h("p", { class: "facts" });
  const showFacts = () => {
    const { architecture, vocabulary, tokenizer, parameterCount, metadata } = store.model.value;
    facts.textContent = [
      t("page.shape", { cell: architecture.cell.toUpperCase(), layers: architecture.layers, hidden: architecture.hidden }),
      t("page.parameters", { count: formatNumber(parameterCount) }),
      t("page.vocabulary", { count: formatNumber(vocabulary.count), unit: t(`page.unit.${tokenizer.unit}`) }),
      metadata.training?.validationNats ? t("page.validation", { nats: formatNumber(metadata.training.validationNats, 3) }) : null,
    ].filter(Boolean).join(" · ");
  };
  showFacts();
  store.model.subscribe(showFacts);
  return h("header", {},
    h("div", { class: "title" }, h("h1", {}, h("span", { class: "logo", lang: "ko", text: "글" }), ` ${settings.title ?? t("page.title")}`), facts),
    h("div", { class: "choices" },
      models.length > 1 && selectBox({
        label: t("page.model"), value: String(models.indexOf(store.model.value)),
        options: models.map((model, index) => [String(index), model.name]),
        onChange: (index) => store.selectModel(models[index]),
      }),
      button(language.value === "ko" ? "English" : "한국어", () => {
        const next = language.value === "ko" ? "en" : "ko";
        savePreference("language", next);
        language.value = next;
      }, { lang: language.value === "ko" ? "en" : "ko", id: "language" }),
      selectBox({
        label: t("page.theme"), value: loadPreference("theme") ?? "auto",
        options: ["auto", "light", "dark"].map((theme) => [theme, t(`page.theme.${theme}`)]),
        onChange: (theme) => {
          savePreference("theme", theme);
          showTheme(theme);
        },
      })));
}

/** Selects the color scheme: "light", "dark" or "auto", that of the system. */
function showTheme(theme) {
  document.documentElement.style.colorScheme = theme === "auto" ? "light dark" : theme;
}
