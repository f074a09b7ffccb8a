"""Counters and gauges for `GET /metrics`: numbers only, nobody's name or address."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from meshvoice.signaling.errors import SignalingError


class Metrics:
    """The process's metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.joins = Counter("meshvoice_joins", "Seats taken, by how.", ["how"], registry=self.registry)
        self.messages = Counter("meshvoice_messages", "Frames taken from clients.", registry=self.registry)
        self._refused = Counter(
            "meshvoice_refused_messages",
            "Frames refused before the hello, by code.",
            ["code"],
            registry=self.registry,
        )

        self.ended = Counter(
            "meshvoice_ended_sockets", "Sockets that ended, by close code.", ["code"], registry=self.registry
        )

    def refused(self, problem: SignalingError) -> None:
        """Count a refused frame."""
        self._refused.labels(problem.code).inc()

    def watch(self, name: str, what: str, read: Callable[[], float]) -> None:
        """Add a gauge that is read when asked for."""
        Gauge(name, what, registry=self.registry).set_function(read)

    def render(self) -> bytes:
        """Write everything in Prometheus' text format."""
        return generate_latest(self.registry)
