import { checkBox } from "../app/checkBox.js";
import { button, h, slider } from "../app/dom.js";
import { formatNumber, t } from "../app/strings.js";
import { changeWriteSettings, lengths, speeds, writeSettings } from "./writeSettings.js";

/**
 * Creates the sliders and fields of the sampler and of this view: `{ element, close }`. They change `store.sampling`
 * and `writeSettings`.
 */
export function createControls(store) {
  const offAt = (off, digits) => (value) => (value === off ? t("write.off") : formatNumber(value, digits));
  const limit = (value) => (value === Infinity ? t("write.unlimited") : formatNumber(value));
  const sampling = (key, options) => {
    const id = `about-${key}`;
    const control = slider({
      label: t(`write.${key}`), value: store.sampling.value[key], ...options,
      onInput: (value) => {
        store.sampling.value = { ...store.sampling.value, [key]: value };
      },
    });
    return explained(control, id, t(`write.${key}.about`));
  };
  const choice = (key, values, format) => {
    const control = slider({
      label: t(`write.${key}`), min: 0, max: values.length - 1, step: 1,
      value: values.indexOf(writeSettings.value[key]),
      format: (index) => format(values[index]),
      onInput: (index) => changeWriteSettings({ [key]: values[index] }),
    });
    const input = control.querySelector("input");
    const showValue = () => input.setAttribute("aria-valuetext", format(values[Number(input.value)]));
    input.addEventListener("input", showValue);
    showValue();
    return explained(control, `about-${key}`, t(`write.${key}.about`));
  };
  const seed = createSeed();
  const element = h("section", { class: "panel settings", "aria-label": t("write.settings") },
    h("div", { class: "settings-grid" },
      sampling("temperature", { min: 0, max: 2, step: 0.05, format: (value) => formatNumber(value, 2) }),
      choice("length", lengths, limit), choice("speed", speeds, limit)),
    settingBox("isLive"), settingBox("continuesRival"),
    h("details", {}, h("summary", { text: t("write.more") }),
      h("div", { class: "settings-grid" },
        sampling("topK", {
          min: 0, max: Math.min(100, store.model.value.vocabulary.count), step: 1, format: offAt(0, 0),
        }),
        sampling("topP", { min: 0.05, max: 1, step: 0.01, format: offAt(1, 2) }),
        sampling("minP", { min: 0, max: 0.5, step: 0.01, format: offAt(0, 2) }),
        sampling("repeatPenalty", { min: 1, max: 2, step: 0.05, format: offAt(1, 2) }),
        sampling("repeatLastN", { min: 0, max: 256, step: 8, format: offAt(0, 0) }),
        seed.element, createStops())));
  return { element, close: seed.close };
}

/** Adds a sentence that explains a control. */
function explained(control, id, text) {
  control.querySelector("input, textarea").setAttribute("aria-describedby", id);
  return h("div", {}, control, h("p", { class: "muted", id, text }));
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
  const element = explained(
    h("div", { class: "controls" },
      h("label", { class: "select" }, h("span", { text: t("write.seed") }), field), random),
    "about-seed", t("write.seed.about"));
  return { element, close: writeSettings.subscribe(update) };
}

function createStops() {
  const field = h("textarea", { rows: "2", class: "stops", on: {
    input: () => changeWriteSettings({ stops: field.value }),
  } });
  field.value = writeSettings.value.stops;
  const label = h("label", { class: "select" }, h("span", { text: t("write.stops") }), field);
  return explained(label, "about-stops", t("write.stops.about"));
}

function settingBox(key) {
  return checkBox({
    label: t(`write.${key}`), isChecked: writeSettings.value[key], onChange: (value) => changeWriteSettings({ [key]: value }),
  });
}
