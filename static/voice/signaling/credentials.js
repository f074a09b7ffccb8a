// @ts-check
// Owns asking the server for the relay's credentials, and with them whether a room may be entered.

import { readCredentials } from "./messages.js";
import { record } from "./reading.js";

/** @typedef {import("../browser/platform.js").Platform} Platform */
/** @typedef {import("./messages.js").Credentials} Credentials */

/**
 * Ask whether the room may be entered, and for the relay's credentials: a refused WebSocket tells a page no reason.
 * @param {string} room
 * @param {Pick<Platform, "origin"|"fetch">} platform
 * @returns {Promise<{status: number, code: string, credentials: Credentials|null}>} status 0: no answer of ours
 */
export async function askCredentials(room, { origin, fetch }) {
  let status = 0;
  /** @type {unknown} */
  let body = null;
  try {
    const answer = await fetch(`${origin}/api/voice/turn-credentials/?room=${encodeURIComponent(room)}`, {
      credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json" },
    });
    status = answer.status;
    body = await answer.json();
  } catch {
    // A refusal without JSON is a proxy's and keeps its status.
    body = null;
  }
  const credentials = status === 200 ? readCredentials(body) : null;
  // 200 without credentials is some proxy's page.
  if (status === 200 && !credentials) status = 0;
  return { status, code: String(record(record(body)?.error)?.code ?? ""), credentials };
}
