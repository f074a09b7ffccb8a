"""CPU time by parts: what each costs without those that it calls."""

from __future__ import annotations

import functools
import inspect
import json
import logging
import signal
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from meshvoice.access import seat_tickets
from meshvoice.access.store import Store
from meshvoice.signaling.hub import Hub
from meshvoice.web import sessions, sockets
from meshvoice.web.arrivals import Arrivals
from meshvoice.web.cookies import CookieStorage
from meshvoice.web.door import Door
from meshvoice.web.outbox import Outbox
from meshvoice.web.reception import Reception

PARTS: dict[str, list[tuple[Any, str]]] = {
    "cookie": [(CookieStorage, "load_session")],
    "session": [(sessions, "_named_by_cookie")],
    "book": [(Store, "row"), (Store, "rows"), (Store, "run")],
    "gate": [(Door, "_ask")],
    "admission to the socket": [(sockets, "admit"), (Arrivals, "count")],
    "handshake": [(web.WebSocketResponse, "prepare")],
    "ticket": [(seat_tickets, "sign")],
    "credentials": [(Reception, "renewed"), (Reception, "_fresh")],
    "room: welcome, and telling the others": [(Hub, "join"), (Hub, "receive"), (Hub, "dropped")],
    "frames written": [(Outbox, "put"), (Outbox, "_close")],
    "log": [(logging.Logger, "handle")],
}


class Stopwatch:
    """Wraps the functions of `PARTS`; on SIGUSR1 writes the seconds of each, and begins anew."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._inner = [0.0]
        """Seconds in what was called by each that is running, the innermost last."""

    def start(self) -> None:
        for part, functions in PARTS.items():
            for owner, name in functions:
                setattr(owner, name, self._wrapped(part, getattr(owner, name)))
        signal.signal(signal.SIGUSR1, lambda *_: self._write())

    def _write(self) -> None:
        self._file.with_suffix(".new").write_text(json.dumps(self._spent))
        self._file.with_suffix(".new").rename(self._file)
        self._spent.clear()

    def _end(self, part: str, began: float) -> None:
        took = time.thread_time() - began
        self._spent[part] += took - self._inner.pop()
        self._inner[-1] += took

    def _wrapped(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def plain(*args: Any, **more: Any) -> Any:
            began = time.thread_time()
            self._inner.append(0.0)
            try:
                return function(*args, **more)
            finally:
                self._end(part, began)

        @functools.wraps(function)
        async def step_by_step(*args: Any, **more: Any) -> Any:
            return await _Steps(function(*args, **more), part, self)

        return step_by_step if inspect.iscoroutinefunction(function) else plain


class _Steps:
    """Runs a coroutine, and counts its own steps alone: others run while it waits."""

    def __init__(self, coroutine: Any, part: str, watch: Stopwatch) -> None:
        self._coroutine = coroutine
        self._part = part
        self._watch = watch

    def __await__(self) -> Any:
        steps, sent = self._coroutine.__await__(), None
        while True:
            began = time.thread_time()
            self._watch._inner.append(0.0)
            try:
                waits_for = steps.send(sent)
            except StopIteration as done:
                return done.value
            finally:
                self._watch._end(self._part, began)
            sent = yield waits_for
