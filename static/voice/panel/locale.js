// @ts-check
// How the reader writes times: as their language does where they are at home.

import { localeOf } from "../../phrases.js";
import { LANGUAGE } from "../phrase.js";

export const LOCALE = localeOf(LANGUAGE, navigator.languages);
