/** The number of changes that can be undone. */
const historyLength = 200;

/** The texts that `undo` and `redo` return to, each as its last node in a TextTree. */
export class TextHistory {
  #past = [];
  #future = [];

  /** The number of changes that can be undone. */
  get length() {
    return this.#past.length;
  }

  /** True if a change was undone that can be repeated. */
  get canRedo() {
    return this.#future.length > 0;
  }

  /** The last nodes of all texts that can be returned to. */
  get tips() {
    return [...this.#past, ...this.#future];
  }

  /** The text before the last change; undefined if there is none. */
  get last() {
    return this.#past.at(-1);
  }

  /** Remembers the text before a change; returns those that cannot be returned to any more. */
  record(tip) {
    const forgotten = this.#future;
    this.#future = [];
    this.#past.push(tip);
    if (this.#past.length > historyLength) forgotten.push(this.#past.shift());
    return forgotten;
  }

  /** Returns the text before the last change, and forgets the change. */
  discard() {
    return this.#past.pop();
  }

  /** Returns the text before the last change, if there is one; `tip` is the text after it. */
  undo(tip) {
    if (this.length === 0) return tip;
    this.#future.push(tip);
    return this.#past.pop();
  }

  /** Returns the text after the change that was undone last, if there is one; `tip` is the text before it. */
  redo(tip) {
    if (!this.canRedo) return tip;
    this.#past.push(tip);
    return this.#future.pop();
  }
}
