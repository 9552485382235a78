import { t } from "../../app/strings.js";
import { jamoParts, visibleToken } from "../../app/visibleText.js";

/** Returns a token as it is called in a sentence; `unit` as in `visibleToken`. */
export function tokenName(token, unit) {
  const names = { " ": "write.space", "\n": "write.lineBreak", "\r\n": "write.lineBreak" };
  if (names[token]) return t(names[token]);
  const jamo = jamoParts(token);
  return jamo ? t(`write.${jamo.part}`, { letter: jamo.letter }) : visibleToken(token, unit);
}
