// @ts-check
// What a session tells its room: the detail of each event.

/** @typedef {import("./words.js").Said} Said */
/**
 * @typedef {object} SessionEvents
 * @property {null} joined
 * @property {null} listed  once: from now on it is known who was there before
 * @property {null} lost    the socket, for now
 * @property {null} changed  people or pairs may read differently
 * @property {null} linking  a link is about to begin
 * @property {null} wake    time was lost
 * @property {Said} trouble
 * @property {Said} over
 * @property {import("./roster.js").News[]} news
 * @property {{lost: boolean, words: string}} server
 * @property {{peer: string, stream: MediaStream|null}} stream
 * @property {number} closing  when, in seconds since 1970
 * @property {{user: string, name: string, alike: boolean}} knock  they opened the room's page, and aren't in voice; alike: the name looks like that of somebody who is
 * @property {Said} notice
 * @property {import("./safety.js").Safety} safety
 * @property {Said} alarm  something speaks for somebody in between
 * @property {import("./notes.js").Note} note  a new one, or one of which something is known that wasn't
 */

export {};
