"""docs/registry.md says what the code does."""

import re
from pathlib import Path

from ingest.registry.articles_csv import import_articles
from ingest.registry.regions import load_regions
from ingest.registry.services import SERVICES
from ingest.registry.stations_csv import COLUMNS, import_stations

PAGE = (Path(__file__).parents[3] / "docs" / "registry.md").read_text(encoding="utf-8")
STATIONS_EXAMPLE, ARTICLES_EXAMPLE = re.findall(r"```csv\n(.*?)```", PAGE, flags=re.DOTALL)


def test_example_of_stations_can_be_imported() -> None:
    """The page's file brings in its three stations without a note."""
    result = import_stations(STATIONS_EXAMPLE, {})
    assert result.errors == result.notes == ()
    assert [station.district for station in result.added] == ["110105", "440106", None]
    assert [station.access for station in result.added] == ["24h", "extended", "business"]


def test_example_of_articles_can_be_imported() -> None:
    """The page's catalogue brings in its two articles."""
    result = import_articles(ARTICLES_EXAMPLE)
    assert result.errors == ()
    assert [article.for_heat for article in result.articles] == [True, False]


def test_every_column_is_explained() -> None:
    """The page has a row for each column, and says which must be there."""
    rows = re.findall(r"^\| (`[a-z_`, ]+) \| (yes)? ?\|", PAGE, flags=re.MULTILINE)
    explained = {name: needed for names, needed in rows for name in re.findall(r"`([a-z_]+)`", names)}
    assert set(COLUMNS.names) <= explained.keys()
    assert {name for name, needed in explained.items() if needed} == set(COLUMNS.required)


def test_every_service_is_listed() -> None:
    """The page's table of services is that of the code, in its order."""
    table = PAGE.split("## Services")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([a-z_]+)` \| (.+?) \| (.+?) \|$", table, flags=re.MULTILINE)
    assert rows == [tuple(service) for service in SERVICES.values()]


def test_regions_are_those_of_the_page() -> None:
    """The page names the date and the numbers of the table that ships."""
    tree = load_regions()
    provinces = tree.children()
    cities = sum(region.level == "city" for region in tree)
    assert tree.as_of in PAGE
    assert f"{len(provinces)} provinces, {cities} cities, {len(tree) - cities - len(provinces):,} districts" in PAGE
