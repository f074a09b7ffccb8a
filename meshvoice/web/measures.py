"""Which numbers of the application stand in `/metrics`, under which names."""

from __future__ import annotations

import asyncio
import math

from aiohttp import web

from meshvoice.signaling import link_words
from meshvoice.signaling.client_messages import TYPES
from meshvoice.signaling.codes import GARBLED, CloseCode, ErrorCode
from meshvoice.signaling.tally import REASONS
from meshvoice.web import keys, resources, templates
from meshvoice.web.metrics import Metrics

_RETURNS = ("resumed", "kept", "seated", "late", "newcomer")
_TURNED_AWAY = (
    *("wrong-origin", "signed-out", "not-found", "too-many", "room-full", "removed", "sea-closed"),
    *("replaced", "unknown-host", "packed", "guest-book"),
    *("no-upgrade", "server-error"),
)


def setup(app: web.Application) -> None:
    """Name what is measured; after all that is."""
    app[keys.METRICS] = metrics = Metrics()
    release = {(templates.release(),): 1.0}
    metrics.gauges("meshvoice_build_info", "The release that runs.", ("version",), release.items)
    _rooms(app, metrics)
    _signaling(app, metrics)
    _links(app, metrics)
    _process(app, metrics)


def _rooms(app: web.Application, metrics: Metrics) -> None:
    switchboard = app[keys.SWITCHBOARD]
    registry = switchboard.hub.registry
    metrics.gauge("meshvoice_rooms", "Rooms with somebody in them.", lambda: len(registry))
    metrics.gauges(
        "meshvoice_peers",
        "People in voice: connected, or away while their seat is kept.",
        ("state",),
        lambda: [(("connected",), registry.connected), (("away",), registry.away)],
    )
    metrics.gauge("meshvoice_sockets", "Open WebSockets.", lambda: switchboard.sockets)
    metrics.gauge("meshvoice_held_arrivals", "Hellos that wait for their turn.", lambda: switchboard.held)


def _signaling(app: web.Application, metrics: Metrics) -> None:
    tally = app[keys.SWITCHBOARD].hub.tally
    metrics.counters(
        "meshvoice_messages", "Frames taken from clients, by type.", "type", tally.taken, known=TYPES
    )
    metrics.counters(
        "meshvoice_refused_messages", "Frames refused, by code.", "code", tally.refused, known=ErrorCode
    )
    metrics.counters("meshvoice_joins", "Seats taken, by how.", "how", tally.joins, known=("new", "ticket"))
    metrics.counters(
        "meshvoice_returns", "Hellos with a ticket, by outcome.", "outcome", tally.returns, known=_RETURNS
    )
    metrics.counters(
        "meshvoice_refused_joins",
        "Joins refused, by reason.",
        "reason",
        tally.turned_away,
        known=_TURNED_AWAY,
    )
    codes = [str(code) for code in sorted({*GARBLED, *map(int, CloseCode)})]
    metrics.counters(
        "meshvoice_ended_sockets", "Sockets that ended, by close code.", "code", tally.ended, known=codes
    )
    slow = str(CloseCode.TOO_SLOW.value)
    metrics.counter(
        "meshvoice_outbox_overflows",
        "Sockets cut because too much waited for them.",
        lambda: tally.ended[slow],
    )
    metrics.counters(
        "meshvoice_refused_connections",
        "Connections refused unread, by what has as many as it may: one address, or all together.",
        "full",
        app[keys.THROTTLES].refused_connections,
        known=("address", "all"),
    )
    outgoing = app[keys.OUTGOING]
    metrics.gauge(
        "meshvoice_outbox_bytes",
        "What waits for those who read slowly: in the outboxes with more than 64 KiB.",
        lambda: outgoing.bytes,
    )


def _links(app: web.Application, metrics: Metrics) -> None:
    hub = app[keys.SWITCHBOARD].hub
    metrics.gauges(
        "meshvoice_pairs",
        "Pairs of people in one room, by path and state, as their browsers tell.",
        ("path", "state"),
        lambda: link_words.pairs(hub.registry).items(),
    )
    metrics.counters(
        "meshvoice_repairs",
        "Links begun anew, by reason, as browsers tell.",
        "reason",
        hub.tally.repairs,
        known=(*REASONS, "other"),
    )
    metrics.histogram(
        "meshvoice_first_audio_seconds",
        "From the beginning of a link to the first that is heard on it, as browsers tell.",
        hub.tally.first_audio,
    )


def _process(app: web.Application, metrics: Metrics) -> None:
    book, pulse, health, relay = app[keys.BOOK], app[keys.PULSE], app[keys.HEALTH], app[keys.RELAY]
    metrics.histogram(
        "meshvoice_loop_lag_seconds",
        "How late the loop is for what it has to do, five times a second.",
        pulse.lag,
    )
    metrics.histogram(
        "meshvoice_book_write_seconds", "How long a change of the guest book took.", book.written
    )
    metrics.gauges(
        "meshvoice_trouble",
        "Whether a check of /healthz finds something, by its name.",
        ("check",),
        lambda: [((name,), said is not None) for name, said in health.said().items()],
    )
    metrics.gauge(
        "meshvoice_relay_word_age_seconds",
        "Since the relay was last examined from here; NaN: it never was.",
        lambda: math.nan if relay.age is None else relay.age,
    )
    metrics.gauge(
        "meshvoice_tasks",
        "What the loop has under way, mostly connections.",
        lambda: len(asyncio.all_tasks()),
    )
    metrics.counter("process_cpu_seconds", "CPU time of this process.", resources.cpu_seconds)
    metrics.gauge("process_resident_memory_bytes", "Its resident memory.", resources.resident_bytes)
    metrics.gauge("process_open_fds", "Its open files and sockets.", resources.open_descriptors)
    metrics.gauge("process_max_fds", "How many it may have.", resources.most_descriptors)
