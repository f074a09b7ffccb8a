// The PeerJS server as its command starts it, but for two limits.  node peerjs.mjs PORT
import { PeerServer } from "peer";

// The load generator sends no HEARTBEAT, and opens more connections than 5,000.
PeerServer({ port: Number(process.argv[2]), host: "127.0.0.1", concurrent_limit: 50_000, alive_timeout: 900_000 });
