"""Connections that ask for nothing, that take their time, that are too many, or that are no HTTP ."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from unittest import mock

import pytest
from aiohttp import compression_utils

from meshvoice import assets
from meshvoice.signaling.limits import Buckets, Cap
from meshvoice.web.keys import Waits
from meshvoice.web.throttles import Throttles
from tests.web.conftest import MakeHouse
from tests.web.eager import eager_task
from tests.web.house import DEADLINE, LOOPBACK, ORIGIN, House
from tests.web.person import Person

HEAD = b"Host: x\r\nConnection: close\r\n"
SOON = 0.05


@asynccontextmanager
async def line(house: House) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with asyncio.timeout(DEADLINE):
        reader, writer = await asyncio.open_connection(*house.address)
        try:
            yield reader, writer
        finally:
            writer.close()


def assert_ours(answer: bytes) -> None:
    """An answer has the security headers, and tells neither a program's name nor a trace."""
    head = answer.partition(b"\r\n\r\n")[0]
    for name in (b"Content-Security-Policy:", b"X-Content-Type-Options: nosniff", b"Referrer-Policy:"):
        assert name in head, answer
    assert b"Cross-Origin-Opener-Policy: same-origin" in head
    assert b"\nServer:" not in head
    for word in (b"aiohttp", b"Python", b"Traceback", b"Error:", b'File "'):
        assert word not in answer, answer


