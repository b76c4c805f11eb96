"""The platform's figures for Prometheus, read off the books when somebody scrapes.

Enters: the books and the link to the broker. Leaves: metric families. Never: costs a reading anything.
"""

from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.session import Link
from ingest.model import Kind
from ingest.steps import Books

# What docs/operations.md explains, and nothing else.
_SINGLE = (
    ("received", "Readings received; a backlog of 500 is 500."),
    ("births", "Births of stations taken."),
    ("wills", "Last wills taken: stations that were cut off."),
    ("late_wills", "Wills of an older start, ignored."),
    ("receipts", "Receipts sent to stations."),
    ("acks_dropped", "Acknowledgements of a connection that was gone; the broker sends those messages again."),
)


class IngestCollector(Collector):
    """Register it with a `CollectorRegistry`."""

    def __init__(self, books: Books, link: Link) -> None:
        self._books = books
        self._link = link

    def collect(self) -> Iterator[Metric]:
        """All families."""
        accounting = self._books.accounting
        for name, text in _SINGLE:
            yield CounterMetricFamily(f"yizhan_{name}", text, getattr(accounting, name))
        yield _labelled("stored", "Readings made durable in the store.", "kind", accounting.stored)
        yield _labelled("duplicate", "Readings that were known already.", "kind", accounting.duplicate)
        yield _labelled("refused", "Messages kept as dead letters.", "reason", accounting.refused)
        yield GaugeMetricFamily(
            "yizhan_spooled", "Readings that wait in the spool until the store is back.", accounting.spooled
        )
        yield GaugeMetricFamily("yizhan_in_flight", "Readings received and not yet durable.", accounting.in_flight)
        yield GaugeMetricFamily(
            "yizhan_accounting_balance",
            "received - stored - spooled - duplicate - refused - in flight. Anything but 0 is a fault of ours.",
            accounting.balance,
        )
        yield GaugeMetricFamily("yizhan_stations_heard", "Stations ever heard.", len(self._books.picture.stations))
        yield GaugeMetricFamily(
            "yizhan_stations_unregistered", "Of those, not in the registry.", len(self._books.picture.strangers)
        )
        yield GaugeMetricFamily("yizhan_broker_up", "1 while connected and subscribed.", float(self._link.is_up))
        yield CounterMetricFamily("yizhan_broker_connects", "Connections to the broker.", self._link.connects)


def _labelled(name: str, text: str, label: str, counts: Mapping[Kind, int] | Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(f"yizhan_{name}", text, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([str(value)], count)
    return family
