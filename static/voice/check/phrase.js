// @ts-check
// What the check says, in the page's language.

import { phrases } from "../../phrases.js";
import SPOKEN from "../../words/check.js";

export const { phrase } = phrases(SPOKEN);
