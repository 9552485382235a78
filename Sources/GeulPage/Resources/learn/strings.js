/** The strings of the view "Learn". */
export const learnStrings = { en: {}, ko: {} };
