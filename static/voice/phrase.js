// @ts-check
// What the library and its panel say, in the page's language.

import { phrases } from "../phrases.js";
import SPOKEN from "../words/voice.js";

export const { phrase, list } = phrases(SPOKEN);
export const LANGUAGE = SPOKEN.language;
/** All that there are. */
export const LANGUAGES = SPOKEN.languages;
