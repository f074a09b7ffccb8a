"""The log: one line an event, plain or as JSON, and nothing in it that breaks out of its line."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

OURS = "meshvoice"
_SAID = 300
"""Characters of a library's words, of an error's among them: it may quote whatever it choked on."""
# With a port behind it, or the colon of a sentence.
_ADDRESS = re.compile(
    r"\b\d{1,3}(?:\.\d{1,3}){3}\b"
    r"|(?<![\w:.\]])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\.\d{1,3}){0,3}(?::\d{1,5})?(?!\w|:\w)"
)
log = logging.getLogger(OURS)


def facts(**known: str | int | None) -> dict[str, dict[str, str | int | None]]:
    """Give the `extra` of a record whose JSON line has these as keys of their own."""
    return {"facts": known}


def setup(form: str) -> None:
    """Send everything to stderr: what libraries, warnings and the end of a broken process say, too."""
    handler = logging.StreamHandler()
    handler.setFormatter(Json() if form == "json" else Plain())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(True)
    # A line that can't be written is lost, and no page of text stands in its place.
    logging.raiseExceptions = False
    sys.excepthook = _broke
    threading.excepthook = _thread_broke
    sys.unraisablehook = lambda end: _unheard(end.exc_value, end.object)


def _broke(kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
    log.critical("the server broke", exc_info=(kind, problem, trace))


def _thread_broke(end: threading.ExceptHookArgs) -> None:
    if end.exc_type is not SystemExit:
        _unheard(end.exc_value, end.thread)


def _unheard(problem: BaseException | None, where: object) -> None:
    # Its kind alone: the repr of anything may hold whatever it was made of.
    log.error("nobody waited for what broke in a %s", type(where).__name__, exc_info=problem)


class Plain(logging.Formatter):
    """`2026-11-26 07:36:11.250 INFO meshvoice: what happened`."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        at = _at(record).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        trace = _trace(record)
        said = _said(record) + (f": {trace}" if trace else "")
        return _on_one_line(f"{at} {record.levelname} {record.name}: {said}")


class Json(logging.Formatter):
    """An object: `time`, `level`, `logger`, `message`, the record's facts; `error` where there was one."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        known: Mapping[str, Any] = getattr(record, "facts", {})
        line: dict[str, Any] = {
            "time": _at(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _said(record),
            **known,
        }
        trace = _trace(record)
        if trace:
            line["error"] = trace
        # In ASCII: what is no printable character is written as its number.
        return json.dumps(line)


def _at(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _said(record: logging.LogRecord) -> str:
    said = record.getMessage()
    # A library's line may hold the repr of a socket, or all of a header.
    ours = record.name == OURS or record.name.startswith(f"{OURS}.")
    return said if ours else _discreet(said)


def _discreet(said: str) -> str:
    return _ADDRESS.sub("(address)", said)[:_SAID]


def _trace(record: logging.LogRecord) -> str:
    """Tell an error and what led to it: its kind, its words, and where, from the innermost on."""
    problem = record.exc_info[1] if record.exc_info else None
    told = []
    while problem is not None:
        said = _discreet(str(problem))
        frames = reversed(traceback.extract_tb(problem.__traceback__))
        places = " < ".join(f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in frames)
        told.append(f"{type(problem).__name__}: {said} ({places})")
        problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
    return ", because of ".join(told)


def _on_one_line(text: str) -> str:
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
