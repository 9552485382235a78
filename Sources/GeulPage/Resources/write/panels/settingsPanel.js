import { checkBox, slider } from "../../app/controls.js";
import { button, h } from "../../app/dom.js";
import { formatNumber, t } from "../../app/strings.js";
import { changeWriteSettings, lengths, speeds, writeSettings } from "../writeSettings.js";

/** The format of a value that switches something off. */
const offAt = (off, digits) => (value) => (value === off ? t("write.off") : formatNumber(value, digits));

/** The format of a length or a speed. */
const formatLimit = (value) => (value === Infinity ? t("write.unlimited") : formatNumber(value));

/**
 * Creates the sliders and fields of the sampler and of this view: `{ element, close }`. They change `store.sampling`
 * and `writeSettings`.
 */
export function createSettingsPanel(store) {
  const sampling = (key, range) => samplingSlider(store, key, range);
  const seed = createSeed();
  const topKLimit = Math.min(100, store.model.value.vocabulary.count);
  const element = h("section", { class: "panel settings", "aria-label": t("write.settings") },
    h("div", { class: "settings-grid" },
      sampling("temperature", { min: 0, max: 2, step: 0.05, format: (value) => formatNumber(value, 2) }),
      choiceSlider("length", lengths), choiceSlider("speed", speeds)),
    settingBox("isLive"), settingBox("continuesRival"),
    h("details", {}, h("summary", { text: t("write.more") }),
      h("div", { class: "settings-grid" },
        sampling("topK", { min: 0, max: topKLimit, step: 1, format: offAt(0, 0) }),
        sampling("topP", { min: 0.05, max: 1, step: 0.01, format: offAt(1, 2) }),
        sampling("minP", { min: 0, max: 0.5, step: 0.01, format: offAt(0, 2) }),
        sampling("repeatPenalty", { min: 1, max: 2, step: 0.05, format: offAt(1, 2) }),
        sampling("repeatLastN", { min: 0, max: 256, step: 8, format: offAt(0, 0) }),
        seed.element, createStops())));
  return { element, close: seed.close };
}

/** Creates a slider of an option of the sampler. */
function samplingSlider(store, key, range) {
  return explained(key, slider({
    label: t(`write.${key}`), value: store.sampling.value[key], ...range,
    onInput: (value) => {
      store.sampling.value = { ...store.sampling.value, [key]: value };
    },
  }));
}

/** Creates a slider of a setting that has one of some values. */
function choiceSlider(key, values) {
  const control = slider({
    label: t(`write.${key}`), min: 0, max: values.length - 1, step: 1,
    value: values.indexOf(writeSettings.value[key]),
    format: (index) => formatLimit(values[index]),
    onInput: (index) => changeWriteSettings({ [key]: values[index] }),
  });
  // Without this, a screen reader would say the index.
  const input = control.querySelector("input");
  const sayValue = () => input.setAttribute("aria-valuetext", formatLimit(values[Number(input.value)]));
  input.addEventListener("input", sayValue);
  sayValue();
  return explained(key, control);
}

/** Adds the sentence that explains a control. */
function explained(key, control) {
  const id = `about-${key}`;
  control.querySelector("input, textarea").setAttribute("aria-describedby", id);
  return h("div", {}, control, h("p", { class: "muted", id, text: t(`write.${key}.about`) }));
}

function createSeed() {
  const field = h("input", {
    type: "text", inputmode: "numeric", id: "seed", size: "10", value: String(writeSettings.value.seed),
    on: { input: () => {
      const isValid = /^\d{1,15}$/.test(field.value);
      field.setAttribute("aria-invalid", String(!isValid));
      if (isValid) changeWriteSettings({ seed: Number(field.value), isSeedRandom: false });
    } },
  });
  const random = button(t("write.randomSeed"), () => (
    changeWriteSettings({ isSeedRandom: !writeSettings.value.isSeedRandom })
  ));
  const update = () => {
    const { seed, isSeedRandom } = writeSettings.value;
    if (Number(field.value) !== seed) field.value = String(seed);
    random.setAttribute("aria-pressed", String(isSeedRandom));
  };
  update();
  const label = h("label", { class: "select" }, h("span", { text: t("write.seed") }), field);
  const element = explained("seed", h("div", { class: "controls" }, label, random));
  return { element, close: writeSettings.subscribe(update) };
}

function createStops() {
  const field = h("textarea", { rows: "2", class: "stops", on: {
    input: () => changeWriteSettings({ stops: field.value }),
  } });
  field.value = writeSettings.value.stops;
  const label = h("label", { class: "select" }, h("span", { text: t("write.stops") }), field);
  return explained("stops", label);
}

function settingBox(key) {
  return checkBox({
    label: t(`write.${key}`), isChecked: writeSettings.value[key], onChange: (isOn) => changeWriteSettings({ [key]: isOn }),
  });
}
