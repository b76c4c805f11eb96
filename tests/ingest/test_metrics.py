"""What Prometheus scrapes: each figure of the accounts, under a type that fits how it moves."""

from prometheus_client import CollectorRegistry, generate_latest

from gateway.session import Link
from ingest.metrics import IngestCollector
from ingest.model import Kind
from tests.ingest.world import make_books


def scraped(registry: CollectorRegistry) -> list[str]:
    """Lines of /metrics."""
    return generate_latest(registry).decode().splitlines()


def test_spool_that_drains_is_a_gauge_that_falls() -> None:
    """A counter that falls would look like a restart to Prometheus, and every drain like new readings."""
    books = make_books()
    registry = CollectorRegistry()
    registry.register(IngestCollector(books, Link()))
    books.accounting.recover(5)
    assert "yizhan_spooled 5.0" in scraped(registry)
    books.accounting.spooled -= 3
    books.accounting.stored[Kind.OCCUPANCY] += 3
    lines = scraped(registry)
    assert "# TYPE yizhan_spooled gauge" in lines
    assert "yizhan_spooled 2.0" in lines
    assert 'yizhan_stored_total{kind="occupancy"} 3.0' in lines
    assert "yizhan_accounting_balance 0.0" in lines
