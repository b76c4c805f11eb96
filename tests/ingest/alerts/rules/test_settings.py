"""How an operator sets rules in TOML, and what he is told when he errs."""

import tomllib

import pytest
from pydantic import ValidationError

from ingest.alerts.model import LevelSetting, RuleSetting, Severity
from ingest.alerts.rules.book import RuleBook, unknown_places
from ingest.alerts.rules.catalogue import DEFAULT_RULES, RULES
from ingest.alerts.rules.settings import AlertSettings
from ingest.model import Station
from ingest.registry.regions import load_regions
from ingest.registry.registry import MemoryRegistry
from tests.ingest.alerts.rules.stories import station


def book(toml: str) -> RuleBook:
    """From the text of a file."""
    return RuleBook(AlertSettings.model_validate(tomllib.loads(toml)["alerts"]))


def rule(toml: str, code: str, place: Station | None = None) -> RuleSetting | None:
    """As it is set for a station; None when it is off."""
    return book(toml).of(place or station()).get(code)


def refusal(toml: str) -> str:
    """What the operator is told."""
    with pytest.raises(ValidationError) as told:
        book(toml)
    return "; ".join(error["msg"] for error in told.value.errors())


def test_without_settings_all_stations_share_the_defaults() -> None:
    """Nothing is copied for 186,100 stations."""
    rules = RuleBook()
    assert rules.of(station()) is rules.of(station(id="st-2", province="110000")) is DEFAULT_RULES


def test_what_is_not_given_stays_as_it_is() -> None:
    """One number changed, the rest of the rule untouched."""
    default = RULES["cell_hot"].setting
    assert rule("[alerts.rules.cell_hot]\nclear_by = 5", "cell_hot") == RuleSetting(
        default.levels, 5, default.clear_s, default.latched, extra=default.extra
    )


def test_levels_replace_all_levels() -> None:
    """Thresholds, holds and severities of a rule, mildest first."""
    toml = """
    [alerts.rules.cabinet_hot]
    clear_s = 120
    levels = [
      { at = 45, hold_s = 300, severity = "info" },
      { at = 55, hold_s = 0, severity = "critical" },
    ]
    """
    found = rule(toml, "cabinet_hot")
    assert found is not None
    assert found.levels == (LevelSetting(Severity.INFO, 300, 45), LevelSetting(Severity.CRITICAL, 0, 55))
    assert (found.clear_by, found.clear_s) == (3, 120)


def test_rule_is_switched_off_and_on_again_where_it_matters() -> None:
    """Off everywhere, on in one province."""
    toml = """
    [alerts.rules.cell_cold]
    enabled = false
    [[alerts.overrides]]
    province = "230000"
    rule = "cell_cold"
    enabled = true
    """
    assert rule(toml, "cell_cold") is None
    assert rule(toml, "cell_cold", station(province="230000", city="230100", district="230102")) is not None


LADDER = """
[[alerts.overrides]]
station = "st-1"
rule = "full"
clear_s = 1
[[alerts.overrides]]
service = "battery_swap"
rule = "full"
clear_s = 2
[[alerts.overrides]]
region = "440106"
rule = "full"
clear_s = 3
[[alerts.overrides]]
region = "440100"
rule = "full"
clear_s = 4
[[alerts.overrides]]
province = "440000"
rule = "full"
clear_s = 5
clear_by = 0.5
[[alerts.overrides]]
province = "440000"
region = "440106"
service = "medicine"
rule = "full"
clear_s = 6
"""


@pytest.mark.parametrize(
    ("fields", "clear_s", "clear_by"),
    [
        ({"id": "st-1", "services": frozenset({"battery_swap"})}, 1, 0.5),
        ({"id": "st-2", "services": frozenset({"battery_swap"})}, 2, 0.5),
        ({"id": "st-2", "services": frozenset({"battery_swap", "medicine"})}, 6, 0.5),
        ({"id": "st-2"}, 3, 0.5),
        ({"id": "st-2", "district": "440103"}, 4, 0.5),
        ({"id": "st-2", "city": "441900", "district": None}, 5, 0.5),
        ({"id": "st-2", "province": "110000", "city": None, "district": "110101"}, 60, 0.1),
    ],
)
def test_the_more_specific_override_has_the_last_word(
    fields: dict[str, object], clear_s: float, clear_by: float
) -> None:
    """Station over service over district over city over province, field by field."""
    found = rule(LADDER, "full", station(**fields))
    assert found is not None
    assert (found.clear_s, found.clear_by) == (clear_s, clear_by)


def test_of_two_alike_the_later_has_the_last_word() -> None:
    """In the order of the file."""
    toml = "".join(f'[[alerts.overrides]]\nservice = "rest"\nrule = "full"\nclear_s = {clear}\n' for clear in (7, 8))
    found = rule(toml, "full", station(services=frozenset({"rest"})))
    assert found is not None
    assert found.clear_s == 8


