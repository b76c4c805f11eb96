"""Which crew an alert is for: the most specific region wins, then the crew that names the kind, then the first by id.

Enters: crews, the kind of each rule, where places lie. Leaves: crews. Never: the job or the message that follows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from ingest.alerts.model import PLATFORM_PLACE, AlertKey, Scope
from ingest.alerts.work import Crew

STATION_KIND: Final = "station"
KindOf = Callable[[str], str]
"""By code of a rule: what it is about, as `ingest.alerts.rules.rule.Subject` names it."""
PathOf = Callable[[Scope, str], Sequence[str]]
"""By place: codes of the regions that hold it, the province first; of a region its own is the last. Empty: unknown."""


class Roster:
    """The crews at one time. A new import makes a new one."""

    def __init__(self, crews: Iterable[Crew], kind_of: KindOf, path_of: PathOf) -> None:
        self._crews = {crew.id: crew for crew in sorted(crews, key=lambda crew: crew.id)}
        self._kind_of = kind_of
        self._path_of = path_of
        self._everywhere = [crew for crew in self if not crew.regions]
        self._of_region: dict[str, list[Crew]] = {}
        self._inside: dict[str, list[Crew]] = {}
        """By region: the crews that have a region inside of it."""
        for crew in self:
            for code in crew.regions:
                self._of_region.setdefault(code, []).append(crew)
            for above in {above for code in crew.regions for above in path_of(Scope.REGION, code)[:-1]}:
                self._inside.setdefault(above, []).append(crew)

    def __iter__(self) -> Iterator[Crew]:
        return iter(self._crews.values())

    def get(self, crew_id: str | None) -> Crew | None:
        """The crew, or None."""
        return None if crew_id is None else self._crews.get(crew_id)

    def crews_of(self, key: AlertKey) -> Sequence[str]:
        """Ids of the crews that an alert is for; none: nobody covers it.

        Of a station or the platform it is one. A region's alert stands in place of those of its stations, so each crew
        inside the region has it too.
        """
        # Who repairs stations that are dark is who hears that a region is.
        kind = STATION_KIND if key.scope is Scope.REGION else self._kind_of(key.rule)
        found = self._most_specific(key, kind)
        if key.scope is Scope.REGION:
            inside = {crew.id for crew in self._inside.get(key.place, ()) if _repairs(crew, kind)}
            found = sorted(inside.union(found))
        return found

    def _most_specific(self, key: AlertKey, kind: str) -> Sequence[str]:
        path = (PLATFORM_PLACE,) if key.scope is Scope.PLATFORM else self._path_of(key.scope, key.place)
        for crews in (*(self._of_region.get(code, ()) for code in reversed(path)), self._everywhere):
            able = [(not crew.kinds, crew.id) for crew in crews if _repairs(crew, kind)]
            if able:
                return [min(able)[1]]
        return []


def _repairs(crew: Crew, kind: str) -> bool:
    return not crew.kinds or kind in crew.kinds
