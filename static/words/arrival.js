// @ts-check
// The words of "arrival". The server answers this file in the page's language; whoever else serves it serves English.

import EN from "../lang/en.js";

const { language } = EN;

export default { language, languages: [language], words: EN.arrival };
