import { namedOptions, selectBox } from "./controls.js";
import { button, h } from "./dom.js";
import { savePreference } from "./preferences.js";
import { formatNumber, language, t } from "./strings.js";
import { chooseTheme, chosenTheme, themes } from "./theme.js";

/** Creates the header: the title, facts about the model, the choice of model, language and colors; `{ element, close }`. */
export function createHeader(store, title) {
  const facts = h("p", { class: "facts" });
  const showFacts = () => {
    facts.textContent = modelFacts(store.model.value).join(" · ");
  };
  showFacts();
  const logo = h("span", { class: "logo", lang: "ko", text: "글" });
  const element = h("header", {},
    h("div", { class: "title" }, h("h1", {}, logo, ` ${title ?? t("page.title")}`), facts),
    h("div", { class: "choices" }, store.models.length > 1 && modelChoice(store), languageButton(), themeChoice()));
  return { element, close: store.model.subscribe(showFacts) };
}

function modelFacts({ architecture, vocabulary, tokenizer, parameterCount, metadata }) {
  const { cell, layers, hidden } = architecture;
  const nats = metadata.training?.validationNats;
  return [
    t("page.shape", { cell: cell.toUpperCase(), layers, hidden }),
    t("page.parameters", { count: formatNumber(parameterCount) }),
    t("page.vocabulary", { count: formatNumber(vocabulary.count), unit: t(`page.unit.${tokenizer.unit}`) }),
    nats && t("page.validation", { nats: formatNumber(nats, 3) }),
  ].filter(Boolean);
}

function modelChoice(store) {
  const { models } = store;
  return selectBox({
    label: t("page.model"), value: String(models.indexOf(store.model.value)),
    options: models.map((model, index) => [String(index), model.name]),
    onChange: (index) => store.selectModel(models[index]),
  });
}

/** Creates the button that shows the page in its other language, whose name it has. */
function languageButton() {
  const [other, name] = language.value === "ko" ? ["en", "English"] : ["ko", "한국어"];
  return button(name, () => {
    savePreference("language", other);
    language.value = other;
  }, { lang: other, id: "language" });
}

function themeChoice() {
  return selectBox({
    label: t("page.theme"), value: chosenTheme(), options: namedOptions("page.theme", themes),
    onChange: chooseTheme,
  });
}
