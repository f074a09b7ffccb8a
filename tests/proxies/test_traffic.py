"""What browsers send goes through each real proxy, and what they never send does not."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import pytest

from meshvoice.proxies.conf import Proxy
from tests.doctor.authority import Authority
from tests.process import free_port
from tests.proxies.front import TRIED, Answer, Front, fronted, plainly, taken_by

pytestmark = pytest.mark.proxy

each = pytest.mark.parametrize("kind", TRIED)
NAME = "voice.example.org"
FORM = "Content-Type: application/x-www-form-urlencoded"


async def post(front: Front, path: str, body: bytes, *lines: str, visitor: str = "127.0.0.1") -> Answer:
    own = (f"Origin: {front.origin}", f"Content-Length: {len(body)}", "Accept: application/json")
    return await front.send(f"POST {path}", *own, FORM, *lines, body=body, visitor=visitor)


def cookie(answer: Answer) -> str:
    found = re.search(r"(?im)^set-cookie: (\S+?);", answer.head)
    assert found is not None, answer
    return f"Cookie: {found[1]}"


# Limits and addresses


@each
async def test_claiming_another_address_escapes_no_limit(kind: Proxy, tmp_path: Path) -> None:
    """Ten wrong passphrases an address, and the address is the connection's (W7)."""
    async with fronted(kind, tmp_path, MESHVOICE_PASSPHRASE="four small brown words") as front:
        guess = b"name=Ana&passphrase=guess"
        told = [
            (
                await post(
                    front,
                    "/sign-in",
                    guess,
                    f"X-Forwarded-For: 203.0.113.{number}",
                    f"Forwarded: for=203.0.113.{number}",
                    f"X-Real-IP: 203.0.113.{number}",
                    visitor="127.0.0.2",
                )
            ).status
            for number in range(11)
        ]
        assert told == [403] * 10 + [429]
        assert (await post(front, "/sign-in", guess, visitor="127.0.0.3")).status == 403


@each
@pytest.mark.parametrize(
    "connection", ["close", "close, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host"]
)
async def test_what_a_visitor_says_of_the_way_here_is_replaced(
    kind: Proxy, connection: str, tmp_path: Path
) -> None:
    port = free_port()
    async with echo(port), fronted(kind, tmp_path, serve=False, MESHVOICE_PORT=str(port)) as front:
        answer = await front.send(
            "GET /",
            *("X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 203.0.113.8", "X_Forwarded_For: 203.0.113.9"),
            *("X-Forwarded-Proto: gopher", "X-Forwarded-Host: evil.example", "Forwarded: for=203.0.113.9"),
            *("Upgrade: h2c", f"Connection: {connection}, Upgrade"),
            visitor="127.0.0.2",
        )
        lines = [line.partition(": ") for line in answer.body.decode().splitlines()]
        arrived = sorted((name.lower(), value) for name, _, value in lines if "orwarded" in name)
        assert arrived == [
            ("x-forwarded-for", "127.0.0.2"),
            ("x-forwarded-host", f"localhost:{front.port}"),
            ("x-forwarded-proto", "http"),
        ]
        if kind != "caddy":
            assert "h2c" not in answer.body.decode()


@each
async def test_a_large_body_is_refused(kind: Proxy, tmp_path: Path) -> None:
    async with fronted(kind, tmp_path) as front:
        large = b"name=" + b"x" * 70_000
        refused = await post(front, "/sign-in", large)
        # By the proxy, for meshvoice itself would say more.
        assert (refused.status, b"too-large" in refused.body) == (413, False)
        # Whoever doesn't say how much it will be is told as soon as it is too much, or that it must be said.
        pieces = b"%x\r\n%b\r\n0\r\n\r\n" % (len(large), large)
        lines = (f"Origin: {front.origin}", FORM, "Transfer-Encoding: chunked")
        refused = await front.send("POST /sign-in", *lines, body=pieces)
        status = 411 if kind == "apache" else 413
        assert (refused.status, b"too-large" in refused.body) == (status, False)
        whole = b"name=Ana&passphrase=" + b"x" * 60_000
        assert (await post(front, "/sign-in", whole)).status == 200


@each
async def test_a_compressed_body_is_refused(kind: Proxy, tmp_path: Path) -> None:
    async with fronted(kind, tmp_path) as front:
        assert (await post(front, "/sign-in", b"name=Ana", "Content-Encoding: gzip")).status == 415


@each
async def test_the_cookies_of_a_single_sign_on_pass(kind: Proxy, tmp_path: Path) -> None:
    async with fronted(kind, tmp_path) as front:
        own = cookie(await post(front, "/sign-in", b"name=Ana"))
        for size in (12 * 1024, 24 * 1024):
            answer = await front.send("GET /", f"{own}; sso={'x' * size}")
            assert (answer.status, b"Hello, Ana" in answer.body) == (200, True)


# What browsers do


@each
async def test_pages_and_what_they_load_come_as_the_server_sends_them(kind: Proxy, tmp_path: Path) -> None:
    async with fronted(kind, tmp_path) as front:
        page = await front.send("GET /")
        assert page.status == 200
        assert "content-security-policy" in page.head.lower()
        assert "strict-transport-security" not in page.head.lower()
        loaded = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.body.decode())
        assert len(loaded) >= 3
        for path in loaded:
            through = await front.send(f"GET {path}")
            assert through.status == 200
            assert through.body == (await front.send(f"GET {path}", port=front.server.port)).body


