"""What `GET /metrics` tells: numbers kept elsewhere, read when asked for; nobody's name or address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from meshvoice.histogram import Histogram


class Metrics:
    """The process's metrics, each as a way to read it, so that counting costs nothing."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._read: list[Callable[[], Metric]] = []
        self._registry.register(_All(self._read))

    def gauge(self, name: str, what: str, read: Callable[[], float]) -> None:
        """Add a number that goes up and down."""
        self._read.append(lambda: GaugeMetricFamily(name, what, value=read()))

    def gauges(
        self,
        name: str,
        what: str,
        labels: tuple[str, ...],
        read: Callable[[], Iterable[tuple[tuple[str, ...], float]]],
    ) -> None:
        """Add several of a kind, by their labels' values."""

        def family() -> Metric:
            made = GaugeMetricFamily(name, what, labels=labels)
            for values, number in read():
                made.add_metric(values, number)
            return made

        self._read.append(family)

    def counter(self, name: str, what: str, read: Callable[[], float]) -> None:
        """Add a number that only grows; `_total` is added to its name."""
        self._read.append(lambda: CounterMetricFamily(name, what, value=read()))

    def counters(
        self, name: str, what: str, label: str, counts: Mapping[str, int], *, known: Iterable[str] = ()
    ) -> None:
        """Add several of a kind, by a label; those that are `known` are 0 until they are counted."""
        zeros = dict.fromkeys(known, 0)

        def family() -> Metric:
            made = CounterMetricFamily(name, what, labels=[label])
            for value, count in {**zeros, **counts}.items():
                made.add_metric([value], count)
            return made

        self._read.append(family)

    def histogram(self, name: str, what: str, values: Histogram) -> None:
        """Add how often a value was how large."""
        self._read.append(
            lambda: HistogramMetricFamily(name, what, buckets=values.buckets(), sum_value=values.sum)
        )

    def render(self) -> bytes:
        """Write everything in Prometheus' text format."""
        return generate_latest(self._registry)


class _All(Collector):
    def __init__(self, read: list[Callable[[], Metric]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        for each in self._read:
            yield each()
