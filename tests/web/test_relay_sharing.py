"""Of several processes one looks at the relay, and the pages of all tell what it saw."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from meshvoice.settings import TurnSettings
from meshvoice.web.clocks import Clock
from meshvoice.web.relay_sharing import SharedWord, setup, share
from meshvoice.web.relay_watch import RelayWatch
from tests.web.house import settings
from tests.web.test_relay_watch import report


class Process:
    """What one process knows of the relay, how often it asked, and what it is answered."""

    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.relay = RelayWatch(Clock(time.time, lambda: self.now))
        self.asked = 0
        self.answer: bytes | OSError = report("clock")
        self._word = SharedWord(str(folder / "meshvoice.db"))

    async def ask(self) -> bytes:
        """Look."""
        self.asked += 1
        if isinstance(self.answer, OSError):
            raise self.answer
        return self.answer

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Run it."""
        task = asyncio.create_task(share(self.relay, self.ask, self._word, first=0, glance=0.01))
        await asyncio.sleep(0)
        yield
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        self._word.close()

    @property
    def names(self) -> list[str]:
        """Name what failed, as far as is known here."""
        return self.relay.last.names if self.relay.last else []


async def until(true: Callable[[], bool]) -> None:
    """Wait for a state."""
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110  # what another process writes tells nobody
            await asyncio.sleep(0.01)


async def test_one_of_them_looks_and_all_know(tmp_path: Path) -> None:
    one, other = Process(tmp_path), Process(tmp_path)
    async with one.going_on(), other.going_on():
        assert other.relay.body()["running"]
        await until(lambda: one.names == other.names == ["clock"])
        assert (one.asked, other.asked) == (1, 0)
        await until(lambda: not other.relay.body()["running"])
        assert other.relay.trouble() == one.relay.trouble()


async def test_when_the_one_who_looked_ends_another_does(tmp_path: Path) -> None:
    one, other = Process(tmp_path), Process(tmp_path)
    other.answer = report("realm")
    async with one.going_on():
        await until(lambda: one.asked == 1)
        waiting = other.going_on()
        await waiting.__aenter__()
        await until(lambda: other.names == ["clock"])
    await until(lambda: other.names == ["realm"])
    await waiting.__aexit__(None, None, None)


async def test_who_asks_another_process_has_the_one_look_again(tmp_path: Path) -> None:
    one, other = Process(tmp_path), Process(tmp_path)
    async with one.going_on(), other.going_on():
        await until(lambda: other.names == ["clock"])
        await until(lambda: not other.relay.running)
        one.answer = report()
        one.now = other.now = 61
        other.relay.want()
        assert other.relay.body()["running"]
        await until(lambda: one.asked == 2 and not other.relay.running)
        assert other.names == []
        assert other.asked == 0


async def test_a_look_in_vain_is_told_to_all_and_what_was_known_stays(tmp_path: Path) -> None:
    one, other = Process(tmp_path), Process(tmp_path)
    async with one.going_on(), other.going_on():
        await until(lambda: other.names == ["clock"])
        one.answer = OSError("no doctor")
        one.now = other.now = 61
        one.relay.want()
        await until(lambda: other.relay.body()["missed"])
        assert other.names == ["clock"]


async def test_who_comes_later_knows_how_old_a_word_is(tmp_path: Path) -> None:
    one, other = Process(tmp_path), Process(tmp_path)
    async with one.going_on():
        await until(lambda: (tmp_path / "meshvoice.db.relay").exists())
        ten_minutes_ago = time.time() - 600
        os.utime(tmp_path / "meshvoice.db.relay", (ten_minutes_ago, ten_minutes_ago))
        other.now = 1000.0
        async with other.going_on():
            await until(lambda: other.names == ["clock"])
        assert other.relay.body()["age"] in (599, 600, 601)


def test_what_is_written_is_for_the_servers_user_alone_and_read_once(tmp_path: Path) -> None:
    word = SharedWord(str(tmp_path / "meshvoice.db"))
    word.write(report())
    word.wish()
    modes = {path.suffix: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {".relay": 0o600, ".relay-lock": 0o600, ".relay-wish": 0o600}
    assert [word.wished(), word.wished()] == [True, False]
    first, second = word.read(), word.read()
    assert first is not None
    assert (first[0], second) == (report(), None)
    word.close()


def test_without_a_relay_nobody_is_asked(tmp_path: Path) -> None:
    class App:
        cleanup_ctx: list[Any] = []  # noqa: RUF012  # it stays empty

    setup(App(), settings(tmp_path / "meshvoice.db", turn=TurnSettings()))  # type: ignore[arg-type]
    assert App.cleanup_ctx == []
