// @ts-check
// The words for what a check finds: for the person, and for whoever runs the server; pure.

/** @type {Record<import("./check-verdicts.js").Step, string>} */
export const LABELS = {
  microphone: "Microphone",
  server: "This site",
  stun: "Your address, seen from outside",
  "turn-udp": "Relay by UDP",
  "turn-tcp": "Relay by TCP",
  "turn-tls": "Relay by TLS",
  "one-sided": "From the relay to somebody without it",
  "round-trip": "Round trip",
  "from-site": "The relay, as this site itself finds it",
};

/** What this site says of its relay; `names` are the doctor's own. */
export const SITE = {
  none: "Not offered by this site.",
  notYet: "Not examined yet.",
  well: (/** @type {number} */ minutes) => `All is well there${minutes < 1 ? "" : `, ${minutes} min ago`}.`,
  trouble: (/** @type {string} */ names) => `Not all is well there: ${names}.`,
};

/** Error codes of ICE gathering: STUN's (RFC 8489, 8656), and W3C's 701. @type {Record<number, string>} */
const CODES = {
  401: "the relay refuses this site's credentials",
  403: "the relay forbids it",
  437: "the relay still holds an earlier connection from here",
  440: "the relay has no address of that kind",
  486: "your share of the relay is used up",
  508: "the relay has no free address left",
  701: "no connection",
};

/** @param {number[]} codes */
export function translate(codes) {
  const said = codes.map((code) => CODES[code] ?? `the relay answers with error ${code}`);
  return said.join("; ") || "no answer";
}

const RENDER = "Render anew with `meshvoice coturn-conf` and restart coturn.";
const OTHERS = "otherwise it is this person's network, and nothing is wrong.";
const MEND = "You can talk. Whoever runs this site has something to mend in its relay: send them the report.";
const STRICT = "You can talk; whoever's network lets only secure connections out can't.";

/**
 * What can be wrong: first for the person, then what to mend; "" where that isn't for whoever runs the server.
 * `by` is the way that works, `code` the relay's answer.
 * @satisfies {Record<string, (about: {by: string, code: number}) => [words: string, fix: string]>}
 */
