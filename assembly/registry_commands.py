"""What `yizhan stations` and `yizhan articles` do: files into the registry, and the registry onto the screen.

Enters: settings, files. Leaves: a registry that changed as a whole, or lines about what is wrong in the file.
Never: half an import.
"""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import Connection

from assembly.listing import show_list
from assembly.settings import Settings
from ingest.database import stations as tables
from ingest.database.database import Database
from ingest.model import Article, Station
from ingest.registry.articles_csv import CatalogueResult, import_articles
from ingest.registry.regions import RegionTree
from ingest.registry.stations_csv import ImportResult, import_stations


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The operational database, open inside the block; raises `StoreMisconfigured` with what to do."""
    database = Database(settings.database.url)
    try:
        await database.open()
        yield database
    finally:
        await database.close()


async def take_stations(settings: Settings, source: bytes, *, dry_run: bool) -> ImportResult:
    """Import a file of stations, all of it or, with errors or `dry_run`, nothing."""

    def take(connection: Connection) -> ImportResult:
        result = import_stations(source, {station.id: station for station in tables.load_all(connection)})
        if not dry_run and result.to_save:
            tables.save_all(connection, result.to_save, time.time_ns() // 1_000_000)
        return result

    async with opened(settings) as database:
        return await database.run(take)


async def take_articles(settings: Settings, source: bytes, *, dry_run: bool) -> CatalogueResult:
    """Make the medicine catalogue what the file says, all of it or, with errors or `dry_run`, nothing."""

    def take(connection: Connection) -> CatalogueResult:
        result = import_articles(source)
        if not dry_run and result.articles:
            tables.save_articles(connection, result.articles)
        return result

    async with opened(settings) as database:
        return await database.run(take)


async def stations_in(settings: Settings, region: str | None) -> list[Station]:
    """The registry's stations by id, of a region (any level) if given."""

    def read(connection: Connection) -> list[Station]:
        return [
            station
            for station in tables.load_all(connection)
            if region is None or region in (station.province, station.city, station.district)
        ]

    async with opened(settings) as database:
        return sorted(await database.read(read), key=lambda station: station.id)


async def articles(settings: Settings) -> list[Article]:
    """The medicine catalogue, by sku."""
    async with opened(settings) as database:
        return await database.read(tables.load_articles)


def show_stations(stations: Sequence[Station], regions: RegionTree) -> None:
    """On a terminal."""
    rows = [
        (
            station.id,
            station.name,
            regions.full_name(station.district or station.city or station.province),
            station.capacity,
            station.hours,
            " ".join(sorted(station.services)),
            _yes(station.smart),
        )
        for station in stations
    ]
    show_list(("id", "name", "region", "seats", "hours", "services", "smart"), rows)


def show_articles(catalogue: Sequence[Article]) -> None:
    """On a terminal."""
    rows = [
        (
            article.sku,
            f"{article.name} {article.name_en}".strip(),
            article.unit,
            article.par,
            article.minimum,
            _yes(article.essential),
            _yes(article.for_heat),
        )
        for article in catalogue
    ]
    show_list(("sku", "name", "unit", "par", "minimum", "essential", "for heat"), rows)


def _yes(is_so: bool) -> str:
    return "yes" if is_so else ""
