"""What versions of coturn that Debian doesn't have do wrong, done by an impostor on loopback.

Theirs can't be had here, so a server of the tests' own answers as they were seen to.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest
from aioice import stun
from aioice.turn import make_integrity_key

from meshvoice.doctor import authority
from meshvoice.doctor.deployment import Deployment, Way
from meshvoice.doctor.findings import Cause, Finding, Status
from meshvoice.doctor.legs import Answers, certificate, credential
from meshvoice.doctor.legs import stun as ask_stun
from meshvoice.doctor.turn_client import Leg
from meshvoice.settings import TurnSettings
from meshvoice.turn import credentials
from tests.doctor.authority import Authority
from tests.doctor.bench import secured, serve_web
from tests.turn.coturn_server import SECRET
from tests.turn.eturnal_like import REALM, Relay

HOST = "turn.example.org"
PASSWORD = "secret"
TURN = TurnSettings(shared_secrets=(SECRET,), hosts=(HOST,))


@dataclass
class Impostor(asyncio.DatagramProtocol):
    """Answers by UDP: asks for credentials, and says to all of them what it is told to say."""

    reason: bytes = b"Unauthorized"
    refusal: int = 401
    software: bytes = b""
    asked: list[str] = field(default_factory=list)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = stun.parse_message(data)
        self.asked.append(request.message_method.name)
        if request.message_method is stun.Method.BINDING:
            answer = self._answer(request, stun.Class.RESPONSE, stun_address(addr, request))
        elif "USERNAME" not in request.attributes or self.refusal == 401:
            error = bytes([0, 0, 4, 1]) + self.reason
            attributes = (
                attribute(0x0009, error) + attribute(0x0014, HOST.encode()) + attribute(0x0015, b"nonce")
            )
            answer = self._answer(request, stun.Class.ERROR, attributes)
        else:
            answer = self._signed(request)
        self._transport.sendto(answer, addr)

    def _signed(self, request: stun.Message) -> bytes:
        # An answer to whoever is believed counts only with that one's own key.
        username = request.attributes["USERNAME"]
        password = PASSWORD if ":" not in username else credentials.sign(username, secret=SECRET)
        answer = stun.Message(
            request.message_method,
            stun.Class.ERROR,
            request.transaction_id,
            {"ERROR-CODE": (self.refusal, "No")},
        )
        answer.add_message_integrity(make_integrity_key(username, HOST, password))
        return bytes(answer)

    def _answer(self, request: stun.Message, kind: stun.Class, attributes: bytes) -> bytes:
        if self.software:
            attributes += attribute(0x8022, self.software)
        head = (request.message_method | kind).to_bytes(2, "big") + len(attributes).to_bytes(2, "big")
        return head + stun.COOKIE.to_bytes(4, "big") + request.transaction_id + attributes


def attribute(kind: int, value: bytes) -> bytes:
    padding = bytes(-len(value) % 4)
    return kind.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value + padding


def stun_address(addr: tuple[str, int], request: stun.Message) -> bytes:
    return attribute(0x0020, stun.pack_xor_address(addr, request.transaction_id))


@asynccontextmanager
async def listening(impostor: Impostor) -> AsyncIterator[Way]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: impostor, local_addr=("127.0.0.1", 0)
    )
    try:
        yield Way(leg=Leg.UDP, server=transport.get_extra_info("sockname"))
    finally:
        transport.close()


async def test_a_reason_that_is_no_text_does_not_hide_the_question_for_credentials() -> None:
    """4.10.0 sends uninitialised memory: an answer that were dropped for it would look like silence."""
    async with listening(Impostor(reason=b"\xff\x00\x9b31m\x80")) as way:
        found = await credential(Deployment(turn=TURN), way)
    assert found.answer == "401 Unauthorized"
    assert "does not take this secret" in found.fix


class Remembering(Relay):
    """Takes each second client for one that is hardly gone, as coturn does where its port comes again."""

    came = 0

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        asked = stun.parse_message(data)
        if asked.message_method is stun.Method.ALLOCATE and "USERNAME" not in asked.attributes:
            self.came += 1
            if self.came % 2:
                self._answer(asked, addr, {"ERROR-CODE": (437, "Allocation Mismatch")}, refused=True)
                return
        super().datagram_received(data, addr)


class Twice(Relay):
    """Hears each request twice, as from a machine that had no time to read the first answer."""

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        super().datagram_received(data, addr)
        super().datagram_received(data, addr)


async def believed_by(relay: Relay) -> dict[str, Status]:
    """What each check finds of whom a relay believes, its realm being known."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: relay, local_addr=("127.0.0.1", 0)
    )
    try:
        way = Way(leg=Leg.UDP, server=transport.get_extra_info("sockname"))
        deployment = Deployment(turn=replace(TURN, realm=REALM))
        found = [
            await credential(deployment, way),
            *[each async for each in authority.examine(deployment, way)],
        ]
    finally:
        transport.close()
        relay.close()
    return {each.check: each.status for each in found}


