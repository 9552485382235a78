/** The strings of the view "Compare". */
export const compareStrings = { en: {}, ko: {} };
