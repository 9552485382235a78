/**
 * The first syllable. Syllables are composed arithmetically (The Unicode Standard, section 3.12):
 *
 *     syllable = U+AC00 + (lead * 21 + vowel) * 28 + trail
 */
const firstSyllable = 0xac00;
const lastSyllable = 0xd7a3;

const isBetween = (first, codePoint, last) => first <= codePoint && codePoint <= last;

/** Returns true for a syllable of modern Hangul. */
export const isSyllable = (codePoint) => isBetween(firstSyllable, codePoint, lastSyllable);

/** Returns true for a leading consonant of modern Hangul. */
export const isLead = (codePoint) => isBetween(0x1100, codePoint, 0x1112);

/** Returns true for a conjoining jamo, modern or old. */
export function isJamo(codePoint) {
  return isBetween(0x1100, codePoint, 0x11ff) || isBetween(0xa960, codePoint, 0xa97f) ||
    isBetween(0xd7b0, codePoint, 0xd7ff);
}

/** Decomposes a syllable into two or three jamo. */
export function jamoOf(syllable) {
  const index = syllable - firstSyllable;
  const jamo = [0x1100 + Math.floor(index / 588), 0x1161 + Math.floor(index / 28) % 21];
  return index % 28 === 0 ? jamo : [...jamo, 0x11a7 + index % 28];
}

/** Returns true for a syllable without a trailing consonant. */
export const lacksTrail = (codePoint) => isSyllable(codePoint) && (codePoint - firstSyllable) % 28 === 0;

/**
 * Composes two adjacent code points into a syllable; -1 if they do not compose.
 *
 * They are a leading consonant and a vowel, or a syllable without a trailing consonant and a trailing consonant.
 */
export function syllable(first, second) {
  if (isLead(first) && isBetween(0x1161, second, 0x1175)) {
    return firstSyllable + (first - 0x1100) * 588 + (second - 0x1161) * 28;
  }
  return lacksTrail(first) && isBetween(0x11a8, second, 0x11c2) ? first + second - 0x11a7 : -1;
}
