/** The strings of the view "Write". */
export const writeStrings = { en: {}, ko: {} };
