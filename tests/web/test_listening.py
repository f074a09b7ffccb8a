"""The server listens where the settings or systemd say, tells which that is, and a restart refuses nobody."""

from __future__ import annotations

import asyncio
import contextlib
import grp
import os
import signal
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from meshvoice.settings import Settings, SettingsError
from meshvoice.signaling.limits import Buckets
from meshvoice.values import UNIX
from meshvoice.web.connections import make_runner
from meshvoice.web.listening import Listening, listen
from meshvoice.web.throttles import Throttles
from tests.process import free_port
from tests.web.conftest import MakeHouse
from tests.web.holder import Holder, ask, started
from tests.web.house import House
from tests.web.running import serving, usual

PLAIN = Settings(secret_keys=(b"k" * 32,))


def listening(*hosts: str, **changes: Any) -> Listening:
    return listen(replace(PLAIN, hosts=hosts, **{"port": free_port(), **changes}), {})


def refusal(*hosts: str, **changes: Any) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        listening(*hosts, **changes).close()
    return caught.value


def dials(host: str, port: int) -> bool:
    with contextlib.closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as dialling:
        return dialling.connect_ex((host, port)) == 0


# Addresses


@pytest.mark.parametrize(
    ("hosts", "heard"),
    [
        (("127.0.0.1",), {"127.0.0.1"}),
        (("::",), {"127.0.0.1", "127.0.0.2", "::1"}),
        (("0.0.0.0",), {"127.0.0.1", "127.0.0.2"}),
        (("::1", "127.0.0.2"), {"::1", "127.0.0.2"}),
        # What a wildcard has is not opened twice.
        (("127.0.0.1", "::", "0.0.0.0"), {"127.0.0.1", "127.0.0.2", "::1"}),
        (("127.0.0.1", "127.0.0.1"), {"127.0.0.1"}),
    ],
)
def test_each_address_is_listened_on_and_no_other(hosts: tuple[str, ...], heard: set[str]) -> None:
    port = free_port()
    with contextlib.closing(listening(*hosts, port=port)):
        assert {host for host in ("127.0.0.1", "127.0.0.2", "::1") if dials(host, port)} == heard


def test_a_name_is_listened_on_by_each_address_that_it_has() -> None:
    """Once, whichever else stands beside it."""
    port = free_port()
    known = {info[4][0] for info in socket.getaddrinfo("localhost", None)}
    with contextlib.closing(listening("localhost", "127.0.0.1", port=port)) as heard:
        assert {each.getsockname()[0] for each in heard.sockets} == known


def test_it_tells_where_it_listens(tmp_path: Path) -> None:
    port, path = free_port(), tmp_path / "http.sock"
    with contextlib.closing(listening("::", f"unix:{path}", port=port)) as heard:
        assert heard.places == [f"0.0.0.0 port {port}", f":: port {port}", f"unix:{path}"]
        assert not heard.handed_over


@pytest.mark.parametrize(
    ("host", "fix"),
    [
        ("192.0.2.77", "192.0.2.77 is no address of this machine: `ip address` lists those that are"),
        ("2001:db8::77", "2001:db8::77 is no address of this machine: `ip address` lists those that are"),
        ("nobody.invalid", "nobody.invalid is no name that this machine can look up: write its address"),
        (
            "unix:/nowhere/at/all.sock",
            "unix:/nowhere/at/all.sock can't be made (No such file or directory): ",
        ),
    ],
)
def test_an_address_that_cannot_be_had_is_refused_by_its_name(host: str, fix: str) -> None:
    """Whichever others stand beside it, and those are let go of."""
    port = free_port()
    problem = refusal("127.0.0.1", host, port=port)
    assert problem.variable == "MESHVOICE_HOST"
    assert problem.fix.startswith(fix)
    assert not dials("127.0.0.1", port)


def test_of_two_addresses_the_one_that_is_taken_is_named() -> None:
    with contextlib.closing(listening("::1")) as other:
        port = other.sockets[0].getsockname()[1]
        problem = refusal("127.0.0.1", "::1", port=port)
    assert problem.variable == "MESHVOICE_PORT"
    assert problem.fix.startswith(f"[::1]:{port} is taken: ")


# Unix sockets


