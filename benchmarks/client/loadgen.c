/* A load generator for signaling relays: one thread, epoll, frames encoded beforehand.
 *
 *   loadgen PROTOCOL HOST PORT
 *
 * PROTOCOL: plain (a relay of {type, target}: bare, ws, Channels) | peerjs | socketio | meshvoice.
 * meshvoice: the file $USERS has a line `room cookie` for each user; peer i is user i, by the name p<i>, or with
 * $FIRST that many lines further on. Peers
 * that come and go are the users from $CHURN on. Frames carry a counted `n`, as the browser's do. With $FORWARDED
 * each room comes from an address of its own, as a proxy would tell it.
 *
 * A command a line on stdin, an answer in JSON a line on stdout:
 *   connect N AT_ONCE      N more peers, in rooms of six
 *   build                  encode everybody's frames, now that all ids are known
 *   verify                 one SDP and one ICE frame from each, compared where they arrive
 *   relay WINDOW SECONDS   closed loop: so many frames of each peer under way
 *   rate N SECONDS         N frames a second, by chance (Poisson); latency from when each was due
 *   churn ROOMS AT_ONCE    rooms of six that come, one after the other, and go
 *   idle SECONDS           answer pings, and ping each 10 s as a browser does
 *   get SECONDS PATH       ask for a page over and over, by eight connections that stay open
 *
 * Nine frames of ten are ICE. Everybody sends to the next one in the room, so each has one sender, and what
 * arrives is known by its order. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 6, MOST = 16000, STAMPS = 8192, TEXT = 16384, LATENCIES = 4000000, GETTERS = 8 };
enum protocol { PLAIN, PEERJS, SOCKETIO, MESHVOICE };
enum state { NOBODY, DIALING, UPGRADING, JOINING, READY, LEAVING, GETTING };
enum mode { QUIET, RELAY, RATE, VERIFY, CHURN, GET };
enum { SDP, ICE };

typedef struct { uint8_t *bytes; int size; } buffer;
typedef struct {
  int fd, index, user, slot, turn;
  enum state state;
  char id[64], target[64];
  buffer unread, unsent, frame[2];
  int digits[2];               /* where `n` stands in a frame */
  long n;
  double *sent; unsigned taken, put; /* when what is under way to this peer was sent */
} peer;

static enum protocol PROTOCOL; static const char *HOST; static int PORT;
static peer P[MOST]; static int peers, ready_peers, poller;
static char SDP_TEXT[8192], **rooms, **cookies; static int users, churn_from, first_user;
static const char *CANDIDATE = "candidate:842163049 1 udp 1677729535 203.0.113.7 54321 typ srflx raddr 10.0.0.5 "
  "rport 54321 generation 0 ufrag Zx3k network-cost 999";
static enum mode mode; static long sent, arrived, good, bad; static double ends;
static float latency[LATENCIES]; static long latencies;
static int rooms_left, slots_busy, gone, step[MOST]; static const char *get_path; static int threshold = 100;

static void fail(const char *why, ...) {
  va_list more; va_start(more, why); printf("{\"error\":\""); vprintf(why, more);
  printf("\",\"errno\":%d}\n", errno); fflush(stdout); exit(1);
}
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec * 1e-9; }
static double cpu(void) { struct timespec t; clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); return t.tv_sec + t.tv_nsec * 1e-9; }
static uint64_t chance(void) {
  static uint64_t x = 88172645463325252ull; x ^= x << 13; x ^= x >> 7; return x ^= x << 17;
}

/* Bytes out */

