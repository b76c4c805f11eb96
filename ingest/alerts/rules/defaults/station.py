"""The rules about whole stations, regions and the platform itself, with the reason and the source of each threshold.

Enters: nothing. Leaves: `RULES`. Never: a rule about one sensor.
"""

from functools import partial
from typing import Final

from ingest.alerts.model import LevelSetting, RuleSetting, Severity
from ingest.alerts.rules.rule import Bad, Rule, Subject

_DAY_S: Final = 86_400.0
_OWN: Final = "this project's choice"

_rule = partial(Rule, kind=None, part="")
_station = partial(_rule, subject=Subject.STATION)

RULES: Final = (
    _station(
        "dark",
        bad=Bad.IS_SO,
        unit="instant",
        unit_zh="instant",
        zh="站点失联",
        en="Station dark",
        setting=RuleSetting((LevelSetting(Severity.WARNING, 300), LevelSetting(Severity.CRITICAL, 900))),
        means="Its will came, or nothing was heard for three report intervals. The second level is for stations with "
        "a battery cabinet. The value is the instant of the last word.",
        why="Five minutes let a router start again. A cabinet that nobody hears is blind to fire: after a quarter of "
        "an hour somebody looks.",
        source=_OWN,
    ),
    _station(
        "never_seen",
        bad=Bad.IS_SO,
        unit="",
        unit_zh="",
        zh="站点从未上线",
        en="Never heard of",
        setting=RuleSetting((LevelSetting(Severity.WARNING, _DAY_S),)),
        means="In the registry as smart, and no word of it ever.",
        why="A station is registered before it is installed, on the same day as a rule. Longer: a box that was never "
        "plugged in is forgotten.",
        source=_OWN,
    ),
    _station(
        "clock_off",
        bad=Bad.ABOVE,
        unit="s",
        unit_zh="秒",
        zh="时钟偏差",
        en="Clock off",
        setting=RuleSetting((LevelSetting(Severity.WARNING, 600, 120),), clear_by=30, clear_s=600),
        means="Seconds between when the newest reading was sampled, by the station, and received, by us, whichever "
        "way; the smallest of its kinds, for a backlog makes one kind look late. Also reached while readings are "
        "refused for their clock.",
        why="Beyond five minutes ahead readings are refused, so it is told before; visits near midnight are booked on "
        "the wrong day. Ten minutes let a backlog drain.",
        source="`platform.clock_future_s`; this project's choice",
    ),
    _station(
        "holes",
        bad=Bad.ABOVE,
        unit="%",
        unit_zh="%",
        zh="数据缺失",
        en="Readings missing",
        setting=RuleSetting(
            (LevelSetting(Severity.WARNING, 300, 1),), clear_by=0.5, clear_s=600, extra={"readings": 20}
        ),
        means="Of the readings that the station numbered in the last hour, those that have not come. What comes later "
        "fills the hole. Below `readings` numbered ones it is good.",
        why="The protocol loses nothing by itself: a hole is a full flash, a broken backlog or a bad modem.",
        source=_OWN,
        extra={"readings": "fewer numbered readings in the hour say nothing"},
    ),
    _station(
        "flapping",
        bad=Bad.ABOVE,
        unit="connects",
        unit_zh="次",
        zh="频繁掉线",
        en="Connects again and again",
        setting=RuleSetting((LevelSetting(Severity.WARNING, 0, 6),), clear_by=3, clear_s=600),
        means="Births in the last 30 minutes. Unknown while it is dark: a station that fell silent is not cured.",
        why="A good link connects once a day. More than once in five minutes is a loose plug, a bad modem or two "
        "boards with one name.",
        source=_OWN,
    ),
    _rule(
        "region_dark",
        subject=Subject.REGION,
        bad=Bad.AT_LEAST,
        unit="%",
        unit_zh="%",
        at_unit="× stations",
        zh="区域大面积失联",
        en="Region dark",
        setting=RuleSetting(
            (LevelSetting(Severity.CRITICAL, 0, 0.3),), clear_by=0.1, extra={"within_s": 600, "stations": 10}
        ),
        means="Share of a district's, city's or province's smart stations that went dark within `within_s`; from "
        "`stations` of them on.",
        why="Three in ten that fall silent together have one cause: a network or a power cut, and one message. "
        "Larger: a cut of half a district is a hundred messages. Smaller: chance looks like a cause.",
        source=_OWN,
        extra={
            "within_s": "how close together they must have gone dark, seconds",
            "stations": "a region with fewer smart stations has no such rule",
        },
    ),
    _rule(
        "platform_blind",
        subject=Subject.PLATFORM,
        bad=Bad.IS_SO,
        unit="",
        unit_zh="",
        zh="平台失去数据",
        en="Platform blind",
        setting=RuleSetting((LevelSetting(Severity.CRITICAL, 30),), extra={"lag_s": 60}),
        means="The broker is lost, or readings wait longer than `lag_s` to be taken in. While it lasts all clocks of "
        "other alerts stand still and none is resolved.",
        why="What nobody reads says nothing about stations: without it, a lost broker is 186,100 dark stations. Half "
        "a minute lets a broker start again.",
        source=_OWN,
        extra={"lag_s": "how long readings may wait, seconds"},
    ),
)
