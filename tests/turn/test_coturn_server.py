"""Debian's real coturn, two hops away, takes what meshvoice renders and signs, and refuses what it must."""

from __future__ import annotations

import asyncio
import random
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

import pytest
from aioice import turn as aioice_turn

from meshvoice.doctor import rotation
from meshvoice.doctor.deployment import Deployment
from meshvoice.doctor.turn_client import Leg, Rejected, TurnClient, dial
from meshvoice.settings import Network, Settings, TurnSettings
from meshvoice.turn import deny
from meshvoice.turn.credentials import TurnCredentials
from tests.turn import coturn_server
from tests.turn.coturn_server import SECRET, Coturn, conf, issue, shipped_database
from tests.turn.lab import Lab, two_machines

pytestmark = [pytest.mark.coturn, pytest.mark.lab]

PUBLIC, PRIVATE, LAN = IPv4Address("45.76.0.10"), IPv4Address("10.0.0.5"), IPv4Address("192.168.7.2")
PUBLIC6 = IPv6Address("2a01:4f8::10")
CLIENT, CLIENT6 = IPv4Address("45.77.0.2"), IPv6Address("2a01:4f9::2")
OTHER, OLD = "pR4tW8xK2mV6bN0cJ5hL9gF3dS7aQ1zE", "mV6bN0cJ5hL9gF3dS7aQ1zEpR4tW8xK2"
BASE64 = "q83vEjRWeJq83vEjRWeJ+/83vEjRWeJ="
BASE = TurnSettings(
    shared_secrets=(SECRET,), hosts=("turn.example.org",), realm="turn.example.org", min_port=50000
)

