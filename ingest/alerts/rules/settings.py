"""How an operator sets rules: changes of the defaults, for all stations or for some; docs/alerts.md tells how.

Enters: the `[alerts]` section of the settings, as TOML gives it. Leaves: `AlertSettings`, checked.
Never: takes a setting that would silently do nothing.
"""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from itertools import pairwise
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ingest.alerts.model import LevelSetting, RuleSetting, Severity
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.rules.rule import Bad, Rule
from ingest.registry.services import SERVICES

HOLD_MAX_S: Final = 30 * 86_400
"""A longer hold is rather milliseconds written for seconds."""
CLEAR_MAX_S: Final = 86_400

Seconds = Annotated[float, Field(ge=0, le=HOLD_MAX_S, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Part(BaseModel):
    """As assembly's sections: an unknown name is a typing error, and no value stands in an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class LevelChange(_Part):
    """One level of a rule, mildest first."""

    severity: Severity
    hold_s: Seconds
    at: Number | None = None

    def setting(self) -> LevelSetting:
        """As rules know it."""
        return LevelSetting(self.severity, self.hold_s, self.at)


class RuleChange(_Part):
    """What is set otherwise for one rule; what is not given stays as it is."""

    enabled: bool | None = None
    levels: tuple[LevelChange, ...] | None = None
    """Given: all of them, in place of the former ones."""
    clear_by: Annotated[float | None, Field(ge=0, allow_inf_nan=False)] = None
    clear_s: Annotated[float | None, Field(ge=0, le=CLEAR_MAX_S, allow_inf_nan=False)] = None
    latched: bool | None = None
    extra: dict[str, Number] = Field(default_factory=dict)

    def changed(self, setting: RuleSetting) -> RuleSetting:
        """A setting with this in place."""
        return RuleSetting(
            levels=setting.levels if self.levels is None else tuple(level.setting() for level in self.levels),
            clear_by=setting.clear_by if self.clear_by is None else self.clear_by,
            clear_s=setting.clear_s if self.clear_s is None else self.clear_s,
            latched=setting.latched if self.latched is None else self.latched,
            enabled=setting.enabled if self.enabled is None else self.enabled,
            extra={**setting.extra, **self.extra},
        )


class Override(RuleChange):
    """A change for the stations that fit all of the places that are given."""

    rule: str
    province: Annotated[str | None, Field(pattern=r"^[0-9]{6}$")] = None
    region: Annotated[str | None, Field(pattern=r"^[0-9]{6}$")] = None
    """Code of a province, city or district."""
    service: str | None = None
    station: Annotated[str | None, Field(min_length=1, max_length=64)] = None

    @model_validator(mode="after")
    def _is_about_something(self) -> Self:
        if self.province is self.region is self.service is self.station is None:
            raise ValueError(
                "must say for which stations: province, region, service or station; for all of them, "
                f"write [alerts.rules.{self.rule}]"
            )
        if self.service is not None and self.service not in SERVICES:
            raise ValueError(f"service {self.service!r} does not exist{_perhaps(self.service, SERVICES)}")
        _check(self.rule, self)
        return self


class AlertSettings(_Part):
    """The `[alerts]` section, as far as rules go."""

    rules: Annotated[
        dict[str, RuleChange],
        Field(
            description="By rule: what is set otherwise for all stations; see [Alerts](alerts.md#how-to-set-a-rule)."
        ),
    ] = Field(default_factory=dict)
    overrides: Annotated[
        tuple[Override, ...],
        Field(description="What is set otherwise for some of them; the more specific one has the last word."),
    ] = ()

    @model_validator(mode="after")
    def _fit_the_catalogue(self) -> Self:
        for code, change in self.rules.items():
            _check(code, change)
        return self


def _check(code: str, change: RuleChange) -> None:
    """Raises ValueError in words that say what would be right."""
    rule = RULES.get(code)
    if rule is None:
        raise ValueError(f"rule {code!r} does not exist{_perhaps(code, RULES)}")
    if not change.model_fields_set - {"rule", "province", "region", "service", "station"}:
        raise ValueError(f"{code}: nothing is changed: give enabled, levels, clear_by, clear_s, latched or extra")
    problem = next(_problems(rule, change), None)
    if problem is not None:
        raise ValueError(f"{code}: {problem}")


def _problems(rule: Rule, change: RuleChange) -> Iterator[str]:
    for name in change.extra.keys() - rule.extra.keys():
        known = ", ".join(rule.extra) or "none: this rule has no further numbers"
        yield f"extra.{name} does not exist; there is {known}"
    if change.clear_by and rule.bad is Bad.IS_SO:
        yield "clear_by has no meaning here, because the rule is about no number"
    if change.levels is not None:
        yield from _level_problems(rule, change.levels)


def _level_problems(rule: Rule, levels: tuple[LevelChange, ...]) -> Iterator[str]:
    if not levels:
        yield "levels must not be empty; to switch the rule off, write enabled = false"
    if rule.bad is Bad.IS_SO:
        if any(level.at is not None for level in levels):
            yield "levels must not have at, because the rule is about no number"
        if len(levels) != len(rule.setting.levels):
            yield f"levels must be {len(rule.setting.levels)}, since each has its own meaning: {rule.means}"
    elif any(level.at is None for level in levels):
        yield f"each level needs at, its threshold in {rule.threshold_unit}"
    else:
        for milder, worse in pairwise(level.at for level in levels if level.at is not None):
            if worse <= milder if rule.bad.is_upward else worse >= milder:
                word = "grow" if rule.bad.is_upward else "fall"
                yield f"levels must go from the mildest to the worst: their at must {word}"
    for milder_level, worse_level in pairwise(levels):
        if worse_level.severity.rank < milder_level.severity.rank:
            yield "levels must go from the mildest to the worst: their severity must not get less"


def _perhaps(word: str, known: Collection[str]) -> str:
    close = get_close_matches(word, known, n=3, cutoff=0.5)
    return f"; perhaps {', '.join(close)}" if close else f"; there is {', '.join(known)}"
