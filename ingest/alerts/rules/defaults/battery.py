"""The rules about battery-swap cabinets, with the reason and the source of each threshold.

Enters: nothing. Leaves: `RULES`. Never: a rule that cuts the current: that is the cabinet's own duty.
"""

from functools import partial
from typing import Final

from ingest.alerts.model import LevelSetting, RuleSetting, Severity
from ingest.alerts.rules.rule import Bad, Rule, Subject
from ingest.model import Kind

_MINUTE_S: Final = 60.0
_GB_51077: Final = "GB/T 51077-2024 §12.4 (swap stations for cars, by analogy)"
_T_GBC_48: Final = "T/GBC 48-2025 (public charging cabinets): operation from −20 to 50 °C"
_OWN: Final = "this project's choice"

_rule = partial(Rule, subject=Subject.BATTERY, kind=Kind.BATTERY)

RULES: Final = (
    _rule(
        "cell_hot",
        bad=Bad.AT_LEAST,
        unit="°C",
        unit_zh="°C",
        part="slot/N",
        zh="电芯过热",
        en="Battery cell hot",
        setting=RuleSetting(
            (
                LevelSetting(Severity.WARNING, 120, 45),
                LevelSetting(Severity.CRITICAL, 10, 55),
                LevelSetting(Severity.EMERGENCY, 0, 60),
            ),
            clear_by=3,
            extra={"charging_below_c": 55},
        ),
        means="The hottest cell of the battery in the slot. Levels below `charging_below_c` are reached only while "
        "the slot charges; from there on in any state, for a cabinet that has cut the current may still burn. A "
        "battery that stopped charging is as warm as before: the alert holds until the cell is below the clear level, "
        "or until the slot says that it is empty.",
        why="Cells may be charged between 0 and 45 °C; chargers throttle from 45 and stop between 50 and 55; cell "
        "sheets end at 60 °C on the surface, and above it a cell begins to heat itself. Larger: a crew hears of a "
        "fire. Smaller: every hot afternoon is an alert.",
        source="JEITA charging window and cell data sheets; GB 43854-2024 asks batteries for temperature protection",
        extra={"charging_below_c": "levels with a threshold below it count only while the slot charges, °C"},
    ),
    _rule(
        "cell_rising",
        bad=Bad.AT_LEAST,
        unit="K/min",
        unit_zh="K/分钟",
        part="slot/N",
        zh="电芯升温过快",
        en="Battery cell heating up fast",
        setting=RuleSetting(
            (LevelSetting(Severity.CRITICAL, 0, 2),),
            clear_by=1,
            clear_s=180,
            extra={"above_c": 40, "window_s": 180},
        ),
        means="Mean rate of the hottest cell over `window_s`, all of it above `above_c`, and at least half of it in "
        "either half of the window, so that a step (another battery, a sensor that settles) is not taken for a rise. "
        "Time is the larger of what the station's clock and ours say, so that a clock that is set makes no rise. "
        "Below `above_c`, and in an empty slot, it is good; a battery with another serial begins anew.",
        why="A cell that runs away heats itself ever faster; at one report a minute the 1 K/s of rules for cars "
        "cannot be seen, 2 K/min over three minutes can. Larger: heard of later than `cell_hot` would be. Smaller: a "
        "fast charge in summer looks like it.",
        source="the 1 K/s of car batteries is practice, not found in a public text; 2 K/min is this project's choice",
        extra={
            "above_c": "lower temperatures do not count: a cold battery may warm up as fast as it likes, °C",
            "window_s": "over which the rate is taken, seconds",
        },
    ),
    _rule(
        "cell_cold",
        bad=Bad.BELOW,
        unit="°C",
        unit_zh="°C",
        part="slot/N",
        zh="低温充电",
        en="Charging below freezing",
        setting=RuleSetting((LevelSetting(Severity.WARNING, _MINUTE_S, 0),), clear_by=3),
        means="Only while the slot charges: the harm is the charging, so it is good as soon as the slot stops.",
        why="Below 0 °C lithium plates on the anode, which ages the cell and may short it later. Larger: warns where "
        "charging is allowed. Smaller: the harm is done.",
        source="cell data sheets, which forbid charging below 0 °C",
    ),
    _rule(
        "smoke",
        bad=Bad.IS_SO,
        unit="",
        unit_zh="",
        part="cabinet",
        zh="烟雾报警",
        en="Smoke in the cabinet",
        setting=RuleSetting((LevelSetting(Severity.EMERGENCY, 0),), latched=True),
        means="`smoke` is true. Latched: readings alone never end it, a person confirms on site.",
        why="At once, because minutes count; latched, because smoke that is gone may mean that the sensor has burnt.",
        source=_GB_51077,
    ),
    _rule(
        "suppress",
        bad=Bad.IS_SO,
        unit="",
        unit_zh="",
        part="cabinet",
        zh="灭火装置异常",
        en="Fire suppression",
        setting=RuleSetting((LevelSetting(Severity.CRITICAL, 0), LevelSetting(Severity.EMERGENCY, 0))),
        means="First level: `suppress` is `fault`. Second level: `discharged`. `none` (not fitted) and `armed` are "
        "good.",
        why="Discharged: it has put out a fire, or is empty when the next one comes. Fault: the next fire burns.",
        source=_GB_51077,
    ),
    _rule(
        "mains_lost",
        bad=Bad.IS_SO,
        unit="",
        unit_zh="",
        part="cabinet",
        zh="市电中断",
        en="Mains power lost",
        setting=RuleSetting((LevelSetting(Severity.WARNING, 60), LevelSetting(Severity.CRITICAL, 1_800))),
        means="`mains` is false; the levels differ in how long it lasts.",
        why="No fan, no charging, and fire sensors on their reserve. Shorter than a minute is a switch of the grid; "
        "half an hour is more than a small reserve is made for.",
        source=_OWN,
    ),
    _rule(
        "cabinet_hot",
        bad=Bad.AT_LEAST,
        unit="°C",
        unit_zh="°C",
        part="cabinet",
        zh="机柜高温",
        en="Cabinet hot",
        setting=RuleSetting(
            (LevelSetting(Severity.WARNING, 60, 50), LevelSetting(Severity.CRITICAL, 10, 60)), clear_by=3
        ),
        means="Temperature of the air in the cabinet.",
        why="50 °C is the end of what cabinets are made for; at 60 °C every battery in it is beyond its sheet. Held "
        "as long as it takes to tell a fan that starts from one that is dead.",
        source=_T_GBC_48,
    ),
    _rule(
        "cabinet_cold",
        bad=Bad.AT_MOST,
        unit="°C",
        unit_zh="°C",
        part="cabinet",
        zh="机柜低温",
        en="Cabinet cold",
        setting=RuleSetting((LevelSetting(Severity.CRITICAL, 60, -20),), clear_by=3),
        means="Temperature of the air in the cabinet.",
        why="Below −20 °C neither batteries nor electronics are made for it. In the north, lower it by an override "
        "where cabinets are heated.",
        source=_T_GBC_48,
    ),
    _rule(
        "slot_fault",
        bad=Bad.IS_SO,
        unit="",
        unit_zh="",
        part="slot/N",
        zh="仓位故障",
        en="Slot fault",
        setting=RuleSetting((LevelSetting(Severity.WARNING, 300),)),
        means="The slot's state is `fault`, or it lists faults.",
        why="A slot that reads its battery wrong heals with the next try; after five minutes it does not.",
        source=_OWN,
    ),
    _rule(
        "slot_door",
        bad=Bad.IS_SO,
        unit="",
        unit_zh="",
        part="slot/N",
        zh="仓门未关",
        en="Slot door open",
        setting=RuleSetting((LevelSetting(Severity.WARNING, 120),)),
        means="`door` is `open`.",
        why="A swap takes less than two minutes. Longer: a battery lies open to the street. Shorter: slow riders are "
        "alerts.",
        source=_OWN,
    ),
    _rule(
        "ready_low",
        bad=Bad.BELOW,
        unit="batteries",
        unit_zh="块",
        part="cabinet",
        zh="可换电池不足",
        en="Few charged batteries",
        setting=RuleSetting((LevelSetting(Severity.WARNING, 600, 2),), clear_s=600),
        means="Slots whose state is `ready`. A cabinet whose slots are all ready is good, however few it has.",
        why="With one left the second rider goes away empty. Ten minutes let a rush pass in which the next batteries "
        "become ready.",
        source=_OWN,
    ),
    _rule(
        "battery_out_soon",
        kind=None,
        bad=Bad.AT_MOST,
        unit="min",
        unit_zh="分钟",
        part="cabinet",
        zh="电池即将用尽",
        en="Charged batteries running out",
        setting=RuleSetting((LevelSetting(Severity.WARNING, 300, 60),), clear_by=30, clear_s=600),
        means="Minutes until no slot is ready, from the swaps of the last hours and from when the batteries that "
        "charge will be ready. Unknown until there were swaps to learn from; good when it lies beyond four hours.",
        why="An hour is what it takes to bring batteries. Larger: every noon rush is an alert. Smaller: it is told "
        "when it has happened.",
        source=_OWN,
    ),
)