DIRECT = replace(BASE, public_ip=PUBLIC)
NAT = replace(BASE, public_ip=PUBLIC, private_ip=PRIVATE)
DUAL = replace(BASE, public_ip=PUBLIC, public_ip6=PUBLIC6)
Running = Callable[..., AbstractContextManager[Coturn]]
MODES = {"direct": DIRECT, "1:1 NAT": NAT, "dual-stack": DUAL, "LAN-only": BASE}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A server with the addresses of every mode, a router, and a client."""
    server = *(f"{address}/32" for address in (PUBLIC, PRIVATE, LAN)), f"{PUBLIC6}/128"
    with two_machines(server=server, client=(f"{CLIENT}/32", f"{CLIENT6}/128")) as lab:
        yield lab


@pytest.fixture(scope="module", autouse=True)
def client(lab: Lab) -> Iterator[None]:
    """Where all tests dial from."""
    with lab.on("client"):
        yield


@pytest.fixture(scope="module")
def running(lab: Lab) -> Running:
    """On the server, that is."""

    @contextmanager
    def run(conf: str, folder: Path, *, own_database: bool = True) -> Iterator[Coturn]:
        with ExitStack() as until:
            with lab.on("server"):
                server = until.enter_context(coturn_server.running(conf, folder, own_database=own_database))
            yield server

    return run


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = str(folder / "key.pem"), str(folder / "cert.pem")
    subject = ["-subj", "/CN=turn.example.org", "-addext", "subjectAltName=DNS:turn.example.org"]
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
            "-keyout",
            key,
            "-out",
            cert,
            *subject,
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("mode", MODES)
def test_it_starts_without_a_single_warning(
    mode: str, tls: bool, certificate: tuple[str, str], running: Running, tmp_path: Path
) -> None:
    turn = MODES[mode]
    if tls:
        turn = replace(turn, tls_cert=certificate[0], tls_key=certificate[1])
    with running(conf(turn, local=(LAN,)), tmp_path) as server:
        assert server.complaints() == []


def test_a_misspelt_option_would_be_noticed(running: Running, tmp_path: Path) -> None:
    with running(conf(DIRECT) + "no-such-option\n", tmp_path) as server:
        assert server.complaints() != []


@pytest.mark.parametrize(
    ("mode", "server", "relayed"),
    [
        ("direct", PUBLIC, PUBLIC),
        ("1:1 NAT", PRIVATE, PUBLIC),
        ("dual-stack", PUBLIC, PUBLIC),
        ("LAN-only", LAN, LAN),
    ],
)
async def test_browsers_are_offered_the_address_that_reaches_the_relay(
    mode: str, server: IPv4Address, relayed: IPv4Address, running: Running, tmp_path: Path
) -> None:
    with running(conf(MODES[mode], local=(LAN,)), tmp_path):
        async with dial((str(server), 3478), Leg.UDP, issue()) as relay:
            address, port = await relay.allocate()
    assert address == str(relayed)
    assert 50000 <= port <= 65535


async def test_an_ipv6_relay_needs_the_ipv6_address(running: Running, tmp_path: Path) -> None:
    with running(conf(DIRECT), tmp_path):
        async with dial((str(PUBLIC), 3478), Leg.UDP, issue()) as relay:
            with pytest.raises(Rejected) as caught:
                await relay.allocate(family=6)
    assert caught.value.code == 440
    with running(conf(DUAL), tmp_path):
        async with dial((str(PUBLIC6), 3478), Leg.UDP, issue()) as relay:
            assert (await relay.allocate(family=6))[0] == str(PUBLIC6)


async def test_a_relay_without_ipv4_serves_whoever_asks_for_no_family(
    running: Running, tmp_path: Path
) -> None:
    """As browsers do; nobody asks it for IPv4. Its realm is its address where it has no name."""
    with running(conf(replace(BASE, public_ip6=PUBLIC6, realm=str(PUBLIC6))), tmp_path) as server:
        assert server.complaints() == []
        async with (
            dial((str(PUBLIC6), 3478), Leg.UDP, issue()) as ana,
            dial((str(PUBLIC6), 3478), Leg.TCP, issue()) as bo,
        ):
            assert (await ana.allocate())[0] == (await bo.allocate())[0] == str(PUBLIC6)
            assert ana.realm == str(PUBLIC6)


@pytest.mark.parametrize("mode", MODES)
async def test_two_people_who_both_need_the_relay_hear_each_other(
    mode: str, running: Running, tmp_path: Path
) -> None:
    turn = MODES[mode]
    server = (str(turn.private_ip or turn.public_ip or LAN), 3478)
    with running(conf(turn, local=(LAN,)), tmp_path):
        async with (
            dial(server, Leg.UDP, issue(user="ana")) as ana,
            dial(server, Leg.TCP, issue(user="bo")) as bo,
        ):
            at_ana, at_bo = await ana.allocate(), await bo.allocate()
            await bo.send(b"hello from bo", at_ana)
            await ana.send(b"hello from ana", at_bo)
            assert await bo.receive() == (b"hello from ana", at_ana)


@pytest.mark.parametrize("leg", [Leg.UDP, Leg.TCP])
@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": OTHER},
        {"now": 1_000_000_000},
    ],
    ids=["another secret", "expired"],
)
async def test_wrong_credentials_are_refused(
    wrong: dict[str, Any], leg: Leg, running: Running, tmp_path: Path
) -> None:
    with running(conf(DIRECT), tmp_path):
        async with dial((str(PUBLIC), 3478), leg, issue(**wrong)) as relay:
            with pytest.raises(Rejected) as caught:
                await relay.allocate()
    assert caught.value.code == 401


async def test_stun_answers_without_credentials(running: Running, tmp_path: Path) -> None:
    with running(conf(DIRECT), tmp_path):
        async with dial((str(PUBLIC), 3478), Leg.UDP) as relay:
            assert (await relay.bind())[0] == str(CLIENT)


async def test_a_tcp_relay_is_refused_so_nothing_can_be_connected_to(
    running: Running, tmp_path: Path
) -> None:
    with running(conf(DIRECT), tmp_path):
        async with dial((str(PUBLIC), 3478), Leg.TCP, issue()) as relay:
            with pytest.raises(Rejected) as caught:
                await relay.allocate(transport=aioice_turn.TCP_TRANSPORT)
    assert caught.value.code in (403, 442)


async def test_a_running_allocation_outlives_its_credentials_but_no_new_one_is_made(
    running: Running, tmp_path: Path
) -> None:
    short = issue(ttl=1)
    with running(conf(DIRECT), tmp_path):
        async with dial((str(PUBLIC), 3478), Leg.UDP, short) as relay:
            await relay.allocate()
            await _until_refused((str(PUBLIC), 3478), short)
            await relay.refresh(120)
            await relay.permit("8.8.8.8")


async def test_an_allocation_outlives_the_secret_that_signed_for_it(running: Running, tmp_path: Path) -> None:
    server, told = (str(PUBLIC), 3478), issue(secret=OTHER)
    database = shipped_database(tmp_path)
    with running(conf(DIRECT, database=database), tmp_path, own_database=False):
        assert await asyncio.to_thread(rotated, OTHER, database=database) == 0
        async with dial(server, Leg.UDP, told) as relay:
            await relay.allocate()
            forget = ["turnadmin", "-b", database, "-r", DIRECT.realm, f"--delete-secret={OTHER}"]
            await asyncio.to_thread(subprocess.run, forget, check=True, capture_output=True)
            await _until_refused(server, told)
            await relay.refresh(120)
            await relay.permit("8.8.8.8")


async def _until_refused(server: tuple[str, int], credentials: TurnCredentials) -> None:
    code = 0
    async with asyncio.timeout(10):
        while not code:
            async with dial(server, Leg.TCP, credentials) as relay:
                code = await _code(relay.allocate())
    assert code == 401


async def _code(asked: Awaitable[object]) -> int:
    """The error that comes back, 0 for none."""
    try:
        await asked
    except Rejected as rejected:
        return rejected.code
    return 0


async def test_every_listed_secret_is_accepted(running: Running, tmp_path: Path) -> None:
    with running(conf(replace(DIRECT, shared_secrets=(OTHER, SECRET, BASE64))), tmp_path):
        for secret in (OTHER, SECRET, BASE64):
            async with dial((str(PUBLIC), 3478), Leg.UDP, issue(secret=secret)) as relay:
                await relay.allocate()


async def test_a_secret_is_rotated_without_a_dropped_call(running: Running, tmp_path: Path) -> None:
    """By the database as the file names it: neither coturn nor turnadmin is told of it otherwise."""
    server, database = (str(PUBLIC), 3478), shipped_database(tmp_path)
    with running(conf(DIRECT, database=database), tmp_path, own_database=False):
        async with (
            dial(server, Leg.UDP, issue(user="ana")) as ana,
            dial(server, Leg.UDP, issue(user="bo")) as bo,
        ):
            at_ana, at_bo = await ana.allocate(), await bo.allocate()
            await bo.send(b"before", at_ana)
            turnadmin = ["turnadmin", "-b", database, "-s", OTHER, "-r", DIRECT.realm]
            await asyncio.to_thread(subprocess.run, turnadmin, check=True, capture_output=True)
            async with dial(server, Leg.UDP, issue(secret=OTHER, user="cleo")) as cleo:
                at_cleo = await cleo.allocate()
                await cleo.send(b"joined with the new secret", at_ana)
                await ana.send(b"heard by who came later", at_cleo)
                assert await cleo.receive() == (b"heard by who came later", at_ana)
            await ana.refresh(120)
            await ana.send(b"and still heard", at_bo)
            assert await bo.receive() == (b"and still heard", at_ana)


@pytest.mark.parametrize("realm", [DIRECT.realm, str(PUBLIC6)])
def test_a_rotation_tells_the_new_secret_proves_it_and_lets_the_old_one_go(
    realm: str, running: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    turn, database = replace(DIRECT, realm=realm), shipped_database(tmp_path)
    rotated = partial(rotated_at, turn)
    with running(conf(turn, database=database), tmp_path, own_database=False):
        assert rotated(OTHER, SECRET, database=database) == 0
        assert "45.76.0.10 takes every secret" in capsys.readouterr().out
        # SECRET stands in coturn's file and so is taken; OLD was told and is forgotten.
        assert rotated(OTHER, OLD, database=database) == 0
        assert rotated(OTHER, check=True) == 0
        assert rotated(OTHER, database=database) == 0
        assert rotated(OLD, check=True) == 1
    assert "45.76.0.10 does not take number 1 of COTURN_SHARED_SECRET" in capsys.readouterr().err


def test_a_rotation_that_reaches_another_database_is_stopped_and_forgets_nothing(
    running: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As turnadmin and coturn do from 4.6.2 on unless both are told of one: it ends well, nothing is told."""
    right, wrong = shipped_database(tmp_path), str(tmp_path / "another")
    with running(conf(DIRECT, database=right), tmp_path, own_database=False):
        admin = ["turnadmin", "-b", wrong, "-r", DIRECT.realm]
        subprocess.run([*admin, "-s", OLD], check=True, capture_output=True)
        assert rotated(OTHER, SECRET, database=wrong) == 1
        kept = subprocess.run([*admin, "-S"], check=True, capture_output=True, text=True)
        assert f"{OLD}[{DIRECT.realm}]\n" in kept.stdout
        assert "don't let the app sign" in capsys.readouterr().err
        assert rotated(SECRET, check=True) == 0


