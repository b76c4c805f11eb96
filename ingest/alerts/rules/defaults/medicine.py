"""The rules about medicine boxes, with the reason and the source of each threshold.

Enters: nothing. Leaves: `RULES`. Never: advice on a dose.
"""

from functools import partial
from typing import Final

from ingest.alerts.model import LevelSetting, RuleSetting, Severity
from ingest.alerts.rules.rule import Bad, Rule, Subject
from ingest.model import Kind

_PHARMACOPOEIA: Final = "Chinese Pharmacopoeia, storage at normal temperature: 10 to 30 °C"
_OWN: Final = "this project's choice"

_rule = partial(Rule, subject=Subject.MEDICINE, kind=Kind.MEDICINE)

RULES: Final = (
    _rule(
        "stock_low",
        bad=Bad.AT_MOST,
        unit="pieces",
        unit_zh="件",
        at_unit="× minimum",
        part="item/SKU",
        zh="药品不足",
        en="Medicine low",
        setting=RuleSetting((LevelSetting(Severity.WARNING, 1_800, 1), LevelSetting(Severity.CRITICAL, 300, 0))),
        means="Pieces of an article, all its lots together that are not expired, against the minimum of the "
        "catalogue; one piece fewer where that is the par too, as of a pair of scissors. A level at 0 is for "
        "essential articles alone. An essential article that the box does not list counts as 0; another one is not "
        "carried there, unless an alert of it is open.",
        why="The minimum is what the next days need until the round comes. Half an hour lets a refill end in which "
        "everything is taken out first; five minutes do where nothing is left of what may save a life.",
        source="minimum and essential: the catalogue of medicines (`yizhan articles`); the rest this project's choice",
    ),
    _rule(
        "expiry",
        bad=Bad.AT_MOST,
        unit="days",
        unit_zh="天",
        part="item/SKU",
        zh="药品到期",
        en="Medicine expires",
        setting=RuleSetting((LevelSetting(Severity.INFO, 1_800, 30), LevelSetting(Severity.CRITICAL, 1_800, -1))),
        means="Days from today, by the platform's time zone, to the last day of use of the article's soonest lot that "
        "has pieces; 0 on that day itself, −1 when it is expired. An expired lot is no longer counted as stock.",
        why="A round in the next 30 days can exchange it. Expired medicine in a public box must go. Half an hour lets "
        "a refill end.",
        source="good practice of pharmacies (GSP): nothing expired is offered; 30 days this project's choice",
    ),
    _rule(
        "box_hot",
        bad=Bad.ABOVE,
        unit="°C",
        unit_zh="°C",
        part="box",
        zh="药箱高温",
        en="Medicine box hot",
        setting=RuleSetting((LevelSetting(Severity.WARNING, 1_800, 30),), clear_by=1, clear_s=600),
        means="Temperature in the box.",
        why="Medicine in it is made for 10 to 30 °C. Half an hour: the mass of the contents follows the air slowly. "
        "Clear already 1 K below, because in summer a room at 28 °C is as it should be.",
        source=_PHARMACOPOEIA,
    ),
    _rule(
        "box_cold",
        bad=Bad.BELOW,
        unit="°C",
        unit_zh="°C",
        part="box",
        zh="药箱低温",
        en="Medicine box cold",
        setting=RuleSetting((LevelSetting(Severity.WARNING, 1_800, 10),), clear_by=1, clear_s=600),
        means="Temperature in the box.",
        why="As for `box_hot`; liquids that freeze burst their vials.",
        source=_PHARMACOPOEIA,
    ),
    _rule(
        "box_door",
        bad=Bad.IS_SO,
        unit="",
        unit_zh="",
        part="door",
        zh="药箱门未关",
        en="Medicine box open",
        setting=RuleSetting((LevelSetting(Severity.WARNING, 300),)),
        means="`door` is `open`.",
        why="Nobody needs five minutes to take something out; an open box is warm and empties itself.",
        source=_OWN,
    ),
    _rule(
        "stock_out_soon",
        kind=None,
        bad=Bad.AT_MOST,
        unit="days",
        unit_zh="天",
        part="item/SKU",
        zh="药品即将用尽",
        en="Medicine running out",
        setting=RuleSetting((LevelSetting(Severity.WARNING, 3_600, 7),), clear_by=2, clear_s=3_600),
        means="Days until an article is used up: pieces that are not expired over pieces taken a day, of late more "
        "than of old. A refill and a piece that is put back are no use. Good for an article that nobody takes.",
        why="A week is the next service round: set it to the days between two rounds. Larger: carried there too "
        "early. Smaller: it is empty before the round.",
        source=_OWN,
    ),
)
