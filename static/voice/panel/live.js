// @ts-check
// Owns what the live region reads out, and where it stands while a sheet lies over the page, behind which nothing is read out.

/** ms after which a region that was just emptied, or has just come to its place, is heard again. */
const BACK_AFTER = 100;

/** Say it, though it may be what was said last. @param {HTMLElement} live @param {string} words */
export function tell(live, words) {
  if (live.textContent !== words) {
    live.textContent = words;
    return;
  }
  // The same words once more would be no change, and only changes are read out.
  live.textContent = "";
  setTimeout(() => live.textContent ||= words, BACK_AFTER);
}

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
