"""The rules as docs/alerts.md tells them: made from the catalogue, so that page and platform say the same.

Enters: the catalogue. Leaves: Markdown. Never: reads or writes a file.
"""

from collections.abc import Iterator
from typing import Final

from ingest.alerts.model import LevelSetting, RuleSetting
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.rules.rule import Bad, Rule, Subject

BEGIN: Final = "<!-- The rules below are made from ingest/alerts/rules/defaults/: see ingest/alerts/rules/page.py -->"
END: Final = "<!-- Here what is made from ingest/alerts/rules/defaults/ ends -->"

TITLES: Final = {
    Subject.BATTERY: "Battery cabinet",
    Subject.MEDICINE: "Medicine box",
    Subject.OCCUPANCY: "People counter",
    Subject.STATION: "Station",
    Subject.REGION: "Region",
    Subject.PLATFORM: "Platform",
}
_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600


def markdown() -> str:
    """All rules, with the marks between which they stand in docs/alerts.md."""
    return "\n".join([BEGIN, "", *_overview(), *_chapters(), END]) + "\n"


def overview() -> Iterator[tuple[str, str, str, str, str]]:
    """Of each rule: code, Chinese name, English name, levels, when it is clear; as they are unless they are set."""
    for rule in RULES.values():
        levels = "; ".join(_level(rule, level) for level in rule.setting.levels)
        yield rule.code, rule.zh, rule.en, levels, _clear(rule)


def _overview() -> Iterator[str]:
    yield "| rule | 中文 | English | levels | clear |"
    yield "| --- | --- | --- | --- | --- |"
    for code, *told in overview():
        yield f"| [`{code}`](#{code}) | {' | '.join(told)} |"
    yield ""


def _chapters() -> Iterator[str]:
    for subject, title in TITLES.items():
        yield f"### {title}"
        yield ""
        for rule in RULES.values():
            if rule.subject is subject:
                yield from _rule(rule)


def _rule(rule: Rule) -> Iterator[str]:
    yield f"#### {rule.code}"
    yield ""
    about = f"part `{rule.part}`" if rule.part else "the place as a whole"
    value = f" · value in {rule.unit}" if rule.unit else ""
    yield f"{rule.zh} · {rule.en} · {about}{value}."
    yield ""
    yield f"- Meaning: {rule.means}"
    yield f"- Levels: {'; '.join(_level(rule, level) for level in rule.setting.levels)}."
    yield f"- Clear: {_clear(rule)}."
    for name, meaning in rule.extra.items():
        yield f"- `extra.{name}` ({_number(rule.setting.extra[name])}): {meaning}."
    yield f"- Why: {rule.why}"
    yield f"- Source: {rule.source}."
    yield ""


def _level(rule: Rule, level: LevelSetting) -> str:
    what = f"{rule.bad} {_number(level.at)} {rule.threshold_unit}" if level.at is not None else "so"
    lasting = f"for {_span(level.hold_s)}" if level.hold_s else "at once"
    return f"{what} {lasting}: {level.severity}".removeprefix("so ")


def _clear(rule: Rule) -> str:
    setting: RuleSetting = rule.setting
    unit = "K" if rule.unit == "°C" else rule.threshold_unit
    by = f"{_number(setting.clear_by)} {unit} behind the threshold " if setting.clear_by else ""
    latched = ", and confirmed on site" if setting.latched else ""
    good = "" if by else ("good " if rule.bad is Bad.IS_SO else "behind the threshold ")
    return f"{by}{good}for {_span(setting.clear_s)}{latched}"


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _span(seconds: float) -> str:
    if seconds >= _HOUR_S and seconds % _HOUR_S == 0:
        return f"{_number(seconds / _HOUR_S)} h"
    if seconds > _MINUTE_S and seconds % _MINUTE_S == 0:
        return f"{_number(seconds / _MINUTE_S)} min"
    return f"{_number(seconds)} s"
