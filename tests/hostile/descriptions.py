"""Strategies of what is described: session descriptions, candidates, and generations."""

from __future__ import annotations

from tests.hostile.guest import Guest
from tests.signaling.descriptions import REAL, table

OFFER = REAL["chromium-offer-gathered"]
ANSWER = REAL["chromium-answer-to-chromium"]
OFFERS = [sdp for name, sdp in REAL.items() if "offer" in name]
AUDIO = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:{n}\r\na=rtpmap:111 opus/48000/2\r\na=sendrecv\r\n"
PORT = 40_000
CANDIDATES = (
    "",
    "candidate:",
    "candidate:1 1 udp 1 10.0.0.1",
    "candidate:1 1 udp 99999999999999999999 10.0.0.1 9 typ host",
    "candidate:1 1 sctp 1 10.0.0.1 9 typ host",
    "candidate:1 2 udp 2113937151 127.0.0.1 9 typ host generation 0 ufrag x",
    "candidate:1 1 udp 2113937151 fe80::1%eth0 9 typ host",
    "candidate:1 1 udp 2113937151 fe80::1 9 typ host",
    "candidate:1 1 udp 2113937151 0.0.0.0 0 typ host",
    "candidate:1 1 udp 2113937151 255.255.255.255 9 typ host",
    "candidate:1 1 tcp 1518280447 127.0.0.1 80 typ host tcptype passive",
    "candidate:1 1 udp 2113937151 this-is-no-uuid.local 9 typ host",
    "candidate:1 1 udp 2113937151 ffffffff-ffff-4fff-8fff-ffffffffffff.local 9 typ host",
    "candidate:1 1 udp 1 10.0.0.1 9 typ relay raddr 10.0.0.1 rport 99999",
    "candidate:1 1 udp 1 10.0.0.1 -1 typ host",
    "\u202e" * 300,
)


async def offer(guest: Guest, sdp: str, peer: str | None = None) -> str:
    """Offer, in a generation that counts; gives to whom."""
    to = peer or await guest.other()
    await guest.say(type="offer", target=to, gen=guest.next_gen(to), sdp=sdp)
    return to


async def trickle(guest: Guest, peer: str, candidates: list[str | None], mid: str = "0") -> None:
    """Send candidates for the last generation."""
    said = [
        None if text is None else {"candidate": text, "sdpMid": mid, "sdpMLineIndex": 0}
        for text in candidates
    ]
    await guest.say(type="ice", target=peer, gen=max(1, guest.gens[peer]), candidates=said)


async def repeated_rtpmaps(guest: Guest) -> None:
    """Offer the same payload type two hundred times, which has kept pages busy for minutes."""
    await offer(guest, OFFER + "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 x=1\r\n" * 200)


async def eighty_sections(guest: Guest) -> None:
    """Offer eighty bundled audio sections, whose answer would be too large to send."""
    numbers = [str(n) for n in range(80)]
    sections = "".join(AUDIO.replace("{n}", n) for n in numbers)
    await offer(guest, f"v=0\r\no=- 1 1 IN IP4 0\r\ns=-\r\na=group:BUNDLE {' '.join(numbers)}\r\n{sections}")


async def a_video_section(guest: Guest) -> None:
    """Offer video in a voice room."""
    await offer(guest, OFFER + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\na=mid:1\r\n")


async def nuls(guest: Guest) -> None:
    """Put NULs, and a second session after one, into an offer."""
    at = guest.rng.randrange(len(OFFER))
    await offer(guest, f"{OFFER[:at]}\0{OFFER[at:]}\0{OFFER}")


async def ten_thousand_lines(guest: Guest) -> None:
    """Offer ten thousand lines of next to nothing."""
    await offer(guest, OFFER + "a=x\r\n" * 10_000)


async def a_huge_fmtp(guest: Guest) -> None:
    """Offer one line of thirty thousand characters."""
    await offer(guest, OFFER + f"a=fmtp:63 {'x' * 30_000}\r\n")


async def truncated(guest: Guest) -> None:
    """Cut good offers off somewhere."""
    sdp = guest.rng.choice(OFFERS)
    await offer(guest, sdp[: guest.rng.randrange(len(sdp))])


async def no_sdp(guest: Guest) -> None:
    """Offer and answer with any text at all."""
    text = "".join(chr(guest.rng.randrange(1, 0xD7FF)) for _ in range(2000))
    peer = await offer(guest, text)
    await guest.say(type="answer", target=peer, gen=max(1, guest.gens[peer]), sdp=text)


async def shapes_at_the_limits(guest: Guest) -> None:
    """Offer the largest and the oddest that the server lets through, each as its own generation."""
    for edge in table("edges.json"):
        await offer(guest, edge["sdp"])


async def mangled_lines(guest: Guest) -> None:
    """Drop, double, swap and change lines of good offers."""
    lines = guest.rng.choice(OFFERS).split("\r\n")
    for _ in range(guest.rng.randrange(1, 6)):
        at, to = guest.rng.randrange(1, len(lines)), guest.rng.randrange(1, len(lines))
        match guest.rng.randrange(4):
            case 0 if len(lines) > 9:
                del lines[at]
            case 1:
                lines.insert(to, lines[at])
            case 2:
                lines[at], lines[to] = lines[to], lines[at]
            case _:
                cut = guest.rng.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:cut] + guest.rng.choice("0 :/\u00e9-999999")
    await offer(guest, "\r\n".join(lines))


