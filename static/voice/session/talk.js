// @ts-check
// Whether one's voice goes out and whether one hears: mute, deafen, and the ways to open the microphone; pure.

/** How the microphone opens: always, while a key is held, or by a voice. @typedef {"open"|"push"|"voice"} TalkMode */
/**
 * @typedef {object} TalkState
 * @property {boolean} muted  wins over all that follows
 * @property {boolean} deafened
 * @property {boolean} mutedBefore  what undeafening restores
 * @property {TalkMode} mode
 * @property {boolean} toggles  push-to-talk: one press opens, the next one closes
 * @property {boolean} pressed  push-to-talk is held, or was toggled on
 * @property {boolean} trailing  just let go of: the last syllable still goes out
 * @property {boolean} loud  voice activation hears a voice
 * @property {boolean} deaf  voice activation can hear nothing here
 * @property {boolean} speaks  a voice is at the microphone, whether or not it goes out
 */
/**
 * @typedef {{type: "mute", muted: boolean} | {type: "deafen", deafened: boolean}
 *   | {type: "mode", mode: TalkMode, toggles: boolean} | {type: "press"} | {type: "release"} | {type: "trailed"}
 *   | {type: "doubt"} | {type: "loud", loud: boolean} | {type: "deaf", deaf: boolean}
 *   | {type: "speaks", speaks: boolean} | {type: "begin"}} TalkEvent  begin: a call
 */

/** @type {Readonly<TalkState>} */
export const SILENT = Object.freeze({
  muted: false, deafened: false, mutedBefore: false, mode: "open", toggles: false, pressed: false, trailing: false,
  loud: false, deaf: false, speaks: false,
});

const RELEASED = { pressed: false, trailing: false };

/**
 * @param {Readonly<TalkState>} state
 * @param {TalkEvent} event
 * @returns {Readonly<TalkState>} the same one where nothing changes
 */
export function advanceTalk(state, event) {
  const next = { ...state, ...change(state, event) };
  const same = /** @type {(keyof TalkState)[]} */ (Object.keys(state)).every((key) => state[key] === next[key]);
  return same ? state : next;
}

/** Whether what the microphone hears goes out. @param {Readonly<TalkState>} state */
export function sends({ muted, mode, pressed, trailing, loud, deaf }) {
  if (muted) return false;
  if (mode === "push") return pressed || trailing;
  return mode === "open" || loud || deaf;
}

/** Whether somebody speaks who is muted, and may not know. @param {Readonly<TalkState>} state */
export const speaksInVain = ({ muted, speaks }) => muted && speaks;

/** @param {Readonly<TalkState>} state @param {TalkEvent} event @returns {Partial<TalkState>} */
function change(state, event) {
  switch (event.type) {
    case "mute":
      // Whoever wants to be heard wants to hear, too. Muting while deafened is remembered for afterwards.
      if (!event.muted) return { muted: false, deafened: false, mutedBefore: false };
      return { muted: true, mutedBefore: state.deafened ? true : state.mutedBefore, ...RELEASED };
    case "deafen":
      if (event.deafened === state.deafened) return {};
      if (event.deafened) return { deafened: true, mutedBefore: state.muted, muted: true, ...RELEASED };
      return { deafened: false, muted: state.mutedBefore, mutedBefore: false };
    case "mode":
      return { mode: event.mode, toggles: event.toggles, loud: false, ...RELEASED };
    case "press":
      if (state.mode !== "push" || state.muted) return {};
      return { pressed: !(state.toggles && state.pressed), trailing: false };
    case "release":
      return state.toggles || !state.pressed ? {} : { pressed: false, trailing: true };
    case "trailed":
      return { trailing: false };
    case "doubt":
      return RELEASED;
    case "loud":
      return { loud: event.loud };
    case "deaf":
      return { deaf: event.deaf };
    case "speaks":
      return { speaks: event.speaks };
    case "begin":
      return { loud: false, deaf: false, speaks: false, ...RELEASED };
  }
}
