// A signaling relay on socket.io, as MiroTalk P2P does it.  node socketio_relay.mjs PORT
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { maxHttpBufferSize: 1e7 });
const sockets = {};
const channels = {};

io.on("connection", (socket) => {
  sockets[socket.id] = socket;
  let joined = null;
  socket.on("join", ({ channel }) => {
    joined = channels[channel] ??= {};
    for (const id in joined) {
      joined[id].emit("addPeer", { peer_id: socket.id });
      socket.emit("addPeer", { peer_id: id });
    }
    joined[socket.id] = socket;
    socket.emit("serverInfo", { peers_count: Object.keys(joined).length });
    socket.on("disconnect", () => {
      delete joined[socket.id];
      for (const id in joined) joined[id].emit("removePeer", { peer_id: socket.id });
      if (Object.keys(joined).length === 0) delete channels[channel];
    });
  });
  socket.on("relaySDP", ({ peer_id, session_description }) => {
    sockets[peer_id]?.emit("sessionDescription", { peer_id: socket.id, session_description });
  });
  socket.on("relayICE", ({ peer_id, ice_candidate }) => {
    sockets[peer_id]?.emit("iceCandidate", { peer_id: socket.id, ice_candidate });
  });
  socket.on("disconnect", () => {
    delete sockets[socket.id];
  });
});
http.listen(Number(process.argv[2]), "127.0.0.1");