static void listen_to(peer *p) {
  uint32_t wanted = EPOLLIN | (p->unsent.size || p->state == DIALING ? EPOLLOUT : 0);
  struct epoll_event event = {.events = wanted, .data.ptr = p};
  epoll_ctl(poller, EPOLL_CTL_MOD, p->fd, &event);
}
static void append(buffer *b, const void *bytes, int size) {
  b->bytes = realloc(b->bytes, b->size + size); memcpy(b->bytes + b->size, bytes, size); b->size += size;
}
static void push(peer *p, const void *bytes, int size) {
  int done = 0;
  if (!p->unsent.size) {
    done = send(p->fd, bytes, size, MSG_NOSIGNAL);
    if (done == size) return;
    if (done < 0 && errno != EAGAIN) fail("send");
    if (done < 0) done = 0;
  }
  append(&p->unsent, (const char *)bytes + done, size - done); listen_to(p);
}
static int encode(uint8_t *out, int first, const void *text, int size) { /* a masked frame: RFC 6455, 5.2 */
  int at = 0; out[at++] = first;
  if (size < 126) out[at++] = 0x80 | size;
  else if (size < 65536) { out[at++] = 0x80 | 126; out[at++] = size >> 8; out[at++] = size; }
  else fail("a frame is too large");
  uint32_t mask = (uint32_t)chance() | 0x01010101; const uint8_t *key = memcpy(out + at, &mask, 4); at += 4;
  for (int i = 0; i < size; i++) out[at + i] = ((const uint8_t *)text)[i] ^ key[i & 3];
  return at + size;
}
static void say(peer *p, const char *text, ...) {
  static char said[TEXT]; static uint8_t frame[TEXT + 16];
  va_list more; va_start(more, text); int size = vsnprintf(said, sizeof said, text, more);
  push(p, frame, encode(frame, 0x81, said, size));
}

/* What is said */

static int target_of(int i) { int first = i / ROOM * ROOM; return first + (i - first + 1) % ROOM; }
static int source_of(int i) { int first = i / ROOM * ROOM; return first + (i - first + ROOM - 1) % ROOM; }

static void write_sdp(void) { /* as Chromium's offer of audio and data, escaped for JSON */
  static const char *lines[] = {
    "v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=extmap-allow-mixed",
    "a=msid-semantic: WMS 3b2f6f0e-7a55-4b3c-9d3e-0e4f1c2d3a4b", "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126",
    "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0",
    "a=candidate:1467250027 1 udp 2122260223 192.168.0.196 46243 typ host generation 0 network-id 1",
    "a=candidate:435653019 1 tcp 1518280447 192.168.0.196 9 typ host tcptype active generation 0 network-id 1 network-cost 10",
    "a=candidate:842163049 1 udp 1677729535 203.0.113.7 54321 typ srflx raddr 192.168.0.196 rport 46243 generation 0 network-id 1",
    "a=candidate:2530089836 1 udp 41885439 198.51.100.20 49203 typ relay raddr 203.0.113.7 rport 54321 generation 0 network-id 1",
    "a=ice-ufrag:Zx3k", "a=ice-pwd:9qKx0m2sB7vTn4LrWc8yPdHg", "a=ice-options:trickle",
    "a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08",
    "a=setup:actpass", "a=mid:0", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid", "a=sendrecv",
    "a=msid:3b2f6f0e-7a55-4b3c-9d3e-0e4f1c2d3a4b 5f0c2a11-8a3e-4a62-8f2e-2f6f4f0f9d11", "a=rtcp-mux", "a=rtcp-rsize",
    "a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 transport-cc", "a=rtcp-fb:111 nack", "a=fmtp:111 minptime=10;useinbandfec=1",
    "a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111", "a=rtpmap:9 G722/8000", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000",
    "a=rtpmap:13 CN/8000", "a=rtpmap:110 telephone-event/48000", "a=rtpmap:126 telephone-event/8000",
    "a=ssrc:3735928559 cname:y8Yb1xQm0c3dWk2J",
    "a=ssrc:3735928559 msid:3b2f6f0e-7a55-4b3c-9d3e-0e4f1c2d3a4b 5f0c2a11-8a3e-4a62-8f2e-2f6f4f0f9d11",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=ice-ufrag:Zx3k",
    "a=ice-pwd:9qKx0m2sB7vTn4LrWc8yPdHg", "a=ice-options:trickle",
    "a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08",
    "a=setup:actpass", "a=mid:1", "a=sctp-port:5000", "a=max-message-size:262144", 0};
  char *end = SDP_TEXT;
  for (int i = 0; lines[i]; i++) end += sprintf(end, "%s\\r\\n", lines[i]);
}
#define CANDIDATE_JSON "{\"candidate\":\"%s\",\"sdpMid\":\"0\",\"sdpMLineIndex\":0,\"usernameFragment\":\"Zx3k\"}"

