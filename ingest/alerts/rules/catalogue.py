"""All rules by code: what they are about, how they are set, why, and from where; docs/alerts.md's table is made of it.

Enters: the rules of each subject. Leaves: `RULES`. Never: reads a value.
"""

from typing import Final

from ingest.alerts.rules.defaults import battery, medicine, occupancy, station
from ingest.alerts.rules.rule import Rule, StationRules

RULES: Final[dict[str, Rule]] = {
    rule.code: rule for rules in (battery.RULES, medicine.RULES, occupancy.RULES, station.RULES) for rule in rules
}

DEFAULT_RULES: Final = StationRules({code: (rule.bad, rule.setting) for code, rule in RULES.items()})
"""As the platform ships; what a station without settings has."""