def test_the_unix_sockets_file_is_its_groups_and_nobody_elses(tmp_path: Path) -> None:
    """And goes with the server."""
    path = tmp_path / "http.sock"
    with contextlib.closing(listening(f"unix:{path}")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert path.stat().st_gid == os.getegid()
    assert not path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone gives files away")
@pytest.mark.parametrize("named", [True, False])
def test_the_unix_socket_is_given_to_the_group_of_the_setting(tmp_path: Path, named: bool) -> None:
    path, wanted = tmp_path / "http.sock", grp.getgrnam("www-data")
    group = wanted.gr_name if named else str(wanted.gr_gid)
    with contextlib.closing(listening(f"unix:{path}", socket_group=group)):
        assert path.stat().st_gid == wanted.gr_gid


def test_a_group_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "http.sock"
    problem = refusal(f"unix:{path}", socket_group="nobodys")
    assert problem.variable == "MESHVOICE_SOCKET_GROUP"
    assert "`getent group`" in problem.fix
    assert not path.exists()


def test_a_file_that_a_dead_server_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "http.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
        left.listen()
    with contextlib.closing(listening(f"unix:{path}")), socket.socket(socket.AF_UNIX) as dialling:
        dialling.connect(str(path))


def test_a_socket_on_which_anybody_answers_is_refused(tmp_path: Path) -> None:
    """Another meshvoice, or another program, also one that has no room for one more."""
    path = tmp_path / "http.sock"
    with contextlib.closing(listening(f"unix:{path}")):
        assert "another server: stop that one first" in refusal(f"unix:{path}").fix
        assert path.exists()
    with socket.socket(socket.AF_UNIX) as other, socket.socket(socket.AF_UNIX) as waiting:
        other.bind(str(path))
        other.listen(0)
        waiting.connect(str(path))
        assert "another server: stop that one first" in refusal(f"unix:{path}").fix
        assert path.exists()


def test_of_two_servers_that_start_at_one_time_one_is_refused(tmp_path: Path) -> None:
    """Neither takes the other's file for a dead one's, whatever stands there."""
    path = tmp_path / "http.sock"
    with contextlib.closing(listening(f"unix:{path}")):
        path.unlink()
        assert "another server" in refusal(f"unix:{path}").fix


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_no_socket_stays_where_it_is(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "http.sock"
    match kind:
        case "file":
            path.write_text("mine")
        case "folder":
            path.mkdir()
        case _:
            path.symlink_to(tmp_path / "elsewhere")
    assert "is another file: remove it" in refusal(f"unix:{path}").fix
    assert path.is_symlink() or path.exists()


# Who comes by the Unix socket


@asynccontextmanager
async def by_socket(house: House, folder: Path) -> AsyncIterator[aiohttp.ClientSession]:
    """Serve a house's application on a Unix socket, too; gives who dials it."""
    path = folder / "http.sock"
    heard = listening(f"unix:{path}")
    runner = make_runner(house.app)
    await runner.setup()
    await web.SockSite(runner, heard.sockets[0]).start()
    try:
        async with aiohttp.ClientSession(
            "http://localhost", connector=aiohttp.UnixConnector(str(path))
        ) as http:
            yield http
    finally:
        # The application is the house's to end.
        for site in list(runner.sites):
            await site.stop()
        heard.close()


SIGN_IN = {"Origin": "http://localhost:8080", "Accept": "application/json"}


async def wrong(http: aiohttp.ClientSession, address: str) -> int:
    headers = {**SIGN_IN, "X-Forwarded-For": address}
    data = {"name": "Ana", "passphrase": "guess"}
    async with http.post("/sign-in", data=data, headers=headers) as answer:
        return answer.status


@pytest.mark.parametrize(("trusted", "status"), [((), 429), ((UNIX,), 403)])
async def test_who_a_visitor_of_the_unix_socket_is_counts_where_it_is_trusted(
    make_house: MakeHouse, tmp_path: Path, trusted: tuple[Any, ...], status: int
) -> None:
    """By X-Forwarded-For; otherwise all of them are one (W7)."""
    house = await make_house(passphrase="four words of calm", trusted_proxies=trusted)
    async with by_socket(house, tmp_path) as http:
        assert {await wrong(http, "203.0.113.9") for _ in range(10)} == {403}
        assert await wrong(http, "203.0.113.9") == 429
        assert await wrong(http, "203.0.113.10") == status


@pytest.mark.parametrize(("trusted", "known"), [("127.0.0.0/8", False), ("unix", True)])
async def test_the_user_header_by_the_unix_socket_counts_where_it_is_trusted(
    make_house: MakeHouse, tmp_path: Path, trusted: str, known: bool
) -> None:
    """And nobody else is trusted for that (W7)."""
    settings = Settings.from_env(
        {
            "MESHVOICE_SECRET_KEY": usual(tmp_path)["MESHVOICE_SECRET_KEY"],
            "MESHVOICE_TRUSTED_PROXIES": trusted,
        }
    )
    house = await make_house(trusted_proxies=settings.trusted_proxies, user_header="Remote-User")
    headers = {"Remote-User": "ana"}
    async with by_socket(house, tmp_path) as http, http.get("/", headers=headers) as answer:
        assert ("Hello, ana" in await answer.text()) is known
    async with house.http.get(f"{house.url}/", headers=headers) as answer:
        assert ("Hello, ana" in await answer.text()) is not known


async def test_those_who_come_by_an_untrusted_unix_socket_are_told_of(
    make_house: MakeHouse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = await make_house(throttles=Throttles(requests=Buckets(rate=1, burst=2)))
    async with by_socket(house, tmp_path) as http:
        headers = {"X-Forwarded-For": "203.0.113.9"}
        statuses = []
        for _ in range(3):
            async with http.get("/healthz", headers=headers) as answer:
                statuses.append(answer.status)
    assert statuses == [200, 200, 429]
    assert sum("unix, where it dials the Unix socket" in line for line in caplog.messages) == 1


# What systemd hands over


def environment(**more: str) -> dict[str, str]:
    return {"LISTEN_PID": str(os.getpid()), "LISTEN_FDNAMES": "meshvoice.socket", **more}


@pytest.mark.parametrize(
    "environ",
    [
        {"LISTEN_PID": "1", "LISTEN_FDS": "1"},
        {"LISTEN_FDS": "1"},
        environment(),
        environment(LISTEN_FDS="0"),
        environment(LISTEN_FDS="none"),
    ],
)
def test_what_is_meant_for_another_process_is_not_taken(environ: dict[str, str]) -> None:
    """And the settings count; the variables are gone, so that no child takes them (sd_listen_fds(3))."""
    with contextlib.closing(listen(replace(PLAIN, port=free_port()), environ)) as heard:
        assert not heard.handed_over
        assert environ == {}


@pytest.mark.parametrize("family", ["IPv4", "both", "unix"])
async def test_the_server_listens_on_what_it_is_handed_alone(tmp_path: Path, family: str) -> None:
    """Not where the settings say; and it says so."""
    values, path = usual(tmp_path), tmp_path / "http.sock"
    match family:
        case "unix":
            held = socket.socket(socket.AF_UNIX)
            held.bind(str(path))
            place = f"unix:{path}"
        case "both":
            held = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
            place = f":: port {held.getsockname()[1]} (and IPv4)"
        case _:
            held = socket.create_server(("127.0.0.1", 0))
            place = f"127.0.0.1 port {held.getsockname()[1]}"
    held.listen()
    connector = aiohttp.UnixConnector(str(path)) if family == "unix" else aiohttp.TCPConnector()
    port = 80 if family == "unix" else held.getsockname()[1]
    with held:
        async with (
            started(Holder(tmp_path, held, values)) as running,
            aiohttp.ClientSession(connector=connector) as http,
        ):
            await running.listens()
            assert f"listening on {place}, held by systemd" in running.log.decode()
            assert f"the settings name 127.0.0.1 with port {values['MESHVOICE_PORT']}" in running.log.decode()
            for host in ("127.0.0.1", "[::1]") if family == "both" else ("127.0.0.1",):
                async with http.get(f"http://{host}:{port}/healthz") as answer:
                    assert answer.status == 200
            assert not dials("127.0.0.1", int(values["MESHVOICE_PORT"]))
            assert await running.ends(signal.SIGTERM) == 0
        assert path.exists() is (family == "unix")


async def test_a_socket_of_another_kind_is_refused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        async with started(Holder(tmp_path, held, usual(tmp_path))) as running:
            assert await running.ends() == 2
    assert b"meshvoice: LISTEN_FDS: descriptor 3 is no stream socket that listens" in running.log


async def test_a_restart_under_load_refuses_nobody(tmp_path: Path) -> None:
    """Of a hundred a second each has an answer, while the server ends and starts anew behind its socket."""
    values = usual(tmp_path)
    with socket.create_server(("127.0.0.1", int(values["MESHVOICE_PORT"])), backlog=4096) as held:
        port, holder = held.getsockname()[1], Holder(tmp_path, held, values)
        asked: list[asyncio.Task[bytes]] = []
        done = asyncio.Event()

        async def load() -> None:
            while not done.is_set():
                asked.append(asyncio.create_task(ask(port)))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(done.wait(), 0.01)

        async with started(holder) as running:
            await running.listens()
            assert b"but the settings" not in running.log
            loading = asyncio.create_task(load())
            for _ in range(2):
                before = len(asked)
                assert await running.ends(signal.SIGTERM) == 0
                running = await holder.start()
                await running.listens()
                assert len(asked) > before
            # The last one answers who still waits.
            done.set()
            await loading
            async with asyncio.timeout(30):
                answers = await asyncio.gather(*asked, return_exceptions=True)
            await running.ends(signal.SIGKILL)
    unanswered = [
        each for each in answers if not (isinstance(each, bytes) and each.startswith(b"HTTP/1.1 200 "))
    ]
    assert unanswered == []
    assert len(answers) > 50


def cautions(heard: Listening, *hosts: str, port: int) -> list[str]:
    return [*heard.cautions(replace(PLAIN, hosts=hosts, port=port, trusted_proxies=(UNIX,)))]


@pytest.mark.parametrize(
    ("held", "hosts", "missing"),
    [
        (("127.0.0.1",), ("127.0.0.1",), []),
        (("::",), ("127.0.0.1", "::1"), []),
        (("127.0.0.1",), ("localhost",), []),
        (("127.0.0.1",), ("voice.lan", "::"), []),
        (("127.0.0.1",), ("127.0.0.1", "::1"), ["::1"]),
        (("127.0.0.1",), ("unix:/s",), ["unix:/s"]),
        (("unix:{}",), ("127.0.0.1",), ["127.0.0.1"]),
        (("unix:{}",), ("unix:{}",), []),
    ],
)
def test_what_the_settings_name_and_systemd_does_not_hold_is_told(
    tmp_path: Path, held: tuple[str, ...], hosts: tuple[str, ...], missing: list[str]
) -> None:
    """Only of what is handed over: what is opened by the settings is theirs, whatever a name stands for."""
    port, path = free_port(), tmp_path / "http.sock"
    held, hosts = (tuple(place.format(path) for place in places) for places in (held, hosts))
    with contextlib.closing(listening(*held, port=port)) as heard:
        told = cautions(replace(heard, handed_over=True), *hosts, port=port)
        assert [f"name {' and '.join(missing)} with port {port}" in line for line in told] == [True] * bool(
            missing
        )
        assert cautions(heard, *hosts, port=port + 1) == []


# The start


async def test_both_loopbacks_answer_where_the_host_is_all_of_them(tmp_path: Path) -> None:
    values = {**usual(tmp_path), "MESHVOICE_HOST": "::"}
    port = values["MESHVOICE_PORT"]
    async with serving(tmp_path, values) as running, aiohttp.ClientSession() as http:
        assert f"listening on 0.0.0.0 port {port} and :: port {port}\n" in running.log.decode()
        for host in ("127.0.0.1", "[::1]"):
            async with http.get(f"http://{host}:{port}/healthz") as answer:
                assert answer.status == 200


async def test_a_server_on_a_unix_socket_warns_where_nobody_trusts_it(tmp_path: Path) -> None:
    path = tmp_path / "http.sock"
    values = {**usual(tmp_path), "MESHVOICE_HOST": f"unix:{path}"}
    for trusted, warned in (("", True), ("unix", False)):
        async with serving(tmp_path, {**values, "MESHVOICE_TRUSTED_PROXIES": trusted}) as running:
            assert (b"MESHVOICE_TRUSTED_PROXIES does not name `unix`" in running.log) is warned
            assert f"listening on unix:{path}\n" in running.log.decode()
            assert await running.ends(signal.SIGTERM) == 0
        assert not path.exists()


async def test_kill_9_leaves_a_file_that_the_next_one_replaces(tmp_path: Path) -> None:
    path = tmp_path / "http.sock"
    values = {**usual(tmp_path), "MESHVOICE_HOST": f"unix:{path}"}
    async with serving(tmp_path, values) as running:
        await running.ends(signal.SIGKILL)
        assert path.exists()
    async with (
        serving(tmp_path, values),
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as http,
        http.get("http://localhost/healthz") as answer,
    ):
        assert answer.status == 200
