import { createCompareView } from "../compare/compareView.js";
import { compareStrings } from "../compare/strings.js";
import { createLearnView } from "../learn/learnView.js";
import { learnStrings } from "../learn/strings.js";
import { createSeeView } from "../see/seeView.js";
import { seeStrings } from "../see/strings.js";
import { createWriteView } from "../write/writeView.js";
import { writeStrings } from "../write/strings.js";
import { h } from "./dom.js";
import { createHeader } from "./header.js";
import { pageStrings } from "./pageStrings.js";
import { loadPreference } from "./preferences.js";
import { Store } from "./store.js";
import { language, preferredLanguage, registerStrings, t } from "./strings.js";
import { createTabs } from "./tabs.js";
import { chosenTheme, showTheme } from "./theme.js";

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
  const panel = h("div", { role: "tabpanel", id: "panel" });
  let header = null;
  let tabs = null;
  let openView = null;

  /** Shows the whole page, in its language. */
  function showPage() {
    document.documentElement.lang = language.value;
    document.title = settings.title ?? `Geul: ${models.map((model) => model.name).join(", ")}`;
    header?.close();
    header = createHeader(store, settings.title);
    tabs = createTabs(views.map((view) => view.name));
    app.replaceChildren(header.element, tabs.element, h("main", {}, panel), h("footer", {}, h("p", { text: t("page.footer") })));
    showView();
  }

  /** Shows the view that the address names. */
  function showView() {
    const { name, create } = views.find((view) => view.name === location.hash.slice(1)) ?? views[0];
    openView?.close();
    openView = create(store);
    tabs.select(name);
    panel.setAttribute("aria-labelledby", `tab-${name}`);
    panel.replaceChildren(openView.element);
  }

  showTheme(chosenTheme());
  language.subscribe(showPage);
  store.model.subscribe(showView);
  addEventListener("hashchange", showView);
  showPage();
  return store;
}
