"""What the rules need to know of a station beyond its newest readings, and from where it can be had.

Enters: nothing. Leaves: `StationFacts`. Never: a figure that costs more than a look at what is held anyway.
"""

from typing import NamedTuple

from ingest.model import Access, Presence


class StationFacts(NamedTuple):
    """One station at one instant; made by `StationWatch` in the sweep and when its presence changes, for no reading."""

    now_ms: int
    presence: Presence
    """`LiveStation.presence`, or never seen where the picture has no such station."""
    silent_since_ms: int | None = None
    """`LiveStation.dark_since_ms`; None while it is heard."""
    is_smart: bool = True
    """`Station.smart`."""
    has_cabinet: bool = False
    """`LiveStation.battery` is there, or `battery_swap` is among `Station.services`."""
    has_counter: bool = True
    """`LiveStation.occupancy` is there."""
    access: Access = Access.BUSINESS
    """`Station.access`."""
    clock_off_ms: int | None = None
    """`recent.clock_off_ms` of the `LiveStation`; None: nothing recent."""
    clock_refused: int = 0
    """Readings refused in the last hour for `clock_future` or `clock_past`: growth of `StationQuality.refused`."""
    numbered: int = 0
    """Readings that the station numbered in the last hour: `Losses.note`."""
    missing: int = 0
    """Of those, how many have not come: `Losses.note`."""
    connects: int = 0
    """Births of the last 30 minutes that were not retained."""
    meter_went_back: int = 0
    """In the last hour: growth of `StationQuality.meter_went_back`."""
    last_visit_ms: int | None = None
    """`LastVisits.note`; None: not known yet."""