async def test_whoever_sends_many_requests_at_once_holds_nobody_up(house: House) -> None:
    """Each waits for the loop's next pass: a read of 9,000 took the loop for half a second (W13)."""
    passes, going = 0, True

    async def live() -> None:
        nonlocal passes
        while going:
            passes += 1
            await asyncio.sleep(0)

    many = 200
    async with line(house) as (reader, writer):
        living = asyncio.create_task(live())
        asyncio.get_running_loop().set_task_factory(eager_task)
        asked = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        writer.write(asked * many + asked.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        before = passes
        assert (await reader.read()).count(b"HTTP/1.1 200 ") == many + 1
        asyncio.get_running_loop().set_task_factory(None)
        assert passes - before >= many
        going = False
        await living


async def test_a_packed_body_is_refused_and_stays_packed(house: House) -> None:
    """64 MB in 62 KB answer 415, at no more cost than any other small form (W10)."""
    bomb = gzip.compress(bytes(64 * 1024 * 1024), 9)
    head = b"POST /sign-in HTTP/1.1\r\n%bOrigin: %b\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    request = head % (HEAD, ORIGIN.encode(), len(bomb)) + bomb
    with mock.patch.object(compression_utils.ZLibDecompressor, "decompress_sync") as unpack:
        answer = await house.raw(request)
    assert not unpack.called
    assert answer.startswith(b"HTTP/1.1 415 ")
    assert b"Send the body as it is, without a Content-Encoding." in answer
    assert_ours(answer)


async def test_a_packed_body_is_not_waited_for(house: House) -> None:
    """The headers alone are answered; the body need never come (W10)."""
    answer = await house.raw(
        b"GET /healthz HTTP/1.1\r\n%bContent-Encoding: gzip\r\nContent-Length: 90000000\r\n\r\n" % HEAD
    )
    assert answer.startswith(b"HTTP/1.1 415 ")


async def test_a_form_that_does_not_end_is_answered_and_the_connection_closed(make_house: MakeHouse) -> None:
    """Half a body gets 408 when its time is up, and no more of anybody's memory (W10)."""
    house = await make_house(waits=Waits(body=SOON))
    answer = await house.raw(
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nOrigin: %b\r\nContent-Length: 100\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\nname=A" % ORIGIN.encode()
    )
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert_ours(answer)


@pytest.mark.parametrize("said", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_who_asks_for_nothing_is_cut(make_house: MakeHouse, said: bytes) -> None:
    """A connection without a whole request is closed in a while, whatever came of one (W10)."""
    house = await make_house(waits=Waits(first_request=SOON))
    assert await house.raw(said) == b""


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_a_kept_connection_is_closed_in_the_end(make_house: MakeHouse, said: bytes) -> None:
    """After an answer too, silence and half a head are borne for a while only (W10)."""
    house = await make_house(waits=Waits(keepalive=SOON))
    answer = await house.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + said)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1") == 1


async def test_a_trusted_proxy_keeps_its_connections(make_house: MakeHouse) -> None:
    """What it keeps open is not closed under it: a form sent just then would be lost with a 502."""
    house = await make_house(waits=Waits(first_request=SOON, keepalive=SOON), trusted_proxies=LOOPBACK)
    async with line(house) as (reader, writer):
        for _ in range(2):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(4 * SOON):
                    assert await reader.read(1) != b"", "closed"
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            await reader.readuntil(b"}")


async def test_a_call_outlives_the_timers(make_house: MakeHouse) -> None:
    """A WebSocket is no idle connection, though its HTTP request is long over."""
    house = await make_house(waits=Waits(first_request=SOON, keepalive=SOON))
    ana = await Person(house).sign_in("Ana")
    wire = await ana.join(await ana.open_sea())
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(4 * SOON):
            await wire.next("nothing")
    await wire.socket.send_json({"type": "ping", "t": 1})
    await wire.next("pong")


async def test_connections_of_one_address_are_capped_before_they_ask(make_house: MakeHouse) -> None:
    """The one over it is told so and closed at once; who leaves makes room again (W11)."""
    throttles = Throttles(connections_of_address=Cap(3))
    house = await make_house(throttles=throttles)
    async with AsyncExitStack() as open_ones:
        lines = [await open_ones.enter_async_context(line(house)) for _ in range(3)]
        for reader, writer in lines:
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        refused = await house.raw(b"")
        assert refused.startswith(b"HTTP/1.1 429 ")
        assert_ours(refused)
        assert throttles.refused_connections == {"address": 1}
    async with asyncio.timeout(DEADLINE):
        # Nobody is told when the server has seen a connection's end.
        while not (await house.raw(b"GET /healthz HTTP/1.1\r\n%b\r\n" % HEAD)).startswith(b"HTTP/1.1 200"):
            continue


async def test_idle_connections_of_many_addresses_keep_nobody_out(make_house: MakeHouse) -> None:
    """The one that was silent for longest makes room, whatever it waits for; a WebSocket never does (W13)."""
    house = await make_house(throttles=Throttles(connections=Cap(4)), waits=Waits(room=0))
    ana = await Person(house).sign_in("Ana")
    async with AsyncExitStack() as open_ones:
        wire = await ana.join(await ana.open_sea())
        lines = [await open_ones.enter_async_context(line(house)) for _ in range(3)]
        for reader, writer in lines[1:]:
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            await reader.readuntil(b"}")
        assert (await house.raw(b"GET /healthz HTTP/1.1\r\n%b\r\n" % HEAD)).startswith(b"HTTP/1.1 200 ")
        assert await lines[0][0].read() == b""
        for reader, writer in lines[1:]:
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        await wire.socket.send_json({"type": "ping", "t": 1})
        await wire.next("pong")


async def test_who_is_being_answered_makes_no_room_and_who_idles_behind_it_does(
    make_house: MakeHouse,
) -> None:
    """A download over a slow network goes on (W13)."""
    connections, many = Cap(3), 40
    house = await make_house(throttles=Throttles(connections=connections), waits=Waits(room=0))
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        slow.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(slow, house.address)
        await loop.sock_sendall(slow, b"GET /static/lang/de.js HTTP/1.1\r\nHost: x\r\n\r\n" * many)
        async with AsyncExitStack() as open_ones:
            for _ in range(5):
                reader, writer = await open_ones.enter_async_context(line(house))
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200 ")
        read = b""
        async with asyncio.timeout(DEADLINE):
            while read.count(b"HTTP/1.1 200 ") < many:
                more = await loop.sock_recv(slow, 1 << 20)
                assert more != b""
                read += more
    await house.until(lambda: len(connections) == 0)


@pytest.mark.parametrize("last", [b"", b"Connection: close\r\n"])
async def test_who_reads_no_answer_is_cut_in_the_end(make_house: MakeHouse, last: bytes) -> None:
    """Neither being answered nor being closed lasts for ever: a few such took every place for good (W13)."""
    connections = Cap(2)
    house = await make_house(
        throttles=Throttles(connections=connections), waits=Waits(unread=SOON, keepalive=SOON)
    )
    loop = asyncio.get_running_loop()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.setblocking(False)
        await loop.sock_connect(deaf, house.address)
        asked = b"GET /static/lang/de.js HTTP/1.1\r\nHost: x\r\n%b\r\n"
        await loop.sock_sendall(deaf, asked % b"" * 80 + asked % last)
        await house.until(lambda: len(connections) == 1)
        await house.until(lambda: len(connections) == 0)


async def test_who_was_heard_a_moment_ago_makes_no_room(make_house: MakeHouse) -> None:
    """Else whoever opens the most ends what others just began (W13)."""
    house = await make_house(throttles=Throttles(connections=Cap(1)))
    async with line(house) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"}")
        assert (await house.raw(b"")).startswith(b"HTTP/1.1 429 ")
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")


