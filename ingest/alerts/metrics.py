"""What Prometheus is told of alerts: how many of what, how many jobs, what the channels say.

Enters: the board's books as they are when asked. Leaves: metrics. Never: a label from outside but a channel's name.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ingest.alerts.model import Alert
from ingest.alerts.work import Job


class AlertCollector(Collector):
    """Asked at each scrape."""

    def __init__(
        self,
        alerts: Callable[[], Iterable[Alert]],
        jobs: Callable[[], Iterable[Job]],
        failing: Callable[[], Mapping[str, str]],
        unreadable: Callable[[], int],
    ) -> None:
        """`failing`: channels whose last message did not get through, and why; `unreadable`: messages left unsent."""
        self._alerts = alerts
        self._jobs = jobs
        self._failing = failing
        self._unreadable = unreadable

    def collect(self) -> Iterator[Metric]:
        """All of it."""
        alerts = GaugeMetricFamily("yizhan_alerts", "Alerts that are held", labels=("state", "severity"))
        for (state, severity), count in sorted(Counter((one.state, one.severity) for one in self._alerts()).items()):
            alerts.add_metric([state, severity], count)
        yield alerts
        jobs = GaugeMetricFamily("yizhan_jobs", "Jobs that are open or may open again", labels=("state", "severity"))
        for (step, severity), count in sorted(Counter((one.state, one.severity) for one in self._jobs()).items()):
            jobs.add_metric([step, severity], count)
        yield jobs
        failing = GaugeMetricFamily(
            "yizhan_channel_failing", "1: the last message to this channel did not get through", labels=("channel",)
        )
        for channel in sorted(self._failing()):
            failing.add_metric([channel], 1)
        yield failing
        yield GaugeMetricFamily(
            "yizhan_messages_unreadable",
            "Waiting messages that this version cannot read and does not send",
            self._unreadable(),
        )
