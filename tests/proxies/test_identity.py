"""Through each real proxy nobody is whom he says he is (W7)."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from hashlib import sha1
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest

from meshvoice.proxies.conf import Proxy
from tests.process import free_port
from tests.proxies.front import TRIED, Answer, Front, fronted, switched_on

pytestmark = pytest.mark.proxy

each = pytest.mark.parametrize("kind", TRIED)
both = pytest.mark.parametrize("kind", ["nginx", "caddy"])
HEADER = "X-Forwarded-User"
UPGRADE = (
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
CLAIMS = (
    ("X-Forwarded-User: admin",),
    ("x-forwarded-user: admin",),
    ("X_Forwarded_User: admin",),
    ("X-Forwarded_User: admin",),
    ("X-Forwarded-User: admin", "X-Forwarded-User: admin"),
    ("X-Forwarded-User:", "x-forwarded-user: admin", "X_FORWARDED_USER: admin"),
    ("X-Forwarded-User:\r\n admin",),
    ("X-Else: a\r\n X-Forwarded-User: admin",),
    ("X-Else: a\r\n\tb", "X-Forwarded-User: admin"),
    ("X-Forwarded-User : admin",),
    ("Remote-User: admin",),
    ("Remote-User: admin", "X-Auth-Request-User: admin", "X-Forwarded-Preferred-Username: admin"),
)
"""What a visitor may try, the lines of a request each."""
TRICKS = ("close", "close, X-Forwarded-User", "X-Forwarded-User, X-Forwarded-For, Host, close")
"""Values of Connection: what it names is for the next hop alone, so a proxy takes it away."""


async def page(front: Front, *lines: str, connection: str = "close", port: int = 0) -> Answer:
    return await front.send("GET /", *lines, f"Connection: {connection}", port=port)


async def post(front: Front, *lines: str, connection: str = "close", port: int = 0) -> Answer:
    own = (f"Origin: {front.origin}", "Content-Length: 10", "Accept: application/json")
    form = "Content-Type: application/x-www-form-urlencoded"
    return await front.send(
        "POST /tables", *own, form, *lines, f"Connection: {connection}", body=b"name=Chess", port=port
    )


async def handshake(front: Front, *lines: str, connection: str = "close", port: int = 0) -> Answer:
    tokens = f"Connection: Upgrade, {connection.removesuffix('close')}".rstrip(", ")
    own = (*UPGRADE, f"Origin: {front.origin}", tokens)
    return await front.send("GET /ws/voice/mysea-nobody/", *own, *lines, port=port)


Door = Callable[..., "asyncio.Future[Answer]"]
DOORS = {
    # The answer to one who is signed in, and to one who isn't.
    "page": (page, (200, b"Hello, admin"), (200, b"signs people in through its proxy")),
    "post": (post, (200, b"room_id"), (401, b"signed-out")),
    "handshake": (handshake, (404, b"not-found"), (401, b"signed-out")),
}


def users(front: Front) -> list[str]:
    """Name all whom a proxy ever brought in."""
    with closing(sqlite3.connect(front.server.folder / "meshvoice.db")) as book:
        return [row[0] for row in book.execute("SELECT external FROM users ORDER BY external")]


@each
@pytest.mark.parametrize("door", list(DOORS))
async def test_a_visitor_who_names_himself_is_nobody(kind: Proxy, door: str, tmp_path: Path) -> None:
    """Neither the header that counts, nor what servers read as it, gets in by any door (W7)."""
    ask, _, nobody = DOORS[door]
    async with fronted(kind, tmp_path, MESHVOICE_USER_HEADER=HEADER) as front:
        for claim in CLAIMS:
            for connection in TRICKS:
                answer = await ask(front, *claim, connection=connection)
                # Some are no HTTP, and the proxy says so itself.
                told = answer.status == nobody[0] and nobody[1] in answer.body
                assert told or answer.status == 400, (claim, answer)
                assert b"Hello" not in answer.body
        assert users(front) == []


@each
@pytest.mark.parametrize("door", list(DOORS))
async def test_without_the_line_that_strips_it_the_header_would_count(
    kind: Proxy, door: str, tmp_path: Path
) -> None:
    """So the test before sees what it looks for: past the proxy, and by one that strips other names."""
    ask, (status, part), _ = DOORS[door]

    def forget(conf: str) -> str:
        return "".join(line for line in conf.splitlines(keepends=True) if HEADER not in line)

    async with fronted(kind, tmp_path, edit=forget, MESHVOICE_USER_HEADER=HEADER) as front:
        for port in (front.server.port, front.port):
            answer = await ask(front, f"{HEADER}: admin", port=port)
            assert answer.status == status
            assert part in answer.body
        assert users(front) == ["admin"]


# Forward auth


@asynccontextmanager
async def gatekeeper(port: int) -> AsyncIterator[list[str]]:
    """A stand-in for Authelia and oauth2-proxy: knows one cookie; gives the heads of what it was asked."""
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        asked.append(head)
        if "sso=ana" in head:
            lines = "200 OK\r\nRemote-User: ana\r\nX-Auth-Request-User: ana"
        elif "sso=blank" in head:
            lines = "200 OK"
        else:
            # To Caddy Authelia speaks as to the browser itself.
            status = "302 Found" if "/api/authz/forward-auth" in head else "401 Unauthorized"
            lines = f"{status}\r\nLocation: https://login.example.org/"
        writer.write(f"HTTP/1.1 {lines}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    async with server:
        yield asked


@both
@pytest.mark.parametrize(
    ("block", "stock"), [("Authelia", "127.0.0.1:9091"), ("oauth2-proxy", "127.0.0.1:4180")]
)
async def test_forward_auth_says_who_somebody_is_and_the_visitor_does_not(
    kind: Proxy, block: str, stock: str, tmp_path: Path
) -> None:
    port = free_port()

    def edit(conf: str) -> str:
        return switched_on(block)(conf).replace(stock, f"127.0.0.1:{port}")

    async with (
        gatekeeper(port) as asked,
        fronted(kind, tmp_path, edit=edit, MESHVOICE_USER_HEADER=HEADER) as front,
    ):
        claim = ("X-Forwarded-User: admin", "Remote-User: admin", "X-Auth-Request-User: admin")
        known = await page(front, "Cookie: sso=ana", *claim)
        assert (known.status, b"Hello, ana" in known.body) == (200, True)
        assert (await post(front, "Cookie: sso=ana", *claim)).status == 200
        assert (await handshake(front, "Cookie: sso=ana", *claim)).status == 404
        # The gatekeeper lets somebody in without a name: the visitor's own must not stand there instead.
        blank = await page(front, "Cookie: sso=blank", *claim)
        assert (blank.status, b"Hello" in blank.body) == (200, False)
        for door, *_ in DOORS.values():
            assert (await door(front, *claim)).status == 302
        assert users(front) == ["ana"]
        assert len(asked) == 7
        assert not any("admin" in head for head in asked)


@pytest.mark.parametrize(("kind", "block"), [("apache", "Apache itself"), ("haproxy", "HAProxy itself")])
async def test_a_sign_in_by_the_proxy_itself_says_who_somebody_is_and_the_visitor_does_not(
    kind: Proxy, block: str, tmp_path: Path
) -> None:
    # Where Apache's own user can read it, too.
    with NamedTemporaryFile("w", suffix=".users") as known_users:
        os.fchmod(known_users.fileno(), 0o644)
        known_users.write("ana:{SHA}" + b64encode(sha1(b"sesame").digest()).decode() + "\n")
        known_users.flush()
        await only_the_proxy_says_who_somebody_is(kind, block, Path(known_users.name), tmp_path)


async def only_the_proxy_says_who_somebody_is(
    kind: Proxy, block: str, users_file: Path, tmp_path: Path
) -> None:
    def edit(conf: str) -> str:
        conf = switched_on(block)(conf).replace("/etc/apache2/meshvoice.users", str(users_file))
        return conf.replace("user ana password $6$...", "user ana insecure-password sesame")

    async with fronted(kind, tmp_path, edit=edit, MESHVOICE_USER_HEADER=HEADER) as front:
        claim = ("X-Forwarded-User: admin", "Remote-User: admin", "X_Forwarded_User: admin")
        right, wrong = (
            f"Authorization: Basic {b64encode(pair).decode()}" for pair in (b"ana:sesame", b"admin:x")
        )
        known = await page(front, right, *claim)
        assert (known.status, b"Hello, ana" in known.body) == (200, True)
        assert (await post(front, right, *claim)).status == 200
        assert (await handshake(front, right, *claim)).status == 404
        for door, *_ in DOORS.values():
            assert (await door(front, *claim)).status == 401
            assert (await door(front, wrong, *claim)).status == 401
        assert users(front) == ["ana"]
