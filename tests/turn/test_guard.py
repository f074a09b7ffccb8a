"""The kernel guard holds where coturn's own deny list is missing: not one byte reaches a special address.

coturn permits everything here, and runs as user `turnserver`; every packet of its machine is seen.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import pytest
from aioice.turn import TCP_TRANSPORT

from meshvoice import assets
from meshvoice.doctor.turn_client import Leg, Rejected, TurnClient, Unanswered, dial
from meshvoice.settings import Address, TurnSettings
from meshvoice.turn import coturn, deny
from tests.turn.coturn_server import DENIED_BY_ITSELF, SECRET, conf, issue, let_through, running
from tests.turn.lab import Lab, two_machines

pytestmark = [pytest.mark.coturn, pytest.mark.lab]

PUBLIC, PUBLIC6, PRIVATE = IPv4Address("45.76.0.10"), IPv6Address("2a01:4f8::10"), IPv4Address("10.0.0.5")
CLIENT, CLIENT6 = IPv4Address("45.77.0.2"), IPv6Address("2a01:4f9::2")
TURN = TurnSettings(
    shared_secrets=(SECRET,), public_ip=PUBLIC, public_ip6=PUBLIC6, min_port=50000, max_port=50999
)
SERVER = (str(PUBLIC), 3478)
GUARD = coturn.render_guard(TURN, template=(assets.find("conf") / "nftables-turn.conf.j2").read_text())
IP_RECVTTL = 12
"""ip(7); Python has no name for it."""
# What coturn and the kernel themselves refuse, whatever the configuration.
NEVER = {ip_address(text) for text in ("0.0.0.0", "255.255.255.255")}


def weak(turn: TurnSettings = TURN) -> str:
    strict = ("denied-peer-ip=", "no-tcp-relay", "user-quota=", "total-quota=")
    lines = [line for line in conf(turn).splitlines() if not line.startswith(strict)]
    return "\n".join([*lines, "allow-loopback-peers", ""])


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    addresses = (f"{PUBLIC}/32", f"{PRIVATE}/32", f"{PUBLIC6}/128")
    with two_machines(server=addresses, client=(f"{CLIENT}/32", f"{CLIENT6}/128")) as lab:
        yield lab


@pytest.fixture
def relay_host(lab: Lab, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The lab with a weak coturn on its server, guarded where the test asks for it."""
    lab.run("server", "nft", "flush", "ruleset")
    if getattr(request, "param", "guarded") == "guarded":
        lab.firewall("server", GUARD)
    let_through(tmp_path / "turnserver.conf")
    with lab.on("server"), running(weak(), tmp_path, user="turnserver"), lab.on("client"):
        yield lab


@contextmanager
def packets(lab: Lab) -> Iterator[socket.socket]:
    """See every IP packet that gets past the firewall of the server, loopback's too."""
    with lab.on("server"), socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3)) as tap:
        tap.setblocking(False)
        tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        with lab.on("client"):
            yield tap


def destinations(tap: socket.socket, marker: bytes) -> set[Address]:
    """List where UDP datagrams with `marker` went."""
    found: set[Address] = set()
    while True:
        try:
            packet, _ = tap.recvfrom(65535)
        except BlockingIOError:
            return found
        if marker in packet and packet[0] >> 4 == 4 and packet[9] == socket.IPPROTO_UDP:
            found.add(IPv4Address(packet[16:20]))
        elif marker in packet and packet[0] >> 4 == 6 and packet[6] == socket.IPPROTO_UDP:
            found.add(IPv6Address(packet[24:40]))


def special() -> list[Address]:
    """Take the first, the last and a random address of every block."""
    chosen = {
        address
        for block in deny.BLOCKS
        for address in (block[0], block[-1], block[random.randrange(block.num_addresses)])
    }
    named = {ip_address(text) for text in ("169.254.169.254", "fd00:ec2::254", "127.0.0.1", "::1")}
    return sorted((chosen | named) - NEVER, key=lambda address: (address.version, address))


async def aim(address: Address, marker: bytes, port: int = 9) -> None:
    """Ask the relay to send `marker` to `address`, and wait until it has decided."""
    async with dial(SERVER, Leg.TCP, issue()) as relay:
        await relay.allocate(family=address.version)
        try:
            await relay.send(marker, (deny.literal(address), port))
            # One thread serves the connection in order, so this answer comes after the datagram left.
            await relay.permit("8.8.8.8" if address.version == 4 else "2606:4700::1111")
        except (Rejected, Unanswered, ConnectionError):
            # Refused, or the session ended because the kernel had no way there: nothing left.
            return


async def _reached(lab: Lab, addresses: list[Address]) -> set[Address]:
    with packets(lab) as tap:
        for address in addresses:
            await aim(address, b"aimed by the test")
        return destinations(tap, b"aimed by the test") & set(addresses)


@pytest.mark.parametrize("relay_host", ["bare"], indirect=True)
async def test_without_the_guard_the_weak_relay_reaches_special_addresses(relay_host: Lab) -> None:
    """The control: the test sees packets, so that seeing none means something."""
    targets = [
        ip_address(text)
        for text in [
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.1",
            "192.168.0.1",
            "198.18.0.1",
            "240.0.0.1",
            "2001::1",
            "2002:808:808::1",
            "64:ff9b::7f00:1",
            "fd00:ec2::254",
            "100::1",
        ]
    ]
    targets = [target for target in targets if not any(target in block for block in DENIED_BY_ITSELF)]
    assert await _reached(relay_host, targets) == set(targets)