ALL_WELL = dict.fromkeys(
    ("credential", "secret", "clock", "wrong-credential", "expired-credential", "realm"), Status.OK
)


async def test_by_a_relay_whose_reasons_are_no_text_nothing_is_found_wrong() -> None:
    """4.10.0 relays well: each of its refusals, of which these checks are made, must count as one."""
    relay = Relay("127.0.0.1", [SECRET], reason=b"\xff\x00\x9b31m\x80\xc3(\xe2\x82\x00")
    assert await believed_by(relay) == ALL_WELL


async def test_a_port_that_comes_again_accuses_nobody() -> None:
    """It was told as the wrong realm, once in some hundred runs."""
    assert await believed_by(Remembering("127.0.0.1", [SECRET])) == ALL_WELL


@pytest.mark.parametrize(
    ("refusal", "username", "named"),
    [
        (486, "", "total-quota"),
        (486, "ana", "user-quota"),
        (508, "", "all relay ports are taken"),
        (440, "", "must be keep"),
        (401, "ana", "COTURN_PASSWORD"),
    ],
)
async def test_each_refusal_names_its_own_mend(refusal: int, username: str, named: str) -> None:
    fixed = TurnSettings(hosts=(HOST,), username=username, password=PASSWORD) if username else TURN

    async with listening(Impostor(refusal=refusal)) as way:
        found = await credential(Deployment(turn=fixed), way)
    assert named in found.fix


@dataclass
class Saying(Impostor):
    """Consents to everything, with these attributes alone."""

    attributes: bytes = b""

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = stun.parse_message(data)
        self._transport.sendto(self._answer(request, stun.Class.RESPONSE, self.attributes), addr)


async def test_a_consent_that_tells_no_address_is_told_and_ends_nothing() -> None:
    """As that of a server of the STUN of before: RFC 3489 knows MAPPED-ADDRESS alone."""
    mapped = attribute(0x0001, bytes([0, 1, 4, 210, 45, 77, 0, 2]))
    async with listening(Saying(attributes=mapped)) as way:
        asked = await ask_stun(Deployment(turn=TURN), way, Answers())
        given = await credential(Deployment(turn=TURN), way)
    assert (asked.status, asked.answer) == (Status.FAILED, "an answer without XOR-MAPPED-ADDRESS")
    assert "another program" in asked.fix
    assert (given.status, given.answer) == (Status.FAILED, "an answer without XOR-RELAYED-ADDRESS")


async def test_what_is_malformed_counts_for_nothing_and_prints_no_trace() -> None:
    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with listening(Saying(attributes=attribute(0x000D, b"\0"))) as way:
        found = await ask_stun(Deployment(turn=TURN), way, Answers())
    assert found.answer == "no answer"
    assert complaints == []


async def test_what_a_server_calls_itself_tells_its_version() -> None:
    answers = Answers()
    async with listening(Impostor(software=b"Coturn-4.17.1 'Gorst'")) as way:
        found = await ask_stun(Deployment(turn=TURN), way, answers)
    assert found.status == "ok"
    assert answers.version(TURN) == (4, 17, 1)
    assert Answers().version(TURN) is None


async def test_a_handshake_that_ends_at_once_is_told_as_tls_and_as_no_firewall(tmp_path: Path) -> None:
    """As some versions do where key and certificate differ."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    found = await _shake_hands(tmp_path, hang_up)
    assert found.cause is Cause.NO_HANDSHAKE
    assert "COTURN_TLS_KEY must be the key" in found.fix
    assert "firewall" not in found.fix


@pytest.mark.parametrize(
    ("alert", "front", "cause", "said", "named"),
    [
        (40, None, Cause.NO_PAIR, "handshake failure", "COTURN_TLS_KEY must be the key"),
        (80, None, Cause.NO_PAIR, "internal error", "COTURN_TLS_KEY must be the key"),
        (116, None, Cause.NO_PAIR, "certificate required", "COTURN_TLS_KEY must be the key"),
        (80, 443, Cause.NO_NAME, "internal error", "by SNI"),
        (112, 443, Cause.NO_NAME, "unrecognized name", "by SNI"),
        (112, None, Cause.NO_NAME, "unrecognized name", "ss -lntp"),
        (70, None, Cause.OLD_TLS, "older than 1.2", "no-tlsv1_2"),
    ],
)
async def test_whatever_the_alert_it_is_told_as_tls_and_as_no_firewall(
    tmp_path: Path, alert: int, front: int | None, cause: Cause, said: str, named: str
) -> None:
    """Which one comes is the version's, and its OpenSSL's, or that of the program before it (RFC 8446, 6)."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(bytes([21, 3, 3, 0, 2, 2, alert]))
        await writer.drain()
        writer.close()

    found = await _shake_hands(tmp_path, refuse, replace(TURN, public_tls_port=front))
    assert found.cause is cause
    assert said in found.answer
    assert named in found.fix
    assert "firewall" not in found.fix


