"""`meshvoice health` tells what the running server says of itself, wherever it listens."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from meshvoice.web.connections import make_runner
from meshvoice.web.health import print_health
from tests.process import free_port
from tests.web.house import House, settings


@pytest.mark.parametrize("host", ["127.0.0.1", "::", "0.0.0.0", "localhost"])
async def test_a_server_that_works_is_told(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    asked = settings(tmp_path / "unused", hosts=(host,), port=house.address[1])
    assert await asyncio.to_thread(print_health, asked) == 0
    assert capsys.readouterr().out == '{"status": "ok"}\n'


async def test_it_is_asked_by_its_unix_socket(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "http.sock"
    runner = make_runner(house.app)
    await runner.setup()
    site = web.UnixSite(runner, str(path))
    await site.start()
    asked = settings(tmp_path / "unused", hosts=(f"unix:{path}", "192.0.2.77"))
    assert await asyncio.to_thread(print_health, asked) == 0
    assert capsys.readouterr().out == '{"status": "ok"}\n'
    await site.stop()


@pytest.mark.parametrize("host", ["127.0.0.1", "unix:/nowhere/http.sock"])
def test_a_server_that_is_not_there_is_told_by_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    assert print_health(settings(tmp_path / "unused", hosts=(host,), port=free_port())) == 1
    assert capsys.readouterr().err.startswith(f"meshvoice: nobody answers at {host} (")


async def test_a_server_that_does_not_work_is_told_by_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\n\r\nbad")
        writer.close()

    async with await asyncio.start_server(broken, "127.0.0.1", 0) as server:
        asked = settings(tmp_path / "unused", port=server.sockets[0].getsockname()[1])
        assert await asyncio.to_thread(print_health, asked) == 1
    assert capsys.readouterr().out == "bad\n"
