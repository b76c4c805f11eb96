"""What goes wrong with the controller and its line: cuts, power, counters, the clock.

Enters: a site. Leaves: a site offline, restarted, in a new epoch, or with a wrong clock. Never: loses what is in flash.
"""

from random import Random
from typing import Final

from firmware_sim.local_time import DAY_MS, MINUTE_MS
from firmware_sim.site import Site

_SLIGHT_MS: Final = 3 * MINUTE_MS
"""A clock this wrong is still believed: the protocol refuses from 5 minutes in the future on."""


class Cut:
    """The network is gone; readings go to the ring."""

    def begin(self, site: Site, _now_ms: int, _rng: Random) -> None:
        """Down."""
        site.cuts += 1
        site.station.tally["cuts"] += 1

    def end(self, site: Site, _now_ms: int) -> None:
        """Up."""
        site.cuts -= 1


class Reboot:
    """The power fails; the door counts on by itself, the station starts anew with the next boot number."""

    def begin(self, site: Site, _now_ms: int, _rng: Random) -> None:
        """Off."""
        site.power_losses += 1

    def end(self, site: Site, now_ms: int) -> None:
        """On."""
        site.power_losses -= 1
        if site.has_power:
            site.station.reboot(now_ms)


class NewEpoch:
    """The door's sensor is replaced: its counter starts again from zero."""

    kind = "occupancy"

    def begin(self, site: Site, _now_ms: int, _rng: Random) -> None:
        """Replace it."""
        site.station.begin_epoch(self.kind)

    def end(self, _site: Site, _now_ms: int) -> None:
        """Nothing to mend: the new sensor stays."""


class NewSwapEpoch(NewEpoch):
    """The cabinet's main board is replaced."""

    kind = "battery"


class SlightlyWrongClock:
    """The clock is up to three minutes off, either way: wrong, and not wrong enough to be refused."""

    def begin(self, site: Site, _now_ms: int, rng: Random) -> None:
        """Drift."""
        site.station.clock_error_ms = rng.randint(-_SLIGHT_MS, _SLIGHT_MS)

    def end(self, site: Site, _now_ms: int) -> None:
        """Set right by the time server."""
        site.station.clock_error_ms = 0


class WrongClock:
    """The clock's battery is empty: back to 1970, or, with a bad date, years ahead. Every reading is refused."""

    def begin(self, site: Site, now_ms: int, rng: Random) -> None:
        """Lose the time."""
        site.station.clock_error_ms = rng.choice((-now_ms, rng.randint(400, 4_000) * DAY_MS))

    def end(self, site: Site, _now_ms: int) -> None:
        """Set right by the time server."""
        site.station.clock_error_ms = 0


class Death:
    """The station is gone and never heard again, unless the schedule gives it an end."""

    def begin(self, site: Site, _now_ms: int, _rng: Random) -> None:
        """Die."""
        site.is_dead = True

    def end(self, site: Site, now_ms: int) -> None:
        """Rise again, with the next boot number."""
        site.is_dead = False
        if site.has_power:
            site.station.reboot(now_ms)
