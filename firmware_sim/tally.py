"""What a run did, in numbers.

Enters: the counters of stations and connections. Leaves: one JSON object. Never: counts anything itself.
"""

from collections import Counter
from collections.abc import Iterable

from firmware_sim.connection import Traffic
from firmware_sim.station import Station
from firmware_sim.wire import KINDS

_COUNTED = (
    "backlog_messages",
    "backlog_readings",
    "resent",
    "duplicates",
    "reordered",
    "lost",
    "confirmed",
    "receipts",
    "refused",
    "reboots",
    "epochs",
    "cuts",
    "replies",
    "unreadable",
)


def summary(stations: Iterable[Station], traffic: Traffic) -> dict[str, object]:
    """Totals over a fleet; `left_in_ring` is what was sampled and is not known to be stored."""
    total: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    count = overwritten = left = 0
    for station in stations:
        count += 1
        total.update(station.tally)
        refusals.update(station.refusals)
        overwritten += station.ring.overwritten
        left += len(station.ring)
    return {
        "stations": count,
        "sampled": {kind: total[f"sampled.{kind}"] for kind in KINDS},
        "sent": {kind: total[f"sent.{kind}"] for kind in KINDS},
        **{name: total[name] for name in _COUNTED},
        "refusals": dict(refusals),
        "overwritten": overwritten,
        "left_in_ring": left,
        "acknowledged": traffic.acknowledged,
        "connects": traffic.connects,
    }


def notes(station: Station) -> dict[str, int]:
    """What one station's truth file adds: readings that the platform cannot have, or need not have yet."""
    return {
        "overwritten": station.ring.overwritten,
        "refused": station.tally["refused"],
        "left_in_ring": len(station.ring),
    }
