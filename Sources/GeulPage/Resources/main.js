import { decodeBase64 } from "./engine/bytes.js";
import { Model } from "./engine/model.js";
import { startPage } from "./app/page.js";

/** Reads the models that the page contains, and removes their text from the document to free memory. */
function readEmbeddedModels() {
  return [...document.querySelectorAll("script.model")].map((element) => {
    const model = Model.read(decodeBase64(element.textContent), element.dataset.name);
    element.remove();
    return model;
  });
}

if (!window.geulMissingFeature) {
  window.geulHasStarted = true;
  const app = document.getElementById("app");
  try {
    const settings = JSON.parse(document.getElementById("settings").textContent);
    window.geul = startPage(app, readEmbeddedModels(), settings);
  } catch (error) {
    app.replaceChildren(error.message);
    throw error;
  }
}
