"""Counters and gauges for `GET /metrics`: numbers only, nobody's name or address."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from meshvoice.signaling.tally import Tally


class Metrics:
    """The process's metrics, in a registry of their own; what the hub counts is read from its tally."""

    def __init__(self, tally: Tally) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Counted(tally))
        self.ended = Counter(
            "meshvoice_ended_sockets", "Sockets that ended, by close code.", ["code"], registry=self.registry
        )

    def watch(self, name: str, what: str, read: Callable[[], float]) -> None:
        """Add a gauge that is read when asked for."""
        Gauge(name, what, registry=self.registry).set_function(read)

    def render(self) -> bytes:
        """Write everything in Prometheus' text format."""
        return generate_latest(self.registry)


class _Counted(Collector):
    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def collect(self) -> Iterator[CounterMetricFamily]:
        tally = self._tally
        yield _family("meshvoice_joins", "Seats taken, by how.", "how", tally.joins)
        yield _family("meshvoice_messages", "Frames taken from clients, by type.", "type", tally.taken)
        yield _family("meshvoice_refused_messages", "Frames refused, by code.", "code", tally.refused)


def _family(name: str, what: str, label: str, counts: Mapping[str, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, what, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family
