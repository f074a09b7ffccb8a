"""Tasks that begin at once, as aiohttp has them from Python 3.12 on: in a test on an older one, too."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any


@types.coroutine
def _go_on(coro: Coroutine[Any, Any, Any], waits_for: Any) -> Generator[Any, Any, Any]:
    try:
        while True:
            try:
                sent = yield waits_for
            except BaseException as thrown:
                waits_for = coro.throw(thrown)
            else:
                waits_for = coro.send(sent)
    except StopIteration as done:
        return done.value


def eager_task(loop: asyncio.AbstractEventLoop, coro: Any, **how: Any) -> asyncio.Future[Any]:
    """Make a task that has run to its first wait already; where it never waits, one that is done."""
    try:
        waits_for = coro.send(None)
    except StopIteration as done:
        over = loop.create_future()
        over.set_result(done.value)
        return over
    return asyncio.Task(_go_on(coro, waits_for), loop=loop, **how)
