"""The registry's tables: stations and articles, by their id and sku.

Enters: stations and articles. Leaves: the same, in order; what many stations have in common is one object.
Never: deletes a station (its id is never given again), or moves `updated_ms` of a row that says the same as before.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select

from ingest.database.bulk import BulkWriter, Columns, Outcome, last_wins
from ingest.database.streaming import stream
from ingest.database.tables import ARTICLE, STATION
from ingest.model import Access, Article, Station


def _if_changed(kept: Columns, offered: Columns) -> Outcome:
    differs = [
        offered[name].is_distinct_from(kept[name])
        for name in kept.keys()  # noqa: SIM118 - SQLAlchemy's columns iterate over the columns, not their names
        if name != "updated_ms"
    ]
    return Outcome(last_wins(kept, offered).values, moved=or_(*differs))


SAVE_STATION: Final = BulkWriter(STATION, _if_changed)
ADD_ARTICLE: Final = BulkWriter(ARTICLE)

SELECT_STATIONS: Final = select(*(column for column in STATION.columns if column.name != "updated_ms"))
SELECT_ARTICLES: Final = select(ARTICLE).order_by(ARTICLE.c.sku)


def save_all(connection: Connection, stations: Iterable[Station], now_ms: int) -> None:
    """Write stations over those with the same id; of several with one id the last one stays."""
    service_texts: dict[frozenset[str], str] = {}
    rows: dict[str, tuple[Any, ...]] = {}
    for station in stations:
        services = service_texts.get(station.services)
        if services is None:
            services = service_texts[station.services] = json.dumps(sorted(station.services))
        rows[station.id] = (
            *(station.id, station.name, station.lat, station.lon, station.province, station.city, station.district),
            *(station.address, station.name_en, station.capacity, services, station.hours, station.access.value),
            *(station.smart, station.model, now_ms),
        )
    SAVE_STATION.write(connection, [row for _id, row in sorted(rows.items())])


def load_all(connection: Connection) -> Iterator[Station]:
    """All stations, in no order, streamed; to be used up before the transaction ends."""
    texts: dict[str | None, str | None] = {}
    service_sets: dict[str, frozenset[str]] = {}
    accesses = {access.value: access for access in Access}

    def services_of(text: str) -> frozenset[str]:
        found = service_sets.get(text)
        if found is None:
            found = service_sets[text] = frozenset(sys.intern(code) for code in json.loads(text))
        return found

    one_of: Callable[[Any, Any], Any] = texts.setdefault
    for row in stream(connection, SELECT_STATIONS):
        station, name, lat, lon, province, city, district, address, name_en, capacity, *rest = row
        services, hours, access, smart, model = rest
        yield Station(
            id=station,
            name=name,
            lat=lat,
            lon=lon,
            province=one_of(province, province),
            city=one_of(city, city),
            district=one_of(district, district),
            address=address,
            name_en=one_of(name_en, name_en),
            capacity=capacity,
            services=services_of(services),
            hours=one_of(hours, hours),
            access=accesses[access],
            smart=bool(smart),
            model=bool(model),
        )


def save_articles(connection: Connection, articles: Sequence[Article]) -> None:
    """The catalogue becomes exactly these articles."""
    connection.execute(delete(ARTICLE))
    ADD_ARTICLE.write(
        connection,
        [
            (item.sku, item.name, item.name_en, item.unit, item.par, item.minimum, item.essential, item.for_heat)
            for item in articles
        ],
    )


def load_articles(connection: Connection) -> list[Article]:
    """The catalogue, by sku."""
    return [Article(*row) for row in connection.execute(SELECT_ARTICLES)]


def version(connection: Connection) -> tuple[object, ...]:
    """Equal as long as the registry is: a reader that keeps it in memory asks this to see an import."""
    latest = connection.execute(select(func.max(STATION.c.updated_ms), func.count())).one()
    return (*latest, *load_articles(connection))


def stands_in(station: ColumnElement[Any], regions: Iterable[str]) -> ColumnElement[bool]:
    """Whether the station that a column names is in one of these regions, of any level.

    Asked of each row, so that a page stays a walk along the index of its own table.
    """
    levels = (STATION.c.province, STATION.c.city, STATION.c.district)
    there = or_(*(level.in_(sorted(regions)) for level in levels))
    return select(STATION.c.id).where(STATION.c.id == station, there).exists()