# Generations


async def leaping_gens(guest: Guest) -> None:
    """Leap ahead: to the end of what a number holds, below nothing, and as far as the server allows."""
    peer = await guest.other()
    for gen in (2**31, 2**31 + 1, -1, 0, 2**63, guest.gens[peer] + 65, guest.gens[peer] + 60):
        await guest.say(type="offer", target=peer, gen=gen, sdp=OFFER)


async def gens_near_the_bound(guest: Guest) -> None:
    """Ask for repairs that lift the other's count as high as it goes, leap after leap."""
    peer = await guest.other()
    guest.gens[peer] = gen = guest.gens[peer] + 64 if guest.gens[peer] else 4096
    await guest.say(type="repair", target=peer, gen=gen, why="x" * 64)


async def aborts_of_others(guest: Guest) -> None:
    """Take back generations that are not its own: every number, towards everyone."""
    for peer in await guest.others():
        await guest.say(type="abort", target=peer, gen=guest.rng.randrange(1, 64))


async def old_gens(guest: Guest) -> None:
    """Offer, answer and trickle for generations that are long over."""
    peer = await offer(guest, OFFER)
    for gen in range(max(1, guest.gens[peer] - 3), guest.gens[peer]):
        await guest.say(type="offer", target=peer, gen=gen, sdp=OFFER)
        await guest.say(type="answer", target=peer, gen=gen, sdp=ANSWER)
        await guest.say(type="ice", target=peer, gen=gen, candidates=[None])


# Candidates


async def garbage_candidates(guest: Guest) -> None:
    """Offer well, and then trickle what is no candidate, or one of nowhere, or of another component."""
    peer = await offer(guest, OFFER)
    for _ in range(5):
        await trickle(guest, peer, [guest.rng.choice(CANDIDATES) for _ in range(8)], mid="7")
        await trickle(guest, peer, [*CANDIDATES, None, None])


async def many_candidates(guest: Guest) -> None:
    """Offer well, and then trickle a hundred and fifty hosts for a browser to knock at."""
    peer = await offer(guest, OFFER)
    hosts = [f"candidate:{n} 1 udp {PORT + n} 192.0.2.{n} {PORT + n} typ host" for n in range(150)]
    for start in range(0, len(hosts), 50):
        await trickle(guest, peer, list(hosts[start : start + 50]))


async def candidates_of_another_ufrag(guest: Guest) -> None:
    """Trickle candidates that belong to a connection nobody made."""
    peer = await offer(guest, OFFER)
    for n in range(20):
        said = {"candidate": f"candidate:{n} 1 udp 1 192.0.2.1 9 typ host ufrag zzzz", "sdpMid": "0"}
        said["usernameFragment"] = "z" * 256
        await guest.say(type="ice", target=peer, gen=guest.gens[peer], candidates=[said])


DESCRIBING = (
    repeated_rtpmaps,
    eighty_sections,
    a_video_section,
    nuls,
    ten_thousand_lines,
    a_huge_fmtp,
    truncated,
    no_sdp,
    shapes_at_the_limits,
    mangled_lines,
    leaping_gens,
    gens_near_the_bound,
    aborts_of_others,
    old_gens,
    garbage_candidates,
    many_candidates,
    candidates_of_another_ufrag,
)