@pytest.mark.parametrize("turn", [DIRECT, NAT], ids=["direct", "1:1 NAT"])
def test_on_the_relays_own_host_a_rotation_finds_it_by_its_name_in_the_hosts_file(
    turn: TurnSettings, lab: Lab, running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There it is told to run, and there Debian has 127.0.1.1, where coturn doesn't listen."""

    async def resolve(host: str) -> list[str]:
        return ["127.0.1.1"]

    monkeypatch.setattr(rotation, "Deployment", partial(Deployment, resolve=resolve))
    with running(conf(turn), tmp_path), lab.on("server"):
        assert rotation.run(Settings(secret_keys=(b"k" * 32,), turn=turn), check=True) == 0


async def test_a_rotation_is_not_stopped_by_a_relay_that_is_full(running: Running, tmp_path: Path) -> None:
    """It says so to those alone whose credential it took."""
    with running(f"{conf(DIRECT)}total-quota=1\n", tmp_path):
        async with dial((str(PUBLIC), 3478), Leg.TCP, issue()) as ana:
            await ana.allocate()
            # In a thread: it is a command with a loop of its own.
            assert await asyncio.to_thread(rotated, SECRET, check=True) == 0
            assert await asyncio.to_thread(rotated, OTHER, check=True) == 1


def test_a_rotation_at_a_relay_that_is_not_there_proves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert rotated(SECRET, check=True) == 1
    assert "nothing is proven" in capsys.readouterr().err


def rotated(*secrets: str, database: str = "", check: bool = False) -> int:
    return rotated_at(DIRECT, *secrets, database=database, check=check)


def rotated_at(turn: TurnSettings, *secrets: str, database: str = "", check: bool = False) -> int:
    turn = replace(turn, shared_secrets=secrets, hosts=(str(PUBLIC),))
    return rotation.run(Settings(secret_keys=(b"k" * 32,), turn=turn), database=database, check=check)


async def test_nobody_takes_more_allocations_than_a_full_room_needs(running: Running, tmp_path: Path) -> None:
    server, ana = (str(PUBLIC), 3478), issue(user="ana")
    with running(conf(DIRECT, seats=2), tmp_path):
        async with AsyncExitStack() as calls:
            relays = [await calls.enter_async_context(dial(server, Leg.UDP, ana)) for _ in range(9)]
            answers = [await _code(relay.allocate()) for relay in relays]
    assert answers == [0] * 8 + [486]


async def test_all_credentials_of_one_person_share_the_quota_and_another_has_their_own(
    running: Running,
    tmp_path: Path,
) -> None:
    """coturn counts by what stands behind the colon of the username (T2, C5)."""
    server = str(PUBLIC), 3478
    earlier, later, other = issue(user="ana", ttl=600), issue(user="ana", ttl=3600), issue(user="bo")
    assert earlier.username != later.username
    with running(conf(DIRECT, seats=2), tmp_path):
        async with AsyncExitStack() as calls:
            asked = [earlier] * 4 + [later] * 5 + [other]
            relays = [await calls.enter_async_context(dial(server, Leg.UDP, each)) for each in asked]
            answers = [await _code(relay.allocate()) for relay in relays]
    assert answers == [0] * 8 + [486, 0]


@pytest.fixture(scope="module")
def strict(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with running(conf(DUAL), tmp_path_factory.mktemp("strict")):
        yield


@pytest.fixture
async def relays(strict: None) -> AsyncIterator[dict[int, TurnClient]]:
    """An allocation for each IP version."""
    async with (
        # By TCP: coturn remembers a UDP client for a second, so a port that comes again so soon gets 437.
        dial((str(PUBLIC), 3478), Leg.TCP, issue()) as ipv4,
        dial((str(PUBLIC), 3478), Leg.TCP, issue()) as ipv6,
    ):
        await ipv4.allocate(family=4)
        await ipv6.allocate(family=6)
        yield {4: ipv4, 6: ipv6}


async def _refuses(relay: TurnClient, address: str) -> bool:
    """Ask for a permission and for a channel; both must get the same answer. Neither sends anything there."""
    permission = await _code(relay.permit(address))
    channel = await _code(relay.bind_channel(0x4000 + random.randrange(4096), (address, 9)))
    assert permission == channel, f"{address}: permission and channel disagree"
    assert permission in (0, 403), address
    return permission == 403


@pytest.mark.parametrize("block", deny.BLOCKS, ids=str)
async def test_a_denied_block_is_refused_from_its_first_to_its_last_address(
    block: Network, relays: dict[int, TurnClient]
) -> None:
    chosen = block[random.randrange(block.num_addresses)]
    for address in {block[0], block[-1], chosen}:
        assert await _refuses(relays[block.version], deny.literal(address)), address


@pytest.mark.parametrize(
    "address", ["::2", "::100", "::ffff:0:10.0.0.1", "64:ff9c::1", "1fff:ffff::", "4000::1", "fbff::1"]
)
async def test_what_is_outside_global_unicast_is_refused(address: str, relays: dict[int, TurnClient]) -> None:
    assert await _refuses(relays[6], address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "11.0.0.0",
        "9.255.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "100.63.255.255",
        "100.128.0.0",
        "169.253.255.255",
        "223.255.255.255",
        "198.20.0.0",
        "2606:4700::1111",
        "2001:200::1",
        "2001:db7::1",
        "2003::1",
        "2620:fe::fe",
        "2000::1",
        "3ffe:ffff::1",
    ],
)
async def test_a_public_address_is_granted(address: str, relays: dict[int, TurnClient]) -> None:
    assert not await _refuses(relays[ip_address(address).version], address)


def test_what_the_file_sends_to_syslog_goes_nowhere_else(running: Running, tmp_path: Path) -> None:
    """Or systemd's journal would have each line twice."""
    # coturn keeps 4 KB of them back, and says a line of each denied range: these are more, twice.
    with running(conf(DIRECT, log="syslog") * 2, tmp_path) as server:
        pass
    # The C library's own word on SCTP, which no logging of coturn's is.
    assert set(server.log.splitlines()) <= {"socket: Protocol not supported"}
