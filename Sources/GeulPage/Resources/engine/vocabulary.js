/**
 * The tokens of a model; the id of a token is its index.
 *
 * The unknown token, which replaces rare tokens and is never generated, is represented by the empty string.
 */
export class Vocabulary {
  #ids;

  /** Throws an Error if there is no token or a token occurs twice. */
  constructor(tokens) {
    this.tokens = tokens;
    this.#ids = new Map(tokens.map((token, id) => [token, id]));
    /** The id of the unknown token; -1 if there is none. */
    this.unknownID = this.#ids.get("") ?? -1;
    if (this.#ids.size !== tokens.length) throw new Error("The vocabulary has a token twice.");
    if (tokens.length < (this.unknownID < 0 ? 1 : 2)) throw new Error("The vocabulary has no token.");
  }

  /** The number of tokens, including the unknown token. */
  get count() {
    return this.tokens.length;
  }

  /** Returns the id of a token; -1 if it is not in the vocabulary. */
  id(token) {
    return token === "" ? -1 : this.#ids.get(token) ?? -1;
  }

  /** The token that an empty prompt stands for: a line break if there is one, else the most frequent token. */
  get lineBreakID() {
    const lineBreak = ["\n", "\r\n"].find((token) => this.id(token) >= 0);
    if (lineBreak !== undefined) return this.id(lineBreak);
    return this.unknownID === 0 ? 1 : 0;
  }
}