def test_stations_that_are_set_alike_share_one_object() -> None:
    """One set of rules a combination of overrides, not one a station."""
    rules = book(LADDER)
    alike = {id(rules.of(station(id=f"st-{number}"))) for number in range(2, 50)}
    assert len(alike) == 1
    assert rules.of(station(id="st-1")) is not rules.of(station(id="st-2"))
    assert rules.of(station(province="110000", city=None, district=None, id="st-9")) is rules.everywhere


def test_override_for_a_place_that_is_not_there_is_told() -> None:
    """Not refused, since a station may be imported later; but an operator who erred reads it."""
    places = ['province = "440106"', 'region = "440199"', 'province = "449999"', 'station = "st-2"', 'station = "st-1"']
    toml = "".join(f'[[alerts.overrides]]\n{place}\nrule = "full"\nclear_s = 1\n' for place in places)
    settings = AlertSettings.model_validate(tomllib.loads(toml)["alerts"])
    registry = MemoryRegistry(load_regions(), [station()])
    assert list(unknown_places(settings, registry)) == [
        "alerts.overrides.0.province: 440106 天河区 is none: write region",
        "alerts.overrides.1.region: no division has the code 440199",
        "alerts.overrides.2.province: no division has the code 449999",
        "alerts.overrides.3.station: st-2 is not in the registry",
    ]


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("[alerts.rules.cell_hott]\nclear_by = 1", "rule 'cell_hott' does not exist; perhaps cell_hot"),
        ("[alerts.rules.cell_hot]", "cell_hot: nothing is changed: give enabled, levels"),
        ("[alerts.rules.cell_hot]\nclear_bye = 1", "Extra inputs are not permitted"),
        ("[alerts.rules.smoke]\nclear_by = 1", "clear_by has no meaning here, because the rule is about no number"),
        ("[alerts.rules.cell_hot]\nlevels = []", "to switch the rule off, write enabled = false"),
        (
            '[alerts.rules.cell_hot]\nlevels = [{hold_s = 1, severity = "info"}]',
            "each level needs at, its threshold in °C",
        ),
        (
            '[alerts.rules.smoke]\nlevels = [{at = 1, hold_s = 1, severity = "info"}]',
            "levels must not have at, because the rule is about no number",
        ),
        ('[alerts.rules.suppress]\nlevels = [{hold_s = 1, severity = "info"}]', "levels must be 2"),
        (
            (
                '[alerts.rules.cell_hot]\nlevels = [{at = 50, hold_s = 1, severity = "info"}, '
                '{at = 45, hold_s = 1, severity = "critical"}]'
            ),
            "from the mildest to the worst: their at must grow",
        ),
        (
            (
                '[alerts.rules.box_cold]\nlevels = [{at = 5, hold_s = 1, severity = "info"}, '
                '{at = 8, hold_s = 1, severity = "critical"}]'
            ),
            "from the mildest to the worst: their at must fall",
        ),
        (
            (
                '[alerts.rules.cell_hot]\nlevels = [{at = 45, hold_s = 1, severity = "critical"}, '
                '{at = 55, hold_s = 1, severity = "info"}]'
            ),
            "their severity must not get less",
        ),
        (
            '[alerts.rules.cell_hot]\nlevels = [{at = 45, hold_s = 1, severity = "loud"}]',
            "Input should be 'info', 'warning', 'critical' or 'emergency'",
        ),
        ('[alerts.rules.cell_hot]\nlevels = [{at = 45, hold_s = -1, severity = "info"}]', "greater than or equal to 0"),
        ("[alerts.rules.cell_hot]\nextra = { charging_c = 5 }", "extra.charging_c does not exist; there is charging_"),
        ("[alerts.rules.smoke]\nextra = { any = 5 }", "extra.any does not exist; there is none"),
        ("[alerts.rules.cell_hot]\nclear_by = nan", "finite number"),
        (
            '[[alerts.overrides]]\nrule = "full"\nclear_s = 1',
            (
                "must say for which stations: province, region, service or station; for all of them, write "
                "[alerts.rules.full]"
            ),
        ),
        (
            '[[alerts.overrides]]\nservice = "battery"\nrule = "full"\nclear_s = 1',
            "service 'battery' does not exist; perhaps battery_swap",
        ),
        ('[[alerts.overrides]]\nprovince = "44"\nrule = "full"\nclear_s = 1', "should match pattern"),
        ('[[alerts.overrides]]\nstation = "st-1"\nrule = "full"', "full: nothing is changed"),
    ],
)
def test_refusal_says_what_would_be_right(toml: str, words: str) -> None:
    """A setting that would do nothing, or something else than is meant, is refused in words."""
    assert words in refusal(toml)
