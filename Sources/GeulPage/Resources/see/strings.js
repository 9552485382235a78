/** The strings of the view "See". */
export const seeStrings = { en: {}, ko: {} };
