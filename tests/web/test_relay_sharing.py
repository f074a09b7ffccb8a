"""Of several processes one looks at the relay, and the pages of all tell what it saw."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from meshvoice.settings import TurnSettings
from meshvoice.web.clocks import Clock
from meshvoice.web.keys import RELAY
from meshvoice.web.relay_sharing import SharedWord, setup, share
from meshvoice.web.relay_watch import EVERY_SECONDS, PATIENCE_SECONDS, RelayWatch
from tests.web.house import settings
from tests.web.test_relay_watch import report

TURN = TurnSettings(shared_secrets=("s" * 32,), hosts=("turn.example.org",))


class Process:
    """What one process knows of the relay, how often it asked, and what it is answered."""

    def __init__(self, folder: Path, turn: TurnSettings = TURN) -> None:
        self.now = 0.0
        self.relay = RelayWatch(Clock(time.time, lambda: self.now))
        self.asked = 0
        self.answer: bytes | OSError | None = report("clock")
        """None: never any."""
        self.patience = PATIENCE_SECONDS
        self._word = SharedWord(str(folder / "meshvoice.db"), turn)

    async def ask(self) -> bytes:
        """Look."""
        self.asked += 1
        if isinstance(self.answer, OSError):
            raise self.answer
        if self.answer is None:
            await asyncio.Event().wait()
            raise AssertionError
        return self.answer

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Run it."""
        sharing = share(self.relay, self.ask, self._word, first=0, glance=0.01, patience=self.patience)
        task = asyncio.create_task(sharing)
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


@pytest.mark.parametrize(
    "answer", [OSError("no doctor"), b"Traceback", b'{"findings": [], "missed": "\xff"}', None]
)
async def test_a_look_in_vain_is_told_to_all_and_what_was_known_stays(
    tmp_path: Path, answer: bytes | OSError | None
) -> None:
    one, other = Process(tmp_path), Process(tmp_path)
    one.patience = 0.1
    async with one.going_on(), other.going_on():
        await until(lambda: other.names == ["clock"])
        one.answer = answer
        one.now = other.now = 61
        one.relay.want()
        await until(lambda: other.relay.body()["missed"])
        assert other.names == ["clock"]
        # Nobody asks again at once whose wish the one who looks would refuse.
        await until(lambda: not other.relay.running)
        other.relay.want()
        assert not other.relay.running


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
    word = SharedWord(str(tmp_path / "meshvoice.db"), TURN)
    word.write(report())
    word.wish()
    modes = {path.suffix: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {".relay": 0o600, ".relay-lock": 0o600, ".relay-wish": 0o600}
    assert [word.wished(), word.wished()] == [True, False]
    first, second = word.read(), word.read()
    assert first is not None
    assert (first.report, second) == (report(), None)
    word.close()


async def test_a_word_of_the_one_before_is_told_and_the_page_waits_for_the_next(tmp_path: Path) -> None:
    before = SharedWord(str(tmp_path / "meshvoice.db"), TURN)
    before.write(report("clock"))
    before.close()
    a_minute_ago = time.time() - 60
    os.utime(tmp_path / "meshvoice.db.relay", (a_minute_ago, a_minute_ago))
    one, other = Process(tmp_path), Process(tmp_path)
    one.answer = None
    async with one.going_on(), other.going_on():
        await until(lambda: other.names == ["clock"])
        assert other.relay.running


@pytest.mark.parametrize("age", [EVERY_SECONDS + PATIENCE_SECONDS + 1, -PATIENCE_SECONDS - 1])
def test_a_word_of_another_day_is_not_told(tmp_path: Path, age: float) -> None:
    word = SharedWord(str(tmp_path / "meshvoice.db"), TURN)
    word.write(report("clock"))
    at = time.time() - age
    os.utime(tmp_path / "meshvoice.db.relay", (at, at))
    assert word.read() is None
    word.close()


def test_a_word_about_another_relay_is_not_told_and_no_secret_is_in_it(tmp_path: Path) -> None:
    other_relay = replace(TURN, hosts=("relay.example.org",))
    other_secret = replace(TURN, shared_secrets=("t" * 32,), password="of nobody")
    word, moved, rotated = (
        SharedWord(str(tmp_path / "meshvoice.db"), turn) for turn in (TURN, other_relay, other_secret)
    )
    word.write(report("clock"))
    assert moved.read() is None
    assert rotated.read() is not None
    for each in (word, moved, rotated):
        each.close()


def test_where_nothing_can_be_locked_each_looks_for_itself(tmp_path: Path) -> None:
    word = SharedWord(str(tmp_path / "meshvoice.db"), TURN)
    word.close()
    assert word.take()


def test_what_is_no_file_of_ours_holds_nobody_up_and_is_not_written_through(tmp_path: Path) -> None:
    word = SharedWord(str(tmp_path / "meshvoice.db"), TURN)
    os.mkfifo(tmp_path / "meshvoice.db.relay")
    assert word.read() is None
    (tmp_path / "else").write_text("of somebody")
    for name in ("meshvoice.db.relay.new", "meshvoice.db.relay-wish"):
        (tmp_path / name).symlink_to(tmp_path / "else")
    word.write(report())
    word.wish()
    assert (tmp_path / "else").read_text() == "of somebody"
    assert word.read() is not None
    word.close()


def test_what_can_not_be_written_is_said_once_and_leaves_nothing_behind(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    word = SharedWord(str(tmp_path / "meshvoice.db"), TURN)
    (tmp_path / "meshvoice.db.relay").mkdir()
    word.write(report())
    word.write(report())
    (warning,) = caplog.messages
    assert str(tmp_path / "meshvoice.db.relay") in warning
    assert {path.suffix for path in tmp_path.iterdir()} == {".relay", ".relay-lock"}
    (tmp_path / "meshvoice.db.relay").rmdir()
    word.write(report())
    assert word.read() is not None
    word.close()


@pytest.mark.parametrize("made", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("else")])
async def test_a_lock_that_can_not_be_had_keeps_no_server_from_its_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, made: Callable[[Path], None]
) -> None:
    made(tmp_path / "meshvoice.db.relay-lock")
    app = web.Application()
    app[RELAY] = RelayWatch(Clock(time.time, time.monotonic))
    setup(app, settings(tmp_path / "meshvoice.db", processes=2))
    runner = web.AppRunner(app)
    await runner.setup()
    await until(lambda: app[RELAY].watched)
    await runner.cleanup()
    (warning,) = caplog.messages
    assert str(tmp_path / "meshvoice.db.relay-lock") in warning


def test_without_a_relay_nobody_is_asked(tmp_path: Path) -> None:
    class App:
        cleanup_ctx: list[Any] = []  # noqa: RUF012  # it stays empty

    setup(App(), settings(tmp_path / "meshvoice.db", turn=TurnSettings()))  # type: ignore[arg-type]
    assert App.cleanup_ctx == []