@each
async def test_files_come_compressed_and_pages_never(kind: Proxy, tmp_path: Path) -> None:
    """Compressed, a page's length would tell of a secret in it beside what a visitor chose (BREACH)."""
    async with fronted(kind, tmp_path) as front:
        page = await front.send("GET /", "Accept-Encoding: gzip, br")
        assert "content-encoding" not in page.head.lower()
        (script,) = re.findall(r'src="(/static/[^"]+/page\.js)"', page.body.decode())
        packed = await front.send(f"GET {script}", "Accept-Encoding: gzip, br")
        assert "content-encoding: gzip" in packed.head.lower()
        assert "vary: accept-encoding" in packed.head.lower()
        plain = await front.send(f"GET {script}")
        assert "content-encoding" not in plain.head.lower()
        assert gzip.decompress(packed.body) == plain.body


@each
async def test_a_websocket_goes_through(kind: Proxy, tmp_path: Path) -> None:
    async with fronted(kind, tmp_path) as front:
        own = cookie(await post(front, "/sign-in", b"name=Ana"))
        room = json.loads((await post(front, "/my-sea/open", b"", own)).body)["room_id"]
        headers = {"Origin": front.origin, "Cookie": own.removeprefix("Cookie: ")}
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(
                f"{front.url}/ws/voice/{room}/",
                headers={**headers, "Host": f"localhost:{front.port}"},
                protocols=("meshvoice.v1",),
            ) as socket,
            asyncio.timeout(10),
        ):
            await socket.send_json({"type": "hello", "name": "Ana", "muted": False})
            assert (await socket.receive_json())["type"] == "welcome"
            await socket.send_json({"type": "ping", "t": 7})
            while (frame := await socket.receive_json())["type"] != "pong":
                continue
            assert frame["t"] == 7


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone gives a socket to the proxy's group")
@each
async def test_by_the_unix_socket_each_visitor_counts_alone(kind: Proxy, tmp_path: Path) -> None:
    """A page, a WebSocket, and the limits by address."""
    # Where a proxy's own user gets to, too.
    with TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        async with fronted(
            kind,
            tmp_path,
            MESHVOICE_HOST=f"127.0.0.1,unix:{folder}/http.sock",
            MESHVOICE_SOCKET_GROUP="www-data",
            MESHVOICE_TRUSTED_PROXIES="unix",
            MESHVOICE_PASSPHRASE="four small brown words",
        ) as front:
            guess = b"name=Ana&passphrase=guess"
            told = [(await post(front, "/sign-in", guess, visitor="127.0.0.2")).status for _ in range(11)]
            assert told == [403] * 10 + [429]
            right = b"name=Ana&passphrase=four+small+brown+words"
            own = cookie(await post(front, "/sign-in", right, visitor="127.0.0.3"))
            upgrade = (f"Origin: {front.server.origin}", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
            key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
            room = json.loads((await post(front, "/my-sea/open", b"", own)).body)["room_id"]
            opened = await front.send(
                f"GET /ws/voice/{room}/",
                own,
                *upgrade,
                key,
                "Sec-WebSocket-Protocol: meshvoice.v1",
                "Connection: Upgrade",
            )
            assert opened.status == 101


# TLS


@each
async def test_tls_leads_to_the_one_origin(kind: Proxy, tmp_path: Path) -> None:
    """http:// is led to https://, other names get nothing, and forms work from the true origin alone."""
    authority = Authority(tmp_path)
    cert, key = authority.issue(NAME)
    port, plain = free_port(), free_port()
    origin = f"https://{NAME}:{port}"

    own = taken_by(kind, cert, key)
    async with fronted(
        kind, tmp_path, *own, edit=plainly(kind, plain), port=port, also=plain, MESHVOICE_ORIGIN=origin
    ) as front:
        led = await front.send("GET /my-sea/?a=b", port=plain)
        assert led.status in (301, 308)
        assert f"location: {origin}/my-sea/?a=b\r\n" in led.head.lower()

        tls = authority.trust()
        page = await front.send("GET /", tls=tls, name=NAME)
        assert (page.status, b"meshvoice" in page.body) == (200, True)
        assert "strict-transport-security: max-age=31536000\r\n" in page.head.lower()
        evil = await front.send("GET /", "Host: evil.example", tls=tls, name=NAME)
        # Caddy has nothing to say to other names.
        assert not evil.body if kind == "caddy" else evil.status == 421
        for claimed, status in ((origin, 200), (f"https://{NAME}", 403), ("https://evil.example", 403)):
            lines = (f"Origin: {claimed}", "Content-Length: 8", FORM, "Accept: application/json")
            answer = await front.send("POST /sign-in", *lines, body=b"name=Ana", tls=tls, name=NAME)
            assert answer.status == status
            assert status != 200 or cookie(answer).startswith("Cookie: __Host-meshvoice=")
        tls.set_alpn_protocols(["h2", "http/1.1"])
        assert await spoken(front.port, tls) == "h2"


async def spoken(port: int, tls: ssl.SSLContext) -> str | None:
    """Say which protocol the two agree upon."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=NAME)
    agreed: str | None = writer.get_extra_info("ssl_object").selected_alpn_protocol()
    writer.transport.abort()
    return agreed


@asynccontextmanager
async def echo(port: int) -> AsyncIterator[None]:
    """Stand where meshvoice would, and answer with the head of what came."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(head) + head)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    async with server:
        yield
