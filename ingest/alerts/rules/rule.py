"""The nouns of rules: what a rule is about, which side of a threshold is bad, what a station's rules are.

Enters: settings of rules. Leaves: frozen types, and findings from a value and its thresholds.
Never: knows one rule from another.
"""

import math
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from gateway.topics import Kind
from ingest.alerts.model import GOOD, Finding, RuleSetting

Known = Mapping[tuple[str, str], str | None]
"""What earlier looks left open: by (rule, part) of an alert that is pending or not resolved, or of a memory that is to
be given again, that memory. What stands here gets a finding, also when it is good, and when it is no longer in the
reading; of what does not stand here a look may leave out what is good."""

DAYS_MAX: Final = 36_500.0
"""Beyond a century no lot is dated; further, a date could not be made."""

NOTHING_KNOWN: Final[Known] = MappingProxyType({})


class Subject(StrEnum):
    """What a rule is about: what a crew can say that it repairs, and the two places above a station."""

    __hash__ = str.__hash__

    BATTERY = "battery"
    MEDICINE = "medicine"
    OCCUPANCY = "occupancy"
    EXCHANGE = "exchange"
    STATION = "station"
    REGION = "region"
    PLATFORM = "platform"


class Bad(StrEnum):
    """Which values are bad, seen from a threshold."""

    __hash__ = str.__hash__

    AT_LEAST = "≥"
    ABOVE = ">"
    AT_MOST = "≤"
    BELOW = "<"
    IS_SO = "="
    """The rule is about no number: its levels are told apart by what is so."""

    @property
    def is_upward(self) -> bool:
        """Whether larger is worse."""
        return self in {Bad.AT_LEAST, Bad.ABOVE}


class Rule(NamedTuple):
    """One rule as it stands in the catalogue."""

    code: str
    subject: Subject
    kind: Kind | None
    """The kind of reading that it looks at; None: at what is known of the station, in a sweep."""
    bad: Bad
    unit: str
    """Of `Finding.value`, in English; empty where it is no number. `instant`: ms since the Unix epoch, UTC."""
    unit_zh: str
    """The same in Chinese."""
    part: str
    """What `AlertKey.part` looks like; empty: the place as a whole."""
    zh: str
    en: str
    setting: RuleSetting
    means: str
    """When exactly it is reached and when it is good, beyond the thresholds."""
    why: str
    """Why each threshold is what it is: what goes wrong if it is larger, and if it is smaller."""
    source: str
    """Where the thresholds come from."""
    extra: Mapping[str, str] = MappingProxyType({})
    """What each number of `RuleSetting.extra` means, by its name."""
    at_unit: str = ""
    """Of thresholds and `clear_by`, where it is not that of the value: `× capacity`, say, where the value is people."""

    @property
    def threshold_unit(self) -> str:
        """Of thresholds and `clear_by`."""
        return self.at_unit or self.unit


class Limits(NamedTuple):
    """The values up to which, and from which on, no level of a rule is reached or held."""

    least: float
    most: float


class StationRules:
    """All rules as they are set for a station; one object for all stations that are set alike."""

    __slots__ = (
        "_by_code",
        "_soon",
        "box_least_c",
        "box_most_c",
        "cabinet_least_c",
        "cabinet_most_c",
        "cell_least_c",
        "cell_most_c",
        "clock_most_s",
        "connects_most",
        "drift_most",
        "drift_people",
        "expiry_days",
        "full_share",
        "ready_least",
        "stock_factor",
        "unvisited_most_h",
    )

    def __init__(self, by_code: Mapping[str, tuple[Bad, RuleSetting]]) -> None:
        self._by_code = {code: rule for code, rule in by_code.items() if rule[1].enabled}
        # What the quiet tests compare with stands open, because they run for every reading.
        rising = self._by_code.get("cell_rising")
        rising_from_c = rising[1].extra["above_c"] if rising else math.inf
        self.cell_most_c = min(self.limits("cell_hot").most, rising_from_c)
        self.cell_least_c = self.limits("cell_cold").least
        self.cabinet_most_c = self.limits("cabinet_hot").most
        self.cabinet_least_c = self.limits("cabinet_cold").least
        self.ready_least = self.limits("ready_low").least
        self.stock_factor = self.limits("stock_low").least
        self.expiry_days = self.limits("expiry").least
        self._soon = (date.min, date.min)
        self.box_most_c = self.limits("box_hot").most
        self.box_least_c = self.limits("box_cold").least
        self.full_share = self.limits("full").most
        self.clock_most_s = self.limits("clock_off").most
        self.connects_most = self.limits("flapping").most
        self.unvisited_most_h = self.limits("no_visit").most
        self.drift_most = self.limits("drift").most
        drift = self._by_code.get("drift")
        self.drift_people = drift[1].extra["people"] if drift else math.inf

    def soon(self, today: date) -> date:
        """The last day that is too near for a lot to be good and clear, if there is any; never before today."""
        known_today, soon = self._soon
        if known_today != today:
            days = math.ceil(min(max(self.expiry_days, 0.0), DAYS_MAX))
            soon = today + timedelta(days=days)
            self._soon = (today, soon)
        return soon

    def get(self, code: str) -> RuleSetting | None:
        """How a rule is set; None while it is switched off."""
        rule = self._by_code.get(code)
        return rule[1] if rule else None

    def limits(self, code: str) -> Limits:
        """Strictly between them a value is good and clear; without bounds for a rule that is off or about no number."""
        bad, setting = self._by_code.get(code, (Bad.IS_SO, None))
        thresholds = [level.at for level in setting.levels if level.at is not None] if setting else []
        if setting is None or not thresholds:
            return Limits(-math.inf, math.inf)
        if bad.is_upward:
            return Limits(-math.inf, min(thresholds) - setting.clear_by)
        return Limits(max(thresholds) + setting.clear_by, math.inf)

    def measure(self, code: str, part: str, value: float | None, memory: str | None = None) -> Finding | None:
        """What a rule says of a number: None for a rule that is off; unknown for a number that is missing."""
        rule = self._by_code.get(code)
        if rule is None:
            return None
        if value is None:
            return Finding(code, part, None, None, None, memory)
        bad, setting = rule
        return Finding(code, part, *levels_of(value, bad, setting), value, memory)

    def tell(self, code: str, part: str, level: int | None, value: float | str | None = None) -> Finding | None:
        """What a rule about no number says: the level that is so, `GOOD`, or None for unknown."""
        return Finding(code, part, level, level, value) if code in self._by_code else None


def levels_of(value: float, bad: Bad, setting: RuleSetting) -> tuple[int, int]:
    """The highest level that is reached, and the highest that is not clear yet."""
    reached = held = GOOD
    for index, level in enumerate(setting.levels):
        if level.at is None:
            continue
        if is_beyond(value, level.at, bad):
            reached = index
        clear_at = level.at - setting.clear_by if bad.is_upward else level.at + setting.clear_by
        if value > clear_at if bad.is_upward else value < clear_at:
            held = index
    return reached, max(reached, held)


def is_beyond(value: float, at: float, bad: Bad) -> bool:
    """Whether a value is on the bad side of a threshold."""
    match bad:
        case Bad.AT_LEAST:
            return value >= at
        case Bad.ABOVE:
            return value > at
        case Bad.AT_MOST:
            return value <= at
        case Bad.BELOW:
            return value < at
        case Bad.IS_SO:
            return False
