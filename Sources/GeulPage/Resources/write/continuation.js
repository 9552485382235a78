import { maximumTextLength } from "../app/textTree.js";
import { StreamDecoder } from "../engine/decoder.js";
import { Generator } from "../engine/generator.js";

/**
 * Creates the task of continuing the text of a tree: what `geul generate` writes after it, for the same seed.
 *
 * `request` is `{ sampling, seed, sample, stops, length, speed }`, the last two in characters and characters/s.
 * The task has `advance(milliseconds)`, as runInSlices wants it, and `finish(ending)`, which ends it early. `ending`
 * is null while it continues, then "length", "stop", "interrupted", or "full" if the text has its maximum length.
 */
export function createContinuation(tree, request) {
  const { length, speed } = request;
  let run = null;
  const task = {
    ending: null,
    /** The number of characters that were written. */
    get count() {
      return run === null ? 0 : Math.max(0, tree.characters.length - run.firstCharacter);
    },
    /** The time that was spent on writing, in milliseconds. */
    get duration() {
      return run === null ? 0 : (run.end ?? performance.now()) - run.start;
    },
    advance(milliseconds) {
      const end = performance.now() + milliseconds;
      if (task.ending === null && run === null) {
        if (tree.path.length >= maximumTextLength) {
          task.ending = "full";
          return true;
        }
        if (!tree.advance(milliseconds)) return false;
        run = startRun(tree, request);
      }
      // Tokens are counted rather than characters: a syllable may have three, and grows on the page.
      const isDue = () => (
        speed === Infinity || run.tokens < (performance.now() - run.start) / 1000 * speed * run.tokensPerCharacter
      );
      while (task.ending === null && performance.now() < end && isDue()) writeToken();
      return task.ending !== null;
    },
    finish(ending) {
      if (task.ending !== null) return;
      task.ending = ending;
      if (run === null) return;
      run.end = performance.now();
      run.text += run.generator.interrupt().text;
      shortenTo(tree, run, run.text.length);
    },
  };

  function writeToken() {
    if (tree.path.length >= maximumTextLength) return task.finish("full");
    const { id, probability, text, ending } = run.generator.next();
    tree.append(id, probability, run.generator.state);
    run.tokens += 1;
    run.text += text;
    if (ending !== null) task.finish(ending);
    else if (run.text.length >= length && task.count > length) {
      // The first token of the next character shows that this one is complete.
      const { characters } = tree;
      shorten(tree, run.base, characters[run.firstCharacter + length - 1].end);
      task.ending = "length";
      run.end = performance.now();
    }
    return undefined;
  }

  return task;
}

function startRun(tree, { sampling, seed, sample = 0, stops }) {
  const { model, path, characters } = tree;
  const ids = tree.ids.filter((id) => id >= 0);
  const decoder = new StreamDecoder(model.tokenizer, model.vocabulary);
  for (const id of ids.slice(-8)) decoder.append(id);
  return {
    generator: new Generator(
      model, { sampling, seed, sample, stops, length: Infinity }, ids, tree.stateAfter(tree.tip)),
    base: path.length,
    firstCharacter: characters.length,
    textLength: tree.text.length,
    /** The number of code units at the end of the text that the generator may still change, and returns first. */
    heldLength: decoder.finish().length,
    tokensPerCharacter: characters.length > 0 ? path.length / characters.length : 1,
    tokens: 0,
    text: "",
    start: performance.now(),
    end: null,
  };
}

/** Removes what the generator did not return: a stop string, or an incomplete character. */
function shortenTo(tree, { base, textLength, heldLength }, writtenLength) {
  const length = textLength - heldLength + writtenLength;
  let end = 0;
  let sum = 0;
  for (const character of tree.characters) {
    sum += character.text.length;
    if (sum > length) break;
    end = character.end;
  }
  shorten(tree, base, end);
}

function shorten(tree, base, end) {
  const { path } = tree;
  const count = Math.max(base, end);
  if (count < path.length) tree.shorten(count === 0 ? tree.root : path[count - 1]);
}
