// @ts-check
// Where the site's own paths begin: a page of another site, too, has it from the place of this file.
// A bundle puts it into a file beside its own.

/**
 * What stands before each path of the site: "/voice" where it lies under https://example.org/voice, nothing at the root.
 * A copy of the client that lies elsewhere is a page's at the root.
 * @param {string} file  the address of this file @param {string} origin  of the page
 */
export function baseOf(file, origin) {
  if (!file.startsWith(`${origin}/`)) return "";
  return /^(.*)\/static\/(?:v-[0-9a-f]{16}\/)?voice\/(?:base|part-\w+)\.js$/.exec(new URL(file).pathname)?.[1] ?? "";
}

/** The folder of the client's modules, for what is fetched by its address. */
export const VOICE = new URL("./", import.meta.url).href;
export const BASE = baseOf(import.meta.url, globalThis.location?.origin);