async def test_not_one_byte_reaches_a_special_address(relay_host: Lab) -> None:
    public: list[Address] = [CLIENT, CLIENT6]
    assert await _reached(relay_host, special() + public) == set(public)


async def test_not_one_byte_reaches_another_service_of_the_host(relay_host: Lab) -> None:
    with packets(relay_host) as tap:
        for address in (PUBLIC, PRIVATE, PUBLIC6):
            for port in (53, 3478, 49999, 51000):
                await aim(address, b"aimed by the test", port)
        assert destinations(tap, b"aimed by the test") & {PUBLIC, PRIVATE, PUBLIC6} == set()


@pytest.mark.parametrize("relay_host", ["bare"], indirect=True)
async def test_without_the_guard_the_weak_relay_reaches_the_services_of_the_host(relay_host: Lab) -> None:
    with packets(relay_host) as tap:
        await aim(PRIVATE, b"aimed by the test", 53)
        assert PRIVATE in destinations(tap, b"aimed by the test")


@pytest.mark.parametrize("family", [4, 6])
async def test_relay_to_relay_still_works(relay_host: Lab, family: int) -> None:
    async with dial(SERVER, Leg.UDP, issue()) as ana, dial(SERVER, Leg.TCP, issue()) as bo:
        at_ana, at_bo = await ana.allocate(family=family), await bo.allocate(family=family)
        await bo.send(b"before Ana's permission", at_ana)
        await ana.send(b"relay to relay", at_bo)
        assert await bo.receive() == (b"relay to relay", at_ana)


@pytest.mark.parametrize(
    ("relay_host", "reached"), [("bare", True), ("guarded", False)], indirect=["relay_host"]
)
async def test_no_tcp_connection_is_opened(relay_host: Lab, reached: bool) -> None:
    with relay_host.on("server"):
        listener = socket.create_server(("127.0.0.1", 8000))
    with listener:
        listener.settimeout(0.2)
        async with dial(SERVER, Leg.TCP, issue()) as relay:
            await relay.allocate(transport=TCP_TRANSPORT)
            connecting = asyncio.create_task(connect_peer(relay, ("127.0.0.1", 8000)))
            accepted = await asyncio.to_thread(_accepts, listener)
            connecting.cancel()
    assert accepted is reached


@pytest.mark.parametrize("guarded", [False, True], ids=["bare", "guarded"])
@pytest.mark.parametrize(("source", "target"), [(PUBLIC, CLIENT), (PUBLIC6, CLIENT6)], ids=["IPv4", "IPv6"])
def test_an_answer_with_the_hop_limit_1_gets_beyond_the_next_router(
    lab: Lab, source: Address, target: Address, guarded: bool
) -> None:
    """What coturn 4.17.0 and 4.17.1 do to their listening socket, done to one of the same user and port."""
    lab.run("server", "nft", "flush", "ruleset")
    if guarded:
        lab.firewall("server", GUARD)
    family, level, limit, tell = (
        (socket.AF_INET, socket.IPPROTO_IP, socket.IP_TTL, IP_RECVTTL)
        if source.version == 4
        else (socket.AF_INET6, socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, socket.IPV6_RECVHOPLIMIT)
    )
    with lab.on("client"):
        ear = socket.socket(family, socket.SOCK_DGRAM)
    with lab.on("server"), as_user("turnserver"):
        mouth = socket.socket(family, socket.SOCK_DGRAM)
    with ear, mouth:
        ear.bind((str(target), 0))
        ear.setsockopt(level, tell, 1)
        ear.settimeout(0.5)
        mouth.bind((str(source), 3478))
        mouth.setsockopt(level, limit, 1)
        mouth.sendto(b"answer", ear.getsockname())
        try:
            _, ((_, _, hops),), _, _ = ear.recvmsg(16, 64)
        except TimeoutError:
            hops = b"\0"
    assert (hops[0] > 32) is guarded


@contextmanager
def as_user(name: str) -> Iterator[None]:
    """Open files and sockets as another user."""
    os.seteuid(pwd.getpwnam(name).pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


def _accepts(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except TimeoutError:
        return False
    return True


async def connect_peer(relay: TurnClient, peer: tuple[str, int]) -> None:
    """Send Connect (RFC 6062), of which aioice knows nothing; its answer is not waited for."""
    await relay._ask(0x000A, {"XOR-PEER-ADDRESS": peer})  # type: ignore[arg-type]


def test_loading_it_again_replaces_it_and_leaves_other_tables_alone(lab: Lab) -> None:
    lab.run("server", "nft", "flush", "ruleset")
    lab.firewall("server", "table inet ufw_like { chain input { type filter hook input priority 0; }; }")
    for _ in range(2):
        lab.firewall("server", GUARD)
    listing = lab.run("server", "nft", "list", "ruleset")
    assert listing.count("table inet meshvoice_turn") == 1
    assert listing.count("chain output") == 1
    assert "ufw_like" in listing
