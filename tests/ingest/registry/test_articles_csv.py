"""Importing a medicine catalogue: whole, or not at all."""

import csv
import io
from dataclasses import astuple

import pytest

from ingest.model import Article
from ingest.registry.articles_csv import COLUMNS, import_articles
from ingest.registry.catalogue import DEFAULT_CATALOGUE

HEADER = ",".join(COLUMNS.names) + "\n"


def test_default_catalogue_comes_back() -> None:
    """The shipped catalogue, written as a file and read, is the same."""
    out = io.StringIO()
    csv.writer(out).writerows(astuple(article) for article in DEFAULT_CATALOGUE)
    assert import_articles((HEADER + out.getvalue()).encode()).articles == DEFAULT_CATALOGUE


def test_optional_columns_may_be_left_out() -> None:
    """Without them an article is neither essential nor for heat, and has no English name."""
    result = import_articles("sku,name,unit,par,minimum\nice-pack,冰袋,袋,6,2\n")
    assert result.articles == (Article("ice-pack", "冰袋", "", "袋", 6, 2, essential=False, for_heat=False),)


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("HXZQ,x,,支,5,2,,", "sku", "hxzq-10ml"),
        (",x,,支,5,2,,", "sku", "every article has a sku"),
        ("abc,,,支,5,2,,", "name", "every article has a name"),
        ("abc,x,,支,0,0,,", "par", "from 1 to 10000"),
        ("abc,x,,支,5,-1,,", "minimum", "from 0 to 10000"),
        ("abc,x,,支,5,6,,", "minimum", "above par 5"),
        ("abc,x,,支,5,2,perhaps,", "essential", "true or false"),
        ("abc," + "x" * 65 + ",,支,5,2,,", "name", "64 at most"),
        ("good,x,,支,5,2,,", "sku", "good stands on line 2 already"),
    ],
)
def test_bad_row_keeps_the_catalogue_out(row: str, column: str, says: str) -> None:
    """A bad row is named by line and column, and nothing comes in."""
    result = import_articles(f"{HEADER}good,好,,支,5,2,yes,no\n{row}\n")
    assert result.articles == ()
    (error,) = result.errors
    assert (error.line, error.column) == (3, column)
    assert says in str(error)


def test_unreadable_file_is_told() -> None:
    """A file without the columns is told which they are."""
    (error,) = import_articles(b"sku;name\n").errors
    assert "separate them by commas" in str(error)
