"""The rules chapter of docs/alerts.md and the catalogue say the same, and every rule gives its reasons."""

import re
import tomllib
from pathlib import Path
from typing import Final

import pytest

from ingest.alerts.rules import page
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.rules.rule import Bad, Rule
from ingest.alerts.rules.settings import AlertSettings

PAGE: Final = (Path(__file__).parents[4] / "docs" / "alerts.md").read_text(encoding="utf-8")


def test_page_holds_what_the_catalogue_says() -> None:
    """docs/alerts.md has the rules to the letter; `yizhan alerts rules --markdown` makes the part anew."""
    part = PAGE[PAGE.index(page.BEGIN) : PAGE.index(page.END) + len(page.END) + 1]
    assert part == page.markdown()


def test_example_of_the_page_is_taken() -> None:
    """What an operator copies from it is no error, and does what it says beside it."""
    example = PAGE[PAGE.index("### How to set a rule") :].split("```")[1].removeprefix("toml\n")
    settings = AlertSettings.model_validate(tomllib.loads(example)["alerts"])
    assert settings.rules.keys() == {"cabinet_hot", "cell_rising"}
    assert [override.rule for override in settings.overrides] == ["cabinet_cold", "no_visit", "ready_low"]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_rule_is_whole(rule: Rule) -> None:
    """Names in both languages, a meaning, a reason, a source; levels as the settings ask for; extras explained."""
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", rule.code)
    assert re.search(r"[\u4e00-\u9fff]", rule.zh)
    assert rule.en
    assert rule.en.isascii()
    assert rule.means.endswith(".")
    assert rule.why.endswith(".")
    assert rule.source
    assert bool(rule.unit) == bool(rule.unit_zh)
    assert rule.threshold_unit or rule.bad is Bad.IS_SO
    assert rule.setting.levels
    assert rule.setting.extra.keys() == rule.extra.keys()
    thresholds = [level.at for level in rule.setting.levels if level.at is not None]
    assert len(thresholds) == (0 if rule.bad is Bad.IS_SO else len(rule.setting.levels))
    assert thresholds == sorted(thresholds, reverse=not rule.bad.is_upward)
    ranks = [level.severity.rank for level in rule.setting.levels]
    assert ranks == sorted(ranks)
