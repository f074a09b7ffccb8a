// The least that makes a call: what the browser does by itself, and a socket that carries three kinds of message.

const { audio, iceServers } = await (await fetch("plain.json")).json();
const connections = new Map();

document.getElementById("id_voice_btn").addEventListener("click", () => {
  const microphone = navigator.mediaDevices.getUserMedia({ audio });
  const socket = new WebSocket(new URL("ws", location.href.replace(/^http/, "ws")));
  const send = (to, message) => socket.send(JSON.stringify({ to, ...message }));

  const connect = async (peer) => {
    const connection = new RTCPeerConnection({ iceServers });
    const candidates = [];
    const it = { connection, candidates };
    connections.set(peer, it);
    connection.onicecandidate = ({ candidate }) => send(peer, { type: "ice", candidate });
    connection.ontrack = ({ streams: [stream] }) => {
      const element = new Audio();
      element.srcObject = stream;
      element.play();
      it.element = element;
    };
    const stream = await microphone;
    for (const track of stream.getTracks()) connection.addTrack(track, stream);
    return it;
  };
  const describe = async (peer, connection) => {
    await connection.setLocalDescription();
    send(peer, connection.localDescription.toJSON());
  };
  const settle = async (it, description) => {
    await it.connection.setRemoteDescription(description);
    for (const candidate of it.candidates.splice(0)) await it.connection.addIceCandidate(candidate);
  };

  const hear = {
    async welcome({ peers }) {
      await Promise.all(peers.map(async (peer) => describe(peer, (await connect(peer)).connection)));
    },
    async offer({ from, sdp }) {
      const it = await connect(from);
      await settle(it, { type: "offer", sdp });
      await describe(from, it.connection);
    },
    async answer({ from, sdp }) {
      await settle(connections.get(from), { type: "answer", sdp });
    },
    async ice({ from, candidate }) {
      const it = connections.get(from);
      if (it?.connection.remoteDescription) await it.connection.addIceCandidate(candidate);
      else it?.candidates.push(candidate);
    },
    async gone({ from }) {
      connections.get(from)?.connection.close();
      connections.delete(from);
    },
  };
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    hear[message.type](message);
  };
});
