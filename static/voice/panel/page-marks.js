// @ts-check
// Owns the page's title and icon during a call: they show in a row of tabs whether one is muted, and whether one is heard.

/** @typedef {import("./panel-view.js").VoiceRoomInterface} VoiceRoomInterface */

const MARKS = { muted: "🔇 ", talking: "🔊 ", "": "" };
/** A sign beside the site's own one: a bar for muted, a ring for talking, so that its shape tells. */
const SIGNS = {
  muted: "<circle cx='23' cy='23' r='9' fill='#a3282f'/><path d='M18 23h10' stroke='#fff' stroke-width='3'/>",
  talking: "<circle cx='23' cy='23' r='9' fill='#17734a'/><circle cx='23' cy='23' r='4' fill='none' stroke='#fff' stroke-width='3'/>",
};

/** What one's own state is, as the tab shows it. @param {Pick<VoiceRoomInterface, "silent"|"people">} room @returns {"muted"|"talking"|""} */
export function markOf({ silent, people }) {
  if (silent) return "muted";
  return people.some(({ self, speaking }) => self && speaking) ? "talking" : "";
}

/** @param {VoiceRoomInterface} room @param {AbortSignal} over */
export function markPage(room, over) {
  const title = document.title;
  const icon = /** @type {HTMLLinkElement|null} */ (document.querySelector("link[rel=icon]"));
  const plain = icon?.href ?? "";
  let shown = "";
  const show = (mark = markOf(room)) => {
    if (mark === shown) return;
    shown = mark;
    document.title = MARKS[mark] + title;
    if (icon) icon.href = mark === "" ? plain : drawn(SIGNS[mark]);
  };
  show();
  for (const event of ["muted", "microphone", "people"]) room.addEventListener(event, () => show(), { signal: over });
  over.addEventListener("abort", () => show(""), { once: true });
}

/** @param {string} sign */
function drawn(sign) {
  const svg = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' rx='8' fill='#0a6a74'/>`
    + `<path d='M16 6 5 22q5.5 4 11 0t11 0Z' fill='none' stroke='#fff' stroke-width='3' stroke-linejoin='round'/>${sign}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
