"""What to take along to a job: medicine up to par, batteries, parts.

Enters: a job's alerts, the medicine catalogue. Leaves: `Bring`s. Never: what a rule thinks of a value, or a number that
nobody can know.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ingest.alerts.model import Alert, AlertState
from ingest.alerts.records import Bring
from ingest.alerts.work import Job
from ingest.model import Article

IN_PIECES: Final = "stock_low"
"""The rule whose value is how many pieces are left."""
OF_ITEMS: Final = (IN_PIECES, "expiry", "stock_out_soon")
OF_SLOTS: Final = ("cell_hot", "cell_rising", "slot_fault")
"""Rules after which the battery of the slot is exchanged."""
PARTS: Final = {
    "battery_out_soon": "batteries",
    "box_cold": "thermometer",
    "box_door": "lock",
    "box_hot": "thermometer",
    "cabinet_hot": "fan",
    "clock_off": "gateway",
    "dark": "gateway",
    "drift": "counter",
    "flapping": "gateway",
    "holes": "gateway",
    "mains_lost": "tester",
    "meter_back": "counter",
    "never_seen": "gateway",
    "no_visit": "counter",
    "ready_low": "batteries",
    "slot_door": "lock",
    "smoke": "extinguisher",
    "suppress": "extinguisher",
}
"""By rule the part that most often ends it. `gateway` is the box that talks to us; `tester` is for voltage; `batteries`
are charged ones, for a cabinet that runs out."""


def bring(job: Job, alerts: Iterable[Alert], catalogue: Iterable[Article]) -> Sequence[Bring]:
    """Each thing once: first what is worn for the worst alert. `alerts` may hold others than the job's.

    Of an article, `pieces` is what fills it up to par if the rule tells how many are left, and None otherwise.
    """
    mine = [alert for alert in alerts if alert.id in job.alerts and alert.state is not AlertState.RESOLVED]
    par = {article.sku: article.par for article in catalogue}
    found: dict[tuple[str, str], Bring] = {}
    for alert in sorted(mine, key=lambda alert: (-alert.severity.rank, alert.key.part, alert.id)):
        one = _for(alert, par)
        if one is None:
            continue
        known = found.get((one.what, one.name))
        if known is None or known.pieces is None:
            found[one.what, one.name] = one
    return tuple(found.values())


def _for(alert: Alert, par: dict[str, int]) -> Bring | None:
    rule, part = alert.key.rule, alert.key.part
    within = part.partition("/")[2]
    if rule in OF_ITEMS:
        left = alert.value if rule == IN_PIECES and isinstance(alert.value, float | int) else None
        pieces = None if left is None or within not in par else max(0, par[within] - int(left))
        return Bring("article", within, pieces)
    if rule in OF_SLOTS:
        return Bring("battery", within, 1)
    what = PARTS.get(rule)
    return None if what is None else Bring(what, within)
