// @ts-check
// The one list of what stands beside the people and is opened by a button of its own in the bar.

/**
 * `element` may say how much in it is unread: new CustomEvent("unread", { detail: number }).
 * It hears "shown" and "hidden", which don't bubble.
 * @typedef {{name: string, label: string, icon: import("../../dom.js").IconName,
 *   make: (room: import("./panel-view.js").VoiceRoomInterface, store: import("../store.js").Store, over: AbortSignal) => HTMLElement}} View
 */

/** @type {readonly View[]} */
export const VIEWS = [];