async def test_a_trusted_proxy_is_not_one_visitor(make_house: MakeHouse) -> None:
    """All come by its address, so the cap by address is not for it; the one in all is (W11)."""
    throttles = Throttles(connections_of_address=Cap(1), connections=Cap(3))
    house = await make_house(throttles=throttles, trusted_proxies=LOOPBACK)
    async with AsyncExitStack() as open_ones:
        lines = [await open_ones.enter_async_context(line(house)) for _ in range(3)]
        for reader, writer in lines:
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert (await house.raw(b"")).startswith(b"HTTP/1.1 429 ")
    assert throttles.refused_connections == {"all": 1}


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
async def test_a_flood_of_requests_is_refused_before_the_session_is_read(
    make_house: MakeHouse, accept: str
) -> None:
    """Of any kind, by address: then a small page or JSON, made without session, book or template (W11)."""
    house = await make_house(throttles=Throttles(requests=Buckets(rate=1, burst=3)), trusted_proxies=LOOPBACK)
    ana = await Person(house, address="198.51.100.7").sign_in("Ana")
    asked = [await ana.ask("GET", path, headers={"Accept": accept}) for path in ("/", "/my-sea/", "/")]
    assert [answer.status for answer in asked] == [200, 200, 429]
    refused = asked[-1]
    assert refused.headers["Retry-After"] == "60"
    assert "Set-Cookie" not in refused.headers
    if accept == "text/html":
        assert "Too many requests in a short time." in refused.text
        assert len(refused.body) < 500
    else:
        assert refused.code == "too-many"
    assert (await Person(house, address="198.51.100.8").get("/")).status == 200
    house.clock.now += 1
    assert (await ana.get("/")).status == 200


async def test_the_clients_files_are_counted_apart(make_house: MakeHouse) -> None:
    """A first visit asks for as many files as there are modules, and takes no page from who comes next."""
    files, pages = Buckets(rate=1, burst=2), Buckets(rate=1, burst=2)
    house = await make_house(throttles=Throttles(requests=pages, files=files))
    somebody = Person(house)
    asked = ("/static/page.js", "/static/none.js", "/static/page.js", "/", "/sign-in", "/")
    assert [(await somebody.get(path)).status for path in asked] == [200, 404, 429, 200, 405, 429]


def test_thirty_people_behind_one_router_get_every_module() -> None:
    modules = [*assets.find("static").glob("*.js"), *assets.find("static").glob("voice/**/*.js")]
    bucket = Throttles().files
    assert all(bucket.take("192.0.2.1", 0.0) for _ in range(30 * len(modules)))


async def test_single_sign_on_cookies_are_taken_to_a_bound(house: House) -> None:
    """Three cookies of 4 KB in one header, and 60 KB in several; a head without end is cut (W12)."""
    one = b"; ".join(b"_oauth2_proxy_%d=%b" % (n, b"x" * 4000) for n in range(7))
    for cookies in (b"Cookie: %b\r\n" % one, b"Cookie: %b\r\n" % one * 2):
        answer = await house.raw(b"GET / HTTP/1.1\r\n%b%b\r\n" % (HEAD, cookies))
        assert answer.startswith(b"HTTP/1.1 200 ")
    too_long = await house.raw(b"GET / HTTP/1.1\r\n%bCookie: %b\r\n\r\n" % (HEAD, b"x" * 33_000))
    assert too_long.split()[1] == b"431"
    assert b"Delete its cookies" in too_long
    assert_ours(too_long)
    fields = b"".join(b"X-%d: %b\r\n" % (n, b"x" * 30_000) for n in range(4))
    with contextlib.suppress(ConnectionResetError):  # it was still being sent
        assert await house.raw(b"GET / HTTP/1.1\r\n%b%b" % (HEAD, fields)) == b""


