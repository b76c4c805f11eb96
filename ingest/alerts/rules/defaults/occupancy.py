"""The rules about the counters of people, with the reason and the source of each threshold.

Enters: nothing. Leaves: `RULES`. Never: a rule about a person.
"""

from functools import partial
from typing import Final

from ingest.alerts.model import LevelSetting, RuleSetting, Severity
from ingest.alerts.rules.rule import Bad, Rule, Subject
from ingest.model import Kind

_OWN: Final = "this project's choice"

_rule = partial(Rule, subject=Subject.OCCUPANCY, part="")

RULES: Final = (
    _rule(
        "full",
        kind=Kind.OCCUPANCY,
        bad=Bad.AT_LEAST,
        unit="people",
        unit_zh="人",
        at_unit="× capacity",
        zh="站点满员",
        en="Station full",
        setting=RuleSetting((LevelSetting(Severity.INFO, 900, 1),), clear_by=0.1),
        means="People inside against the seats of the registry. No rule where the seats are unknown (0).",
        why="Worth knowing for planning; nothing that a crew repairs, so information. A quarter of an hour is more "
        "than a shift that changes.",
        source=_OWN,
    ),
    _rule(
        "drift",
        kind=Kind.OCCUPANCY,
        bad=Bad.ABOVE,
        unit="people",
        unit_zh="人",
        at_unit="× entered",
        zh="人数漂移",
        en="Counter drifts",
        setting=RuleSetting(
            (LevelSetting(Severity.WARNING, 3_600, 0.05),), clear_by=0.01, clear_s=3_600, extra={"people": 20}
        ),
        means="The distance between the people inside as the station believes and those that its meter says (entered "
        "less left), as a share of all who entered in this life of the meter; below `people` it is good.",
        why="Counters miss up to 2 % a direction, and stations set their guess of who is inside back at night: so 4 % "
        "is honest, and more means that one direction is blocked or badly aimed. `people` lets a young meter alone.",
        source="makers of door counters claim 98 % and more a count",
        extra={"people": "a distance of so many people or fewer says nothing yet"},
    ),
    _rule(
        "no_visit",
        kind=None,
        bad=Bad.AT_LEAST,
        unit="h",
        unit_zh="小时",
        zh="24小时无人进站",
        en="No visit in a day",
        setting=RuleSetting((LevelSetting(Severity.WARNING, 0, 24),)),
        means="Hours since the meter last moved, of stations that are open around the clock and heard. The meter "
        "counts on while a station is dark, so a day of darkness with visits is none without.",
        why="A station has 12 visits a day on average; none on a whole day is rather a blind sensor or a locked door. "
        "Smaller: quiet nights in villages are alerts.",
        source="ACFTU, November 2024: 2.3 million visits a day at 180,000 stations",
    ),
    _rule(
        "meter_back",
        kind=None,
        bad=Bad.AT_LEAST,
        unit="times",
        unit_zh="次",
        zh="计数器回退",
        en="Meter went back",
        setting=RuleSetting((LevelSetting(Severity.WARNING, 0, 1),)),
        means="Times in the last hour that `entered` was lower than before in the same epoch.",
        why="The protocol forbids it: the visits of that day are at least, no longer exact, until the firmware or the "
        "sensor is changed.",
        source="docs/protocol.md, `epoch`",
    ),
)