static void write_texts(peer *p, char *sdp, char *ice) {
  const char *target = P[target_of(p->index)].id;
  switch (PROTOCOL) {
  case MESHVOICE:
    if (strcmp(p->target, target)) fail("peer %d knows %s, not %s", p->index, p->target, target);
    sprintf(sdp, "{\"type\":\"%s\",\"target\":\"%s\",\"gen\":1,\"sdp\":\"%s\",\"n\":100000000}", p->index & 1 ? "answer" : "offer", target, SDP_TEXT);
    sprintf(ice, "{\"type\":\"ice\",\"target\":\"%s\",\"gen\":1,\"candidates\":[" CANDIDATE_JSON "],\"n\":100000000}", target, CANDIDATE);
    break;
  case PLAIN:
    sprintf(sdp, "{\"type\":\"%s\",\"target\":\"%s\",\"sdp\":\"%s\"}", p->index & 1 ? "answer" : "offer", target, SDP_TEXT);
    sprintf(ice, "{\"type\":\"ice\",\"target\":\"%s\",\"candidate\":" CANDIDATE_JSON "}", target, CANDIDATE);
    break;
  case PEERJS:
    sprintf(sdp, "{\"type\":\"OFFER\",\"payload\":{\"sdp\":{\"type\":\"offer\",\"sdp\":\"%s\"},\"type\":\"media\",\"connectionId\":\"mc_k3v9x0q2m1\"},\"dst\":\"%s\"}", SDP_TEXT, target);
    sprintf(ice, "{\"type\":\"CANDIDATE\",\"payload\":{\"candidate\":" CANDIDATE_JSON ",\"type\":\"media\",\"connectionId\":\"mc_k3v9x0q2m1\"},\"dst\":\"%s\"}", CANDIDATE, target);
    break;
  case SOCKETIO:
    sprintf(sdp, "42[\"relaySDP\",{\"peer_id\":\"%s\",\"session_description\":{\"type\":\"offer\",\"sdp\":\"%s\"}}]", target, SDP_TEXT);
    sprintf(ice, "42[\"relayICE\",{\"peer_id\":\"%s\",\"ice_candidate\":" CANDIDATE_JSON "}]", target, CANDIDATE);
    break;
  }
}
static void poll_for(double seconds);
static void build(void) {
  static char text[2][TEXT]; static uint8_t frame[TEXT + 16];
  for (int i = 0; i < peers; i++) {
    peer *p = &P[i];
    for (double since = now(); PROTOCOL == MESHVOICE && !p->target[0] && now() - since < 5;) poll_for(0.02);
    write_texts(p, text[SDP], text[ICE]);
    for (int kind = 0; kind < 2; kind++) {
      buffer *b = &p->frame[kind]; int size = strlen(text[kind]);
      b->size = encode(frame, 0x81, text[kind], size); b->bytes = realloc(b->bytes, b->size);
      memcpy(b->bytes, frame, b->size); p->digits[kind] = size - 10;
    }
    if (!p->sent) p->sent = malloc(STAMPS * sizeof(double));
  }
  printf("{\"sdp\":%d,\"ice\":%d}\n", P[0].frame[SDP].size, P[0].frame[ICE].size);
}
static void count(peer *p, int kind) { /* writes the next `n`, masked, into a frame */
  if (PROTOCOL != MESHVOICE) return;
  uint8_t *frame = p->frame[kind].bytes; int head = (frame[1] & 127) == 126 ? 4 : 2;
  const uint8_t *key = frame + head; uint8_t *text = frame + head + 4; long n = 100000000 + ++p->n;
  for (int at = p->digits[kind] + 8; at >= p->digits[kind]; at--, n /= 10) text[at] = ('0' + n % 10) ^ key[at & 3];
}
static void send_next(peer *p, double due) {
  peer *target = &P[target_of(p->index)]; int kind = p->turn++ % 10 ? ICE : SDP;
  if (target->put - target->taken >= STAMPS) fail("too much under way");
  target->sent[target->put++ % STAMPS] = due; sent++; count(p, kind);
  push(p, p->frame[kind].bytes, p->frame[kind].size);
}

