// @ts-check
// Where a key is a letter, and no command.

const WRITING = "input:not([type=checkbox], [type=radio], [type=range], [type=button]), textarea, select, [contenteditable]";

/** @param {EventTarget|null} target */
export const isWriting = (target) => target instanceof Element && target.closest(WRITING) !== null;