ODD = [
    # first line and headers, statuses; "" stands for a connection closed without a word
    (b"GET /static/v-0123456789abcdef/%00 HTTP/1.1", "404"),
    (b"GET /static/%00 HTTP/1.1", "404"),
    (b"GET /static/v-0123456789abcdef/" + b"a" * 300 + b" HTTP/1.1", "404"),
    (b"GET /static/" + b"a" * 300 + b" HTTP/1.1", "404"),
    (b"GET /static/%2e%2e/%2e%2e/etc/passwd HTTP/1.1", "404 403"),
    (b"GET /static/v-0123456789abcdef/%2e%2e/%2e%2e/setup.cfg HTTP/1.1", "404"),
    (b"GET /static/v-0123456789abcdef/..%2f..%2fsetup.cfg HTTP/1.1", "404"),
    (b"GET /%zz%f HTTP/1.1", "404"),
    (b"GET /%ff%fe HTTP/1.1", "404"),
    (b"GET /%00 HTTP/1.1", "404"),
    (b"GET /sea/%00/ HTTP/1.1", "303"),
    (b"GET /\x00 HTTP/1.1", "400"),
    (b"GET /?" + b"q=1&" * 2000 + b" HTTP/1.1", "200"),
    (b"GET /?" + b"q=1&" * 20000 + b" HTTP/1.1", "431"),
    (b"HEAD / HTTP/1.1", "200"),
    (b"OPTIONS / HTTP/1.1", "204"),
    (b"OPTIONS * HTTP/1.1", "204"),
    (b"TRACE / HTTP/1.1", "405"),
    (b"CONNECT example.org:443 HTTP/1.1", "400 404"),
    (b"BREW / HTTP/1.1", "400 405"),
    (b"GET / HTTP/1.0", "200"),
    (b"GET /", "200 400"),
    (b"GET / HTTP/3.7", "400"),
    (b"GET http://elsewhere.example/ HTTP/1.1", "200"),
    (b"GET http://[::1/ HTTP/1.1", "400"),
    (b"GET / HTTP/1.1\r\nno colon here", "400"),
    (b"GET / HTTP/1.1\r\nX: a\x00b", "400"),
    (b"POST /sign-in HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked", "400"),
    (b"POST /sign-in HTTP/1.1\r\nContent-Length: -1", "400"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "400"),
]


@pytest.mark.parametrize(("request_", "statuses"), ODD, ids=[repr(odd[:40]) for odd, _ in ODD])
async def test_whatever_is_asked_is_answered_as_everything_else_is(
    house: House, request_: bytes, statuses: str
) -> None:
    """The headers are there, and neither a program's name nor a trace, also where aiohttp refuses (W12)."""
    answer = await house.raw(request_ + b"\r\n" + HEAD + b"\r\n")
    assert answer.split()[1].decode() in statuses.split(), answer
    assert_ours(answer)


@pytest.mark.parametrize(
    ("headers", "body", "statuses"),
    [
        (b"Transfer-Encoding: chunked", b"zz\r\nname=A\r\n", "400"),
        (
            b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 28",
            b"--b\r\nContent-Disposition: fo",
            "400",
        ),
        (b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 5", b"--b\r\n", "400 403"),
        (b"Content-Type: multipart/form-data\r\nContent-Length: 5", b"--b\r\n", "400"),
    ],
)
async def test_a_broken_form_is_answered_so_too(
    house: House, headers: bytes, body: bytes, statuses: str
) -> None:
    """Bad chunks and multiparts that break off (W12)."""
    origin = b"Origin: %b\r\n" % ORIGIN.encode()
    answer = await house.raw(b"POST /sign-in HTTP/1.1\r\n" + HEAD + origin + headers + b"\r\n\r\n" + body)
    assert answer.split()[1].decode() in statuses.split(), answer
    assert_ours(answer)


async def test_a_form_that_breaks_off_leaves_no_trace(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever goes away in the middle of a form is no error of ours (W12)."""
    async with line(house) as (_, writer):
        writer.write(
            b"POST /sign-in HTTP/1.1\r\nHost: x\r\nOrigin: %b\r\nContent-Length: 100\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n" % ORIGIN.encode()
        )
        await writer.drain()
    assert (await Person(house).get("/healthz")).status == 200
    assert "error" not in caplog.text
