"""How the rule of an alert is set where the alert stands, also where the rule or the station is gone.

Enters: the registry, the book of rules, keys of alerts. Leaves: settings. Never: a `KeyError` for a rule that only an
earlier version had: its alerts are still in the database.
"""

from typing import Final

from gateway.topics import Kind
from ingest.alerts.model import AlertKey, RuleSetting, Scope
from ingest.alerts.rules.book import RuleBook
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.rules.rule import StationRules
from ingest.ports import Registry

NO_LEVELS: Final = RuleSetting(())
"""Of a rule that is gone: reached by nothing, so that what it left only expires."""


def kind_of(rule: str) -> Kind | None:
    """Of the readings that it looks at; None: of none, or the rule is gone."""
    known = RULES.get(rule)
    return None if known is None else known.kind


class RulesAt:
    """Looks settings up by the key of an alert."""

    def __init__(self, registry: Registry, book: RuleBook) -> None:
        self._registry = registry
        self._book = book

    def of(self, key: AlertKey) -> StationRules:
        """All rules of its place; those of everywhere where the place is no station (any more)."""
        station = self._registry.station(key.place) if key.scope is Scope.STATION else None
        return self._book.everywhere if station is None else self._book.of(station)

    def setting(self, key: AlertKey) -> RuleSetting | None:
        """How its rule is set there; None while it is off, or where there is no such rule."""
        return self.of(key).get(key.rule)

    def last_setting(self, key: AlertKey) -> RuleSetting:
        """As `setting`; of a rule that is off its defaults, by which its alerts come to their end."""
        known = RULES.get(key.rule)
        return self.setting(key) or (NO_LEVELS if known is None else known.setting)