/* Coming and going */

static void dial(peer *p) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1; if (fd < 0) fail("socket");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct linger none = {1, 0}; setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)}; inet_pton(AF_INET, HOST, &address.sin_addr);
  p->fd = fd; p->state = DIALING; p->unread.size = p->unsent.size = 0;
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = p}; epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
  if (connect(fd, (void *)&address, sizeof address) < 0 && errno != EINPROGRESS) fail("connect");
}
static void next_step(int slot) { /* of a room that comes and goes: six joins, then six leaves */
  int at = ++step[slot];
  if (at == 2 * ROOM) { if (rooms_left-- <= 0) { slots_busy--; return; } step[slot] = at = 0; }
  peer *p = &P[peers + slot * ROOM + at % ROOM];
  if (at < ROOM) { dial(p); return; }
  p->state = LEAVING;
  if (PROTOCOL == MESHVOICE) say(p, "{\"type\":\"bye\",\"n\":1}");
  else { uint8_t frame[16], code[2] = {3, 232}; push(p, frame, encode(frame, 0x88, code, 2)); }
}
static void close_peer(peer *p) {
  enum state was = p->state; close(p->fd); p->fd = -1; p->state = NOBODY; p->unread.size = p->unsent.size = 0; ready_peers--;
  if (was != LEAVING) fail("the server closed a connection");
  gone++; next_step(p->slot);
}
static void is_ready(peer *p) { p->state = READY; ready_peers++; if (mode == CHURN) next_step(p->slot); }
static void ask(peer *p) { /* the handshake, with the headers of Chromium */
  static char head[4096], path[256], from[64];
  if (getenv("FORWARDED")) sprintf(from, "X-Forwarded-For: 10.%d.%d.7\r\n", p->user / ROOM / 250, p->user / ROOM % 250);
  if (PROTOCOL == MESHVOICE && p->user >= users) fail("more peers than users");
  switch (PROTOCOL) {
  case MESHVOICE: sprintf(path, "/ws/voice/%s/", rooms[p->user]); break;
  case PLAIN: strcpy(path, "/ws"); break;
  case PEERJS: sprintf(path, "/peerjs?key=peerjs&id=%s&token=tk%d&version=1.5.4", p->id, p->index); break;
  case SOCKETIO: strcpy(path, "/socket.io/?EIO=4&transport=websocket"); break;
  }
  int size = snprintf(head, sizeof head,
    "GET %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n"
    "Upgrade: websocket\r\nOrigin: http://%s:%d\r\nSec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-US,en;q=0.9\r\nCookie: %s\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s\r\n",
    path, HOST, PORT, HOST, PORT, PROTOCOL == MESHVOICE ? cookies[p->user] : "session=eyJ1IjoiYWxpY2UiLCJleHAiOjQxMDI0NDQ4MDB9.d3c0a4f2b1",
    PROTOCOL == MESHVOICE ? "Sec-WebSocket-Protocol: meshvoice.v1\r\n" : "", from);
  p->state = UPGRADING; listen_to(p); push(p, head, size);
}
static void greet(peer *p) {
  p->state = JOINING;
  if (PROTOCOL == MESHVOICE) say(p, "{\"type\":\"hello\",\"name\":\"p%d\",\"muted\":false,\"deafened\":false}", p->user);
  if (PROTOCOL == PLAIN) say(p, "{\"type\":\"hello\",\"room\":\"room-%d\",\"id\":\"%s\",\"name\":\"peer %d\"}", p->index / ROOM, p->id, p->index);
}
static void get(peer *p) {
  static char head[2048];
  int size = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: %s:%d\r\nAccept: */*\r\nCookie: %s\r\n\r\n", get_path, HOST, PORT, cookies[0]);
  p->state = GETTING; push(p, head, size);
}

/* Bytes in */

static int has(const uint8_t *text, int size, const char *part) { return memmem(text, size, part, strlen(part)) != 0; }
static int field(const uint8_t *text, int size, const char *key, char *out) {
  const uint8_t *at = memmem(text, size, key, strlen(key)); int length = 0;
  if (!at) return 0;
  for (at += strlen(key); at < text + size && *at != '"' && length < 60; at++) out[length++] = *at;
  out[length] = 0; return length;
}
static void hear_roster(peer *p, const uint8_t *text, int size) { /* who has the id of the one that we send to? */
  char name[64];
  if (mode != CHURN && field(text, size, "\"name\":\"p", name) && atoi(name) == P[target_of(p->index)].user)
    field(text, size, "\"source\":\"", p->target);
}
static void hear_joining(peer *p, const uint8_t *text, int size) {
  switch (PROTOCOL) {
  case MESHVOICE: if (has(text, size, "\"type\":\"welcome\"")) { field(text, size, "\"source\":\"", p->id); is_ready(p); } return;
  case PLAIN: if (has(text, size, "\"present\"")) is_ready(p); return;
  case PEERJS: if (has(text, size, "\"OPEN\"")) is_ready(p); return;
  case SOCKETIO:
    if (text[0] == '0') say(p, "40");
    else if (size > 10 && text[0] == '4' && text[1] == '0') {
      field(text, size, "\"sid\":\"", p->id);
      say(p, "42[\"join\",{\"channel\":\"room-%d\",\"peer_name\":\"peer %d\",\"peer_audio\":true}]", mode == CHURN ? 100000 + p->slot : p->index / ROOM, p->index);
    } else if (has(text, size, "\"serverInfo\"")) is_ready(p);
  }
}
static void verify(peer *p, const uint8_t *text, int size) {
  int source = source_of(p->index), sdp = has(text, size, "v=0"), same; const char *id = P[source].id;
  if (PROTOCOL == MESHVOICE) { /* to the byte, but for seq */
    static char want[TEXT];
    int length = sdp ? sprintf(want, "{\"type\":\"%s\",\"source\":\"%s\",\"gen\":1,\"sdp\":\"%s\",\"seq\":", source & 1 ? "answer" : "offer", id, SDP_TEXT)
      : sprintf(want, "{\"type\":\"ice\",\"source\":\"%s\",\"gen\":1,\"candidates\":[" CANDIDATE_JSON "],\"seq\":", id, CANDIDATE);
    same = size > length && !memcmp(text, want, length) && text[size - 1] == '}';
  } else same = has(text, size, id) && has(text, size, sdp ? SDP_TEXT : CANDIDATE);
  if (!same && !bad) fprintf(stderr, "not what was sent: %.*s\n", size > 400 ? 400 : size, text);
  *(same ? &good : &bad) += 1;
}
static void hear(peer *p, const uint8_t *text, int size) {
  if (PROTOCOL == MESHVOICE && has(text, size < 20 ? size : 20, "\"error\"")) fail("the server says an error");
  if (PROTOCOL == MESHVOICE && (!memcmp(text, "{\"type\":\"present\"", 17) || !memcmp(text, "{\"type\":\"hello\"", 15))) { hear_roster(p, text, size); return; }
  if (PROTOCOL == SOCKETIO && text[0] == '2') { say(p, "3"); return; }
  if (p->state == JOINING) { hear_joining(p, text, size); return; }
  if (mode == QUIET || mode == CHURN || p->state != READY || size <= threshold) return;
  if (PROTOCOL == SOCKETIO && !has(text, size < 40 ? size : 40, "iceCandidate") && !has(text, size < 40 ? size : 40, "sessionDesc")) return;
  if (PROTOCOL == MESHVOICE && !memcmp(text, "{\"type\":\"cred", 13)) return;
  arrived++;
  if (mode == VERIFY) { verify(p, text, size); return; }
  if (p->taken == p->put) return;
  double at = now();
  if (latencies < LATENCIES) latency[latencies++] = (at - p->sent[p->taken % STAMPS]) * 1e6;
  p->taken++;
  if (mode == RELAY && at < ends) send_next(&P[source_of(p->index)], at);
}
static int take_answer(peer *p, uint8_t *bytes, int size) { /* a page; 0: not whole yet */
  uint8_t *end = memmem(bytes, size, "\r\n\r\n", 4), *at; if (!end) return 0;
  if (memcmp(bytes + 9, "200", 3)) fail("%s answers %.3s", get_path, bytes + 9);
  if (!(at = (uint8_t *)strcasestr((char *)bytes, "content-length:"))) fail("no length");
  int whole = end + 4 - bytes + atoi((char *)at + 15); if (size < whole) return 0;
  arrived++; if (now() < ends) get(p); else slots_busy--;
  return whole;
}
static int take(peer *p, uint8_t *bytes, int size) { /* gives how many bytes were taken; -1: the peer is gone */
  int at = 0;
  if (p->state == GETTING) { bytes[size] = 0; return take_answer(p, bytes, size); }
  if (p->state == UPGRADING) {
    uint8_t *end = memmem(bytes, size, "\r\n\r\n", 4); if (!end) return 0;
    if (memcmp(bytes + 9, "101", 3)) { fprintf(stderr, "%.*s\n", size, bytes); fail("handshake"); }
    at = end + 4 - bytes; greet(p);
  }
  while (size - at >= 2) {
    uint8_t *frame = bytes + at, answer[160]; int head = 2; long length = frame[1] & 127;
    if (length == 126) { if (size - at < 4) break; length = frame[2] << 8 | frame[3]; head = 4; }
    if (length == 127) { if (size - at < 10) break; length = (long)frame[6] << 24 | frame[7] << 16 | frame[8] << 8 | frame[9]; head = 10; }
    if (size - at < head + length) break;
    int kind = frame[0] & 15;
    if (kind <= 2) hear(p, frame + head, length);
    else if (kind == 9) push(p, answer, encode(answer, 0x8A, frame + head, length));
    else if (kind == 8) {
      if (p->state != LEAVING) fail("the server closes: %.*s", (int)length - 2, frame + head + 2);
      if (PROTOCOL == MESHVOICE) push(p, answer, encode(answer, 0x88, frame + head, length));
      close_peer(p); return -1;
    }
    at += head + length;
  }
  return at;
}
static void on_readable(peer *p) {
  static uint8_t bytes[(1 << 20) + 1]; int before = p->unread.size;
  memcpy(bytes, p->unread.bytes ? p->unread.bytes : bytes, before);
  int more = recv(p->fd, bytes + before, sizeof bytes - 1 - before, 0);
  if (more < 0 && errno == EAGAIN) return;
  if (more <= 0) { close_peer(p); return; }
  p->unread.size = 0; int size = before + more, taken = take(p, bytes, size);
  if (taken >= 0 && taken < size) append(&p->unread, bytes + taken, size - taken);
}
static void on_writable(peer *p) {
  if (p->state == DIALING) {
    int problem; socklen_t size = sizeof problem; getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem) { errno = problem; fail("connect"); }
    if (mode == GET) { p->state = GETTING; listen_to(p); get(p); } else ask(p);
    return;
  }
  int done = p->unsent.size ? send(p->fd, p->unsent.bytes, p->unsent.size, MSG_NOSIGNAL) : 0;
  if (done > 0) { memmove(p->unsent.bytes, p->unsent.bytes + done, p->unsent.size - done); p->unsent.size -= done; }
  listen_to(p);
}
static void poll_for(double seconds) {
  static struct epoll_event events[1024]; if (seconds < 0) seconds = 0;
  struct timespec wait = {(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)};
  int n = epoll_pwait2(poller, events, 1024, &wait, 0);
  for (int i = 0; i < n; i++) {
    peer *p = events[i].data.ptr;
    if (p->fd >= 0 && events[i].events & EPOLLOUT) on_writable(p);
    if (p->fd >= 0 && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) on_readable(p);
  }
}