async def test_a_server_that_answers_in_an_older_tls_is_told_as_that(tmp_path: Path) -> None:
    """It picks TLS 1.1 from what it was offered, and sends no alert."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        hello = bytes([3, 2, *bytes(32), 0, 0xC0, 0x13, 0])
        message = bytes([2, *len(hello).to_bytes(3, "big")]) + hello
        writer.write(bytes([22, 3, 2]) + len(message).to_bytes(2, "big") + message)
        await writer.drain()
        writer.close()

    found = await _shake_hands(tmp_path, greet)
    assert found.cause is Cause.OLD_TLS


async def test_what_speaks_no_tls_is_told_as_such(tmp_path: Path) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org ESMTP\r\n")
        writer.close()

    found = await _shake_hands(tmp_path, greet)
    assert (found.answer, found.cause) == ("what answers there speaks no TLS", Cause.NO_TLS)


async def test_what_hangs_up_on_tls_and_answers_stun_is_told_as_the_plain_port(tmp_path: Path) -> None:
    """When coturn's plain port hangs up on whoever wants TLS there is chance: what it answers is not."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = await reader.read(1500)
        with suppress(ValueError):
            request = stun.parse_message(data)
            own = {"XOR-MAPPED-ADDRESS": writer.get_extra_info("peername")}
            response = stun.Message(request.message_method, stun.Class.RESPONSE, request.transaction_id, own)
            writer.write(bytes(response))
        writer.close()

    found = await _shake_hands(tmp_path, answer)
    assert (found.answer, found.cause) == ("what answers there speaks no TLS", Cause.NO_TLS)


async def test_a_web_server_on_the_tls_port_is_told_as_what_it_is_and_as_no_firewall(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    turn = secured(replace(TURN, tls_port=0), authority.issue(HOST))
    async with await serve_web(turn, "127.0.0.1") as server:
        way = Way(leg=Leg.TLS, server=server.sockets[0].getsockname())
        deployment = Deployment(turn=turn, tls=authority.trust())
        assert (await certificate(deployment, way)).status is Status.OK
        found = await ask_stun(deployment, way, Answers())
    assert (found.answer, found.cause) == ("it opens, and answers no STUN", Cause.NO_TURN)
    assert "ss -lntp" in found.fix
    assert "firewall" not in found.fix


@pytest.mark.parametrize(("chained", "answer"), [(True, "valid for 29 more days"), (False, "incomplete")])
async def test_a_certificate_is_taken_with_the_chain_to_its_authority_alone(
    tmp_path: Path, chained: bool, answer: str
) -> None:
    authority = Authority(tmp_path)
    turn = secured(replace(TURN, tls_port=0), authority.between().issue(HOST, chained=chained))
    async with await serve_web(turn, "127.0.0.1") as server:
        way = Way(leg=Leg.TLS, server=server.sockets[0].getsockname())
        found = await certificate(Deployment(turn=turn, tls=authority.trust()), way)
    assert answer in found.answer


async def test_a_port_that_opens_before_a_dead_server_is_no_firewall_either() -> None:
    """As a TCP proxy's does."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        way = Way(leg=Leg.TCP, server=server.sockets[0].getsockname())
        found = await ask_stun(Deployment(turn=TURN), way, Answers())
    assert found.cause is Cause.NO_TURN
    assert "firewall" not in found.fix


async def _shake_hands(
    folder: Path,
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    turn: TurnSettings = TURN,
) -> Finding:
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        way = Way(leg=Leg.TLS, server=server.sockets[0].getsockname())
        return await certificate(Deployment(turn=turn, tls=Authority(folder).trust()), way)


async def test_by_a_relay_that_hears_everything_twice_nothing_is_found_wrong() -> None:
    """It opens no second address for whoever asks again; a socket that is left open fails the test."""
    assert await believed_by(Twice("127.0.0.1", [SECRET])) == ALL_WELL
    gc.collect()
