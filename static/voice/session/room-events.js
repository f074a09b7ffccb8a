// @ts-check
// What a VoiceRoom tells, by CustomEvent: the detail of each event. docs/client-api.md says when.

/** @typedef {"idle"|"joining"|"joined"|"reconnecting"|"left"|"refused"} RoomState */
/**
 * @typedef {object} RoomEvents
 * @property {import("./roster.js").Person[]} people
 * @property {import("./pairs.js").Pair[]} pairs
 * @property {import("./between.js").Between[]} between
 * @property {{state: RoomState, code?: string|number, words: string}} state
 * @property {null} settled  links were made, or have had their time
 * @property {{muted: boolean}} muted
 * @property {{deafened: boolean}} deafened
 * @property {{mode: import("./talk.js").TalkMode, pressed: boolean, sends: boolean, inVain: boolean}} talk
 * @property {import("../audio/microphone.js").MicrophoneStatus} microphone
 * @property {{blocked: boolean}} playback
 * @property {{user: string} & import("../audio/volumes.js").Loudness} volume
 * @property {import("../audio/playback.js").VolumeRange} volumerange
 * @property {{at: number, words: string}} closing  at: seconds since 1970
 * @property {{user: string, name: string, alike: boolean}} knock  they opened the room's page, and aren't in voice; alike: the name looks like that of somebody who is
 * @property {{lost: boolean, words: string}} server
 * @property {string} announce  one sentence for a polite live region
 * @property {import("./words.js").Said & {alarm?: boolean}} notice  alarm: it speaks for somebody in between
 * @property {import("./safety.js").Safety} safety
 * @property {import("./notes.js").Note} note  a new one, or one of which something is known that wasn't
 */

export {};
