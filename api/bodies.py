"""The shapes of all answers but a station's (station_bodies.py): what a field is called, its unit, what null means.

Enters: values that the handlers derive. Leaves: pydantic models that become JSON and the schemas of `/openapi.json`.
Never: decides anything. Instants are RFC 3339 in UTC ending in Z, local days `YYYY-MM-DD`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from ingest.model import Level, Quality

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]

DataT = TypeVar("DataT")


class Body(BaseModel):
    """Frozen, because answers may be shared; the strings below the fields are the document's descriptions."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, serialize_by_alias=True)


# ---- every answer ----


class Answer(Body, Generic[DataT]):
    """The envelope of every JSON answer."""

    last_updated: Instant
    """When `data` was true."""

    ttl: int
    """Seconds for which asking again is not worth it; 0: ask whenever you like."""

    data: DataT


class ParameterProblem(Body):
    """One wrong parameter."""

    parameter: str
    detail: str
    """What was wrong."""

    expected: str
    """What would be right."""


class HealthCheck(Body):
    """One part of the platform."""

    ok: bool
    degraded: bool
    """It works, by its second way, such as a spool while the store is down: somebody should look."""

    detail: str
    since: Instant | None
    """Since when it has been so; null when not known."""


class ProblemBody(Body):
    """A problem document (RFC 9457), served as application/problem+json."""

    type: str = "about:blank"
    title: str
    """The words of the HTTP status."""

    status: int
    detail: str
    """What is wrong here, and what to do."""

    instance: str
    """The path that was asked for."""

    request_id: str
    """Under this id the platform's log knows more; also in the header X-Request-Id."""

    errors: tuple[ParameterProblem, ...] | None = None
    """Of a 400: every wrong parameter."""

    checks: Mapping[str, HealthCheck] | None = None
    """Of /readyz: every part of the platform; those that are not `ok` are why."""


# ---- regions ----


class RegionRef(Body):
    """An administrative division, by name."""

    code: str
    name: str
    name_en: str | None


class RegionEntry(RegionRef):
    """An administrative division and its place in the tree."""

    level: Level
    parent: str | None
    """Code of the division above; null for a province."""


class RegionList(Body):
    """The divisions directly below one."""

    parent: RegionRef | None
    """null: these are the provinces."""

    regions: list[RegionEntry]


# ---- visits ----


class VisitDay(Body):
    """One station's visits on one local day."""

    day: date
    visits: int
    carried: int
    """Of `visits`, those that may belong to an earlier day: nothing was read around the midnight between."""

    quality: Quality
    """exact; provisional (the day is not over, or nothing later was heard yet); at_least (some were not counted)."""


class VisitRevision(Body):
    """A published count that changed after its day had been complete."""

    day: date
    old: int
    new: int
    why: str
    at: Instant


class StationVisits(Body):
    """One station's visits by day."""

    station: str
    days: list[VisitDay]
    """A day on which nothing was read of the station is left out."""

    revisions: list[VisitRevision]


class RegionVisitDay(VisitDay):
    """A region's visits on one local day; its quality is the weakest of its stations'."""

    stations: dict[Quality, int]
    """How many stations stand behind each label."""


class VisitsOfStations(Body):
    """Visits by station and day."""

    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    stations: list[StationVisits]


class VisitsOfRegion(Body):
    """Visits of a region by day."""

    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    region: RegionRef | None
    """null: the nation."""

    days: list[RegionVisitDay]


# ---- the summary ----


class SummaryNow(Body):
    """A region's numbers. Stations that are not in the registry are in none of them."""

    region: RegionRef | None
    """null: the nation."""

    stations: int
    smart: int
    """Built to report live."""

    all_day: int
    """Open 24 hours."""

    extended: int
    """With extended hours."""

    model: int
    """Named a model station by the union."""

    online: int
    dark: int
    """Were heard, and are not any more."""

    never_seen: int
    services: dict[str, int]
    """Stations that have it, by service."""

    people_present: int
    """People inside, over the stations whose occupancy is known now."""

    people_from: int
    """How many stations `people_present` speaks for."""

    donated: int
    """Things given to the donation shelves."""

    claimed: int
    """Things taken from them."""

    today: RegionVisitDay
    yesterday: RegionVisitDay


# ---- health ----


class Alive(Body):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(Body):
    """All parts of the platform work; `degraded` when one of them does so by its second way."""

    status: Literal["ready", "degraded"]
    checks: Mapping[str, HealthCheck]


# ---- the answers by name: what the document calls them ----


class RegionListAnswer(Answer[RegionList]):
    """Regions."""


class VisitsAnswer(Answer[VisitsOfStations | VisitsOfRegion]):
    """Visits of stations, or of a region."""


class SummaryAnswer(Answer[SummaryNow]):
    """A summary."""


class AliveAnswer(Answer[Alive]):
    """Health of the process."""


class ReadinessAnswer(Answer[Readiness]):
    """Health of the platform."""
