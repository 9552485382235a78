import { signal } from "./signal.js";
import { TextTree } from "./textTree.js";
import { runInSlices } from "./scheduler.js";

/** The state that the views share: the models, the text with its branches, the cursor, the selection. */
export class Store {
  /** `text` is the first text; if it is null, the model's language decides. */
  constructor(models, text = null) {
    this.models = models;
    this.model = signal(models[0]);
    this.tree = signal(new TextTree(models[0]));
    /** Increases whenever the text or its probabilities change. */
    this.changes = signal(0);
    /** The index of the character that is looked at; -1 for none. */
    this.cursor = signal(-1);
    /** The selected characters as `{ start, end }`, or null. */
    this.selection = signal(null);
    /** The options of the sampler, with the names of engine/sampler.js. */
    this.sampling = signal({ temperature: 0.8, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, repeatLastN: 64 });
    this.cancelReading = () => {};
    this.setText(text ?? defaultText(models[0]), true);
  }

  /** Replaces the text by one that a person typed, and reads it; `continuesTyping` as in TextTree. */
  setText(text, continuesTyping = false) {
    this.tree.value.setText(text, continuesTyping);
    this.textChanged();
  }

  /** Lets another model read the text. */
  selectModel(model) {
    if (model === this.model.value) return;
    const { text } = this.tree.value;
    const isUnchanged = text === defaultText(this.model.value);
    const tree = new TextTree(model);
    tree.setText(isUnchanged ? defaultText(model) : text, true);
    this.model.value = model;
    this.tree.value = tree;
    this.textChanged();
  }

  /** Reads what is unread, in slices, and notifies the views. Call it after each change of the tree. */
  textChanged() {
    this.cancelReading();
    const { length } = this.tree.value.characters;
    if (this.cursor.value >= length) this.cursor.value = -1;
    if ((this.selection.value?.end ?? 0) > length) this.selection.value = null;
    if (this.tree.value.advance(5)) {
      this.changes.value++;
      return;
    }
    this.changes.value++;
    this.cancelReading = runInSlices(this.tree.value, () => this.changes.value++);
  }
}

/** Returns the text that the page begins with: Korean if the model has Hangul in its vocabulary. */
export function defaultText(model) {
  return isKorean(model) ? "옛날 어느 마을에 " : "Once upon a time ";
}

/** Returns true if most letters of the model's vocabulary are Hangul. */
export function isKorean(model) {
  const { tokens } = model.vocabulary;
  const hangul = tokens.filter((token) => /\p{Script=Hangul}/u.test(token)).length;
  return hangul * 2 > tokens.filter((token) => /\p{L}/u.test(token)).length;
}
