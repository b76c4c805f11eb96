"""What rules want to be given again of faults that are no alert (earlier temperatures, say), and what a restart needs.

Enters: what rules said. Leaves: the same by place, and what changed as notes. Never: memory of a place that is well.
"""

from collections.abc import Mapping
from typing import Final

from pydantic_core import from_json, to_json

from ingest.alerts.model import AlertKey
from ingest.alerts.open_alerts import Fault
from ingest.alerts.taking_over import taken_over

NOTES_EVERY_MS: Final = 30_000
"""Between two writings. Larger: a restart forgets more of a rise. Smaller: useless writing."""


class RuleMemory:
    """By place, then by rule and part."""

    def __init__(self, now_ms: int) -> None:
        self._known: dict[str, dict[Fault, str]] = {}
        self._changed: set[str] = set()
        """Places whose memory changed since it was written."""
        self._noted_ms = now_ms

    def __contains__(self, place: object) -> bool:
        """Whether anything is remembered of a place."""
        return place in self._known

    def of(self, place: str) -> Mapping[Fault, str]:
        """What is remembered of a place."""
        return self._known.get(place, {})

    def keep(self, key: AlertKey, memory: str | None) -> None:
        """In place of what was; None forgets it."""
        known, fault = self._known.get(key.place), (key.rule, key.part)
        if memory is None:
            if known is None or fault not in known:
                return
            del known[fault]
            if not known:
                del self._known[key.place]
        else:
            self._known.setdefault(key.place, {})[fault] = memory
        self._changed.add(key.place)

    def take_notes(self, now_ms: int, *, is_last: bool) -> dict[str, str | None]:
        """JSON by place, of what changed since; None: nothing is remembered there any more."""
        if not self._changed or not (is_last or now_ms - self._noted_ms >= NOTES_EVERY_MS):
            return {}
        self._noted_ms = now_ms
        changed, self._changed = self._changed, set()
        return {place: self._written(place) for place in changed}

    def restore(self, notes: Mapping[str, str]) -> None:
        """Take over what `take_notes` gave."""

        def take(place: str, written: str) -> None:
            self._known[place] = {(rule, part): memory for rule, part, memory in from_json(written)}

        taken_over(notes, take, "memory")

    def _written(self, place: str) -> str | None:
        known = self._known.get(place)
        return None if known is None else to_json([[*fault, one] for fault, one in known.items()]).decode()
