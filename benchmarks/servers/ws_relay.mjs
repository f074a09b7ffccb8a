// The least that Node's `ws` can do as a relay.  node ws_relay.mjs PORT
import { WebSocketServer } from "ws";

const rooms = new Map();
const server = new WebSocketServer({ port: Number(process.argv[2]), host: "127.0.0.1", path: "/ws" });

server.on("connection", (ws) => {
  let id = null;
  let name = null;
  let room = null;
  ws.on("message", (data) => {
    const message = JSON.parse(data);
    if (id === null) {
      id = message.id;
      name = message.room;
      if (!rooms.has(name)) rooms.set(name, new Map());
      room = rooms.get(name);
      for (const other of room.values()) other.send(JSON.stringify({ type: "hello", source: id }));
      ws.send(JSON.stringify({ type: "present", id, peers: [...room.keys()] }));
      room.set(id, ws);
      return;
    }
    const target = room.get(message.target);
    if (!target) return;
    message.source = id;
    target.send(JSON.stringify(message));
  });
  ws.on("close", () => {
    if (!room) return;
    room.delete(id);
    for (const other of room.values()) other.send(JSON.stringify({ type: "left", source: id }));
    if (room.size === 0) rooms.delete(name);
  });
});
