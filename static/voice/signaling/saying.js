// @ts-check
// What the signaling machine says by itself: its hello and its pings.

/** Ask whether the server lives. @param {import("./signaling-state.js").Turn} turn @param {number} patience */
export function ping({ seat, effects, now }, patience) {
  seat.pings += 1;
  seat.ping = { t: seat.pings, deadline: now + patience, renewed: false };
  seat.nextPing = now + seat.pingEvery;
  effects.push(transmit({ type: "ping", t: seat.pings }));
}

/** @param {import("./signaling-state.js").SignalingState} seat @param {import("./signaling-state.js").Greeting} hello */
export function greet(seat, { name, muted, deafened }) {
  const back = seat.ticket === null ? {} : { ticket: seat.ticket, seen: seat.seq };
  return transmit({ type: "hello", name, muted, deafened, ...back });
}

/** @param {import("./messages.js").ClientMessage} message @returns {import("./signaling-state.js").SignalingEffect} */
export function transmit(message) {
  return { type: "transmit", text: JSON.stringify(message) };
}
