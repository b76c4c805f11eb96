"""How warm it is in Beijing, roughly: enough for batteries and medicine to have a day and a year.

Enters: an instant. Leaves: °C. Never: chance; the same instant is as warm everywhere.
"""

from math import cos, tau
from typing import Final

from firmware_sim.local_time import DAY_MS

_YEAR_MS: Final = 365.2425 * DAY_MS
_MEAN_C: Final = 13.0
_YEAR_SWING_C: Final = 15.0
_DAY_SWING_C: Final = 5.0
_WARMEST_OF_YEAR: Final = 0.55
"""20 July, as a share of the year that begins on 1 January 1970."""
_WARMEST_OF_DAY: Final = 7 / 24
"""15:00 local is 07:00 UTC."""
_HEATED_TO_C: Final = 18.0
_COOLED_TO_C: Final = 28.0


def outdoor_c(now_ms: int) -> float:
    """The air in the street."""
    year = _YEAR_SWING_C * cos(tau * (now_ms / _YEAR_MS - _WARMEST_OF_YEAR))
    day = _DAY_SWING_C * cos(tau * (now_ms / DAY_MS - _WARMEST_OF_DAY))
    return _MEAN_C + year + day


def indoor_c(now_ms: int) -> float:
    """The air in a station that is heated in winter and cooled in summer."""
    return min(_COOLED_TO_C, max(_HEATED_TO_C, outdoor_c(now_ms)))
