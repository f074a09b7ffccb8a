// @ts-check
// Makes sentences of a language's words: values in their places, and the form that a number asks for; pure.

/** A sentence, or its forms by the plural category of `count`. @typedef {string|Readonly<Record<string, string>>} Words */
/** @typedef {{tag: string, locale: string}} Language  locale: by which lists and numbers are written */

const VALUE = /\{(\w+)\}/g;
/** Letters that are written from right to left, as of Hebrew and Arabic (UAX #9). */
const LEFTWARD = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** A value with such letters stands for itself: else the numbers and marks beside it would change places. @param {string} value */
const apart = (value) => (LEFTWARD.test(value) ? `\u2068${value}\u2069` : value);

/**
 * @template {Readonly<Record<string, Words>>} All
 * @param {{language: Language, words: All}} spoken
 */
export function phrases({ language: { tag, locale }, words }) {
  const plural = new Intl.PluralRules(tag);
  const numbers = new Intl.NumberFormat(locale, { useGrouping: false });
  const lists = new Intl.ListFormat(locale);

  /** @param {string|number} value */
  const written = (value) => (typeof value === "number" ? numbers.format(value) : apart(value));

  /** @param {Words} found @param {string|number|undefined} count */
  const formOf = (found, count) => (typeof found === "string" ? found : found[plural.select(Number(count))] ?? found.other);

  return {
    /** @param {keyof All & string} key @param {Record<string, string|number>} [values] @returns {string} */
    phrase(key, values = {}) {
      // A page from before an upgrade may want what is no longer there.
      return formOf(words[key] ?? key, values.count).replace(VALUE, (place, name) => written(values[name] ?? place));
    },

    /** @param {readonly string[]} items */
    list: (items) => lists.format(items.map(apart)),
  };
}

/**
 * The language as it is spoken where the reader is at home: times are written by that.
 * @param {Language} language @param {readonly string[]} [wanted]  what the browser asks for
 */
export function localeOf({ tag, locale }, wanted = []) {
  return wanted.find((each) => each === tag || each.startsWith(`${tag}-`)) ?? locale;
}

/** The time of day, as a page's head writes it. @param {number} at ms @param {string} locale */
export const timeOf = (at, locale) => new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(at);
