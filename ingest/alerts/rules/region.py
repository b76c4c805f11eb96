"""The rule about a region: which share of its stations went dark together.

Enters: how many stations of it were ever heard, are dark, and went dark together. Leaves: a finding.
Never: counts them.
"""

from ingest.alerts.model import GOOD, Finding, RuleSetting
from ingest.alerts.rules.rule import Bad, levels_of


def look(heard: int, dark: int, together: int, setting: RuleSetting) -> Finding:
    """What `region_dark` says: reached by those that went dark together, held by all that are dark; in per cent.

    Of a region with fewer stations than `stations` of the setting it says that all is good: two of two are no district.
    """
    if heard < setting.extra["stations"]:
        return Finding("region_dark", "", GOOD, GOOD)
    reached, _ = levels_of(together / heard, Bad.AT_LEAST, setting)
    _, held = levels_of(dark / heard, Bad.AT_LEAST, setting)
    return Finding("region_dark", "", reached, max(reached, held), round(100 * dark / heard, 1))
