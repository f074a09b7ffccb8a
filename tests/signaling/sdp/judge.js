// Reads a JSON file of SDPs, and writes what the client says of each: node tests/signaling/sdp/judge.js FILE
import { readFileSync } from "node:fs";

import { sdpTrouble } from "../../../static/voice/link/sdp-shape.js";

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(process.argv[2], "utf8")).map(sdpTrouble)));
