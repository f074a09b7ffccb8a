// @ts-check
// Owns where the live region stands while a sheet lies over the page, behind which nothing is read out.

/** ms after which a region that has just come to its place is heard again. */
const BACK_AFTER = 100;

/** @param {HTMLElement} sheet @param {HTMLElement} live */
export function lendTo(sheet, live) {
  const home = live.parentElement;
  sheet.append(live);
  sheet.addEventListener("close", () => {
    const words = live.textContent;
    live.textContent = "";
    home?.append(live);
    // What closed the sheet may be the end of the call, told a moment ago to a region that went away with it.
    setTimeout(() => live.textContent ||= words, BACK_AFTER);
  }, { once: true });
}