/* Commands */

static void new_peer(peer *p, int index, int user) {
  free(p->sent); memset(p, 0, sizeof *p); p->fd = -1; p->index = index; p->user = user;
  sprintf(p->id, "%08x%08x", (unsigned)(index * 2654435761u), 0x5a5a0000u + index);
}
static void come(int n, int at_once) {
  int from = peers, next = from, before = ready_peers; peers += n;
  for (int i = from; i < peers; i++) new_peer(&P[i], i, first_user + i);
  for (double since = now(); ready_peers - before < n;) {
    while (next < peers && next - from - (ready_peers - before) < at_once) dial(&P[next++]);
    poll_for(0.1); if (now() - since > 240) fail("connecting takes too long");
  }
}
static void come_and_go(int rooms, int at_once) {
  int before = ready_peers; mode = CHURN; rooms_left = rooms - at_once; slots_busy = at_once; gone = 0;
  for (int i = 0; i < at_once * ROOM; i++) {
    new_peer(&P[peers + i], peers + 6000 + i, churn_from + i); P[peers + i].slot = i / ROOM;
  }
  for (int slot = 0; slot < at_once; slot++) { step[slot] = -1; next_step(slot); }
  for (double since = now(); slots_busy > 0;) { poll_for(0.1); if (now() - since > 300) fail("coming and going takes too long"); }
  ready_peers = before;
}
static void catch_up(void) {
  double last = now(); long before = arrived;
  while (arrived < sent && now() - last < 3) { poll_for(0.02); if (arrived != before) { before = arrived; last = now(); } }
}
static void start(enum mode chosen, double seconds) {
  mode = chosen; ends = now() + seconds;
  for (int i = 0; i < peers; i++) { P[i].taken = P[i].put = 0; P[i].turn = i; }
}
static void relay(int window, double seconds) {
  start(RELAY, seconds);
  for (int i = 0; i < window * peers; i++) send_next(&P[i % peers], now());
  while (arrived < sent && now() < ends + 3) poll_for(0.02);
}
static void rate(double a_second, double seconds) {
  start(RATE, seconds); double next = now(), at; int i = 0;
  while ((at = now()) < ends) {
    for (; next <= at; i = (i + 7) % peers) { send_next(&P[i], next); next += -log((chance() >> 11) * 0x1p-53 + 1e-12) / a_second; }
    poll_for((next < ends ? next : ends) - now());
  }
  catch_up();
}
static void idle(double seconds) {
  double since = now(), at; long done = 0;
  while ((at = now() - since) < seconds) {
    for (; PROTOCOL == MESHVOICE && done < at * peers / 10; done++) { peer *p = &P[done % peers]; say(p, "{\"type\":\"ping\",\"t\":%ld,\"n\":%ld}", done, 100000000 + ++p->n); }
    poll_for(0.01);
  }
}
static void get_often(double seconds, const char *path) {
  mode = GET; ends = now() + seconds; get_path = path; slots_busy = GETTERS;
  for (int i = 0; i < GETTERS; i++) { peer *p = &P[MOST - GETTERS + i]; new_peer(p, 0, 0); dial(p); }
  while (slots_busy > 0 && now() < ends + 5) poll_for(0.05);
  for (int i = 0; i < GETTERS; i++) close(P[MOST - GETTERS + i].fd);
}
static int by_size(const void *a, const void *b) { float x = *(float *)a, y = *(float *)b; return (x > y) - (x < y); }
static double part(double p) { return latencies ? latency[(long)(p * (latencies - 1))] : -1; }
static void read_users(const char *path) {
  static char room[128], cookie[4096]; FILE *file = fopen(path, "r"); if (!file) fail("USERS");
  rooms = calloc(MOST, sizeof *rooms); cookies = calloc(MOST, sizeof *cookies);
  for (; users < MOST && fscanf(file, "%127s %4095s", room, cookie) == 2; users++) { rooms[users] = strdup(room); cookies[users] = strdup(cookie); }
  fclose(file);
}
int main(int count_, char **words) {
  static const char *names[] = {"plain", "peerjs", "socketio", "meshvoice"}; static char line[512];
  if (count_ != 4) return 2;
  PROTOCOL = -1; for (int i = 0; i < 4; i++) if (!strcmp(words[1], names[i])) PROTOCOL = i;
  if ((int)PROTOCOL < 0) return 2;
  HOST = words[2]; PORT = atoi(words[3]); poller = epoll_create1(0); write_sdp();
  struct rlimit files; getrlimit(RLIMIT_NOFILE, &files); files.rlim_cur = files.rlim_max; setrlimit(RLIMIT_NOFILE, &files);
  if (getenv("USERS")) { read_users(getenv("USERS")); churn_from = atoi(getenv("CHURN")); }
  if (getenv("FIRST")) first_user = atoi(getenv("FIRST"));
  for (;;) {
    struct pollfd input = {0, POLLIN, 0}; mode = QUIET;
    while (poll(&input, 1, 300) == 0) poll_for(0); /* answers pings meanwhile */
    if (!fgets(line, sizeof line, stdin)) return 0;
    char verb[16] = "", path[400] = ""; double a = 0, b = 0; int words_read = sscanf(line, "%15s %lf %lf", verb, &a, &b);
    double began = now(), worked = cpu(); sent = arrived = latencies = good = bad = 0; long n = 0;
    if (words_read < 1) continue;
    if (!strcmp(verb, "connect")) { come(a, b); n = a; }
    else if (!strcmp(verb, "build")) { build(); fflush(stdout); continue; }
    else if (!strcmp(verb, "verify")) {
      start(VERIFY, 20);
      for (int i = 0; i < 2 * peers; i++) { peer *p = &P[i / 2]; count(p, i & 1); push(p, p->frame[i & 1].bytes, p->frame[i & 1].size); }
      while (arrived < 2 * peers && now() < ends) poll_for(0.05);
      n = good;
    }
    else if (!strcmp(verb, "relay")) { relay(a, b); n = arrived; }
    else if (!strcmp(verb, "rate")) { rate(a, b); n = arrived; }
    else if (!strcmp(verb, "churn")) { come_and_go(a, b); n = gone; }
    else if (!strcmp(verb, "idle")) idle(a);
    else if (!strcmp(verb, "get")) { sscanf(line, "%*s %*s %399s", path); get_often(a, path); n = arrived; }
    else fail("no such command");
    double took = now() - began; qsort(latency, latencies, sizeof *latency, by_size);
    printf("{\"n\":%ld,\"lost\":%ld,\"bad\":%ld,\"seconds\":%.4f,\"client_cpu\":%.5f,\"p50\":%.1f,\"p99\":%.1f,\"max\":%.1f}\n",
      n, sent - arrived, bad, took, cpu() - worked, part(.5), part(.99), part(1)); fflush(stdout);
  }
}
