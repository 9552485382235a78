import { learnEnglish } from "./english.js";
import { learnKorean } from "./korean.js";

/**
 * The strings of the view "Learn". Formulas stand between backticks, terms between `**`; paragraphs and symbols are separated by
 * line breaks, a symbol and its meaning by " := ".
 */
export const learnStrings = { en: learnEnglish, ko: learnKorean };
