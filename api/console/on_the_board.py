"""What the board holds of a job, as pages show it.

Enters: the board, ids of alerts. Leaves: alerts. Never: a walk over all alerts: in a storm there are tens of thousands.
"""

from collections.abc import Iterable

from ingest.alerts.board import AlertBoard
from ingest.alerts.model import Alert


def worst_first(board: AlertBoard, alert_ids: Iterable[str]) -> list[Alert]:
    """Those of them that are held, in the order in which somebody wants to read them."""
    views = [board.view(alert_id) for alert_id in alert_ids]
    alerts = [view.alert for view in views if view is not None]
    return sorted(alerts, key=lambda alert: (-alert.severity.rank, alert.since_ms, alert.id))