export const WRONG = {
  unreachable: () => ["It can't be reached: check your connection.", ""],
  signedOut: () => ["You are signed out: sign in, then check again.", ""],
  tooMany: () => ["It asks for a pause: check again in a minute.", ""],
  serverTrouble: () => ["It has trouble of its own.", "The server answers with an error: see its log."],
  noWebSocket: () => [
    "It answers, but opens no WebSocket; a proxy in between may block it.",
    "The page loads, the WebSocket doesn't open: the reverse proxy must pass Upgrade for /ws/ "
      + "(`meshvoice proxy-conf` prints one for nginx or Caddy).",
  ],
  noTurn: () => [
    "This site has no relay: on one network you hear each other, across networks perhaps not.",
    "No TURN server is set: it takes COTURN_TURN_HOST, COTURN_SHARED_SECRET and a coturn "
      + "(`make coturn`, for this machine).",
  ],
  credential: () => [
    "The relay refuses this site's credentials: whoever needs it won't be heard.",
    "coturn answers 401: its secret is not COTURN_SHARED_SECRET, or the clocks differ; `meshvoice doctor` "
      + `tells which. ${RENDER}`,
  ],
  limit: ({ code }) => [
    `The relay gives no address: ${translate([code])}. Check again in a minute.`,
    `coturn answers ${code}: see its log, its quotas and its relay range, and whether others know `
      + "COTURN_SHARED_SECRET.",
  ],
  family: () => [
    "The relay has no address of the kind that browsers ask for: whoever needs it won't be heard.",
    "coturn answers 440: browsers ask for no family, and it gives IPv4, which this relay has not. "
      + `On a relay with IPv6 alone allocation-default-address-family must be keep. ${RENDER}`,
  ],
  quotaOfAll: () => [
    "The relay is used up: it gives nobody an address. Check again in a minute.",
    "coturn answers 486 to everybody: its total-quota is used up. Who relays so much, and do others know "
      + "COTURN_SHARED_SECRET? If all is right, widen COTURN_MIN_PORT to COTURN_MAX_PORT.",
  ],
  ownQuota: () => [
    "Your share of the relay is used up: close other calls of yours, and check again in a minute.",
    "coturn answers 486 to this person, and gives addresses to others: its user-quota is smaller than a full room "
      + `takes, or old calls of theirs still hold some. ${RENDER}`,
  ],
  clock: ({ by }) => [
    by ? MEND : "The relay's clock is wrong, so it refuses this site's credentials: whoever needs it won't be heard.",
    "coturn's clock and the server's differ by more than a minute: set both by NTP (`timedatectl set-ntp true`).",
  ],
  realm: () => [MEND, `coturn names another realm than COTURN_REALM: it runs with another configuration. ${RENDER}`],
  hostName: () => [
    MEND, "COTURN_TURN_HOST does not lead to COTURN_PUBLIC_IP: correct the name's record, or the setting.",
  ],
  denyList: () => [
    MEND, "The relay sends to addresses that it must never reach, such as your network and cloud metadata: "
      + `${RENDER} Load the kernel guard, too.`,
  ],
  grantList: () => [
    "The relay sends to nobody: whoever needs it won't be heard.", `The deny list shuts everybody out. ${RENDER}`,
  ],
  tcpRelay: () => [MEND, `The relay opens TCP connections for whoever asks: \`no-tcp-relay\` is missing. ${RENDER}`],
  openRelay: ({ by }) => [
    by ? MEND : "The relay asks nobody who they are, which browsers don't take: whoever needs it won't be heard.",
    `The relay takes every credential, so anyone can use it: is \`no-auth\` set? ${RENDER}`,
  ],
  endless: () => [MEND, `Credentials never end: is \`use-auth-secret\` missing? ${RENDER}`],
  halfIpv6: () => [
    MEND, "Seen from this site, the relay's IPv6 works in part only: the name's AAAA record, COTURN_PUBLIC_IP6 and the "
      + "firewalls of host and provider must agree. `meshvoice doctor` tells which doesn't.",
  ],
  noRelay: () => [
    "The relay does not answer by any way: only those whom you reach directly will hear you.",
    "coturn gives no address by any way: is it running (`systemctl status coturn`)? Are its ports open in the "
      + "firewalls of host and provider? If it works for others, this person's network lets only web pages "
      + "through: offer TLS on port 443 (COTURN_TLS_PORT).",
  ],
  noUdp: ({ by }) => [
    `UDP is blocked between you and the relay; voice will go through ${by}, and may lag a little more.`,
    `By UDP no answer came, by ${by} one did. If others see it too, open COTURN_PORT/udp in the firewalls of `
      + "host and provider, and load the kernel guard anew if coturn is 4.17.0 or 4.17.1, which falls silent by UDP; "
      + OTHERS,
  ],
  noTcp: ({ by }) => [
    `The relay does not answer by TCP; voice will go through ${by}.`,
    `By TCP no connection came about, by ${by} one did. If others see it too, open COTURN_PORT/tcp in the `
      + `firewalls of host and provider, for those who have no UDP; ${OTHERS}`,
  ],
  certificate: ({ by }) => [
    `Your browser refuses the relay's secure connection, most likely its certificate. ${STRICT}`,
    `By TLS no connection came about, by ${by} one did: the certificate is expired, self-signed, for another `
      + "name or without its chain, or coturn can't read the key and keeps the port closed. "
      + "`meshvoice doctor` tells which.",
  ],
  noTls: () => [
    `The relay does not answer by TLS. ${STRICT}`,
    "By TLS no answer came: open COTURN_TLS_PORT/tcp in the firewalls of host and provider.",
  ],
  externalIp: () => [
    "The relay gives out an address that nobody outside can reach: whoever needs it won't be heard.",
    "The relay offers a private address, so its host is behind NAT: set COTURN_PUBLIC_IP to the address "
      + `outside and COTURN_PRIVATE_IP to its own. ${RENDER}`,
  ],
  relayLoop: () => [
    "The relay answers, but two people who both need it won't hear each other.",
    "Two allocations can't reach each other: behind NAT external-ip must be PUBLIC/PRIVATE (set "
      + `COTURN_PRIVATE_IP), and the host must not drop what it sends to itself. ${RENDER}`,
  ],
  relayRange: () => [
    "The relay's ports are shut: whoever needs it won't be heard by those who don't.",
    "Two relayed ends meet, but from outside nothing reaches the relay's ports: open COTURN_MIN_PORT to "
      + "COTURN_MAX_PORT/udp in the firewalls of host and provider.",
  ],
};
