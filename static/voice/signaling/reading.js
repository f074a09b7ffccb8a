// @ts-check
// How a value of unknown shape is read: each reading gives the value as it is used, or undefined where it can't be.

/**
 * @template Value
 * @typedef {(raw: unknown) => Value|undefined} Read
 */

/** @type {Read<string>} */
export const text = (raw) => (typeof raw === "string" ? raw : undefined);

/** @type {Read<number>} */
export const number = (raw) => (typeof raw === "number" && Number.isFinite(raw) ? raw : undefined);

/** @type {Read<boolean>} */
export const flag = (raw) => (typeof raw === "boolean" ? raw : undefined);

/** @type {Read<Record<string, unknown>>} */
export const record = (raw) => (typeof raw === "object" && raw !== null && !Array.isArray(raw)
  ? /** @type {Record<string, unknown>} */ (raw) : undefined);

/** @template {string} Word @param {readonly Word[]} words @returns {Read<Word>} */
export const oneOf = (words) => (raw) => words.find((word) => word === raw);

/** Where nothing is given, `missing` stands. @template Value @param {Read<Value>} read @param {Value} missing @returns {Read<Value>} */
export const or = (read, missing) => (raw) => (raw === undefined ? missing : read(raw));

/** @template Value @param {Read<Value>} read @returns {Read<Value|null>} */
export const orNull = (read) => (raw) => (raw === undefined || raw === null ? null : read(raw));

/** One item that can't be read makes the whole list unusable. @template Value @param {Read<Value>} read @returns {Read<Value[]>} */
export const listOf = (read) => (raw) => {
  if (!Array.isArray(raw)) return undefined;
  const values = raw.map(read);
  return values.includes(undefined) ? undefined : /** @type {Value[]} */ (values);
};

/**
 * Each field by its own reading; one that can't be read makes the whole unusable, and what isn't named is left out.
 * @template {object} Shape
 * @param {{[Field in keyof Shape]-?: Read<Shape[Field]>}} fields
 * @returns {Read<Shape>}
 */
export const shape = (fields) => (raw) => {
  const given = record(raw);
  if (!given) return undefined;
  const built = Object.entries(fields).map(([name, read]) => [name, /** @type {Read<unknown>} */ (read)(given[name])]);
  return built.every(([, value]) => value !== undefined) ? Object.fromEntries(built) : undefined;
};
