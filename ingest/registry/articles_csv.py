"""The medicine catalogue from a CSV file (docs/registry.md): all of its rows are right, or none is taken.

Enters: the file. Leaves: a `CatalogueResult`. Never: writes anything, or merges with what the registry has.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from ingest.model import Article
from ingest.registry.csv_rows import (
    Columns,
    Row,
    RowError,
    UnreadableCsv,
    WrongCell,
    flag_cell,
    integer_cell,
    read_rows,
    text_cell,
)

COLUMNS: Final = Columns(
    names=("sku", "name", "name_en", "unit", "par", "minimum", "essential", "for_heat"),
    required=("sku", "name", "unit", "par", "minimum"),
)
TEXT_LONGEST: Final = 64
"""Of names and units. Larger breaks the line of a restocking list; smaller refuses true names of medicines."""
PIECES_MOST: Final = 10_000

_SKU: Final = re.compile(r"[0-9a-z][0-9a-z-]{1,31}")


@dataclass(frozen=True, slots=True)
class CatalogueResult:
    """The whole catalogue of the file; empty when there are errors."""

    articles: tuple[Article, ...] = ()
    errors: tuple[RowError, ...] = ()
    """By line."""


def import_articles(source: bytes | str) -> CatalogueResult:
    """The catalogue that the file describes; never raises for what the file holds."""
    try:
        rows, errors = read_rows(source, COLUMNS)
    except UnreadableCsv as unreadable:
        return CatalogueResult(errors=(unreadable.error,))
    articles: list[Article] = []
    first_line: dict[str, int] = {}
    for row in rows:
        found = _article(row)
        if isinstance(found, Article):
            articles.append(found)
        else:
            errors += found
        sku = row.cells["sku"]
        first = first_line.setdefault(sku, row.line)
        if sku and first != row.line:
            errors.append(RowError(row.line, "sku", f"{sku} stands on line {first} already", "delete one of the two"))
    if errors:
        return CatalogueResult(errors=tuple(sorted(errors)))
    return CatalogueResult(articles=tuple(articles))


def _article(row: Row) -> Article | list[RowError]:
    fields: dict[str, Any] = {"name_en": "", "essential": False}
    errors: list[RowError] = []
    for column, cell in row.cells.items():
        try:
            fields[column] = _value(column, cell)
        except WrongCell as wrong:
            errors.append(RowError(row.line, column, wrong.problem, wrong.remedy))
    if not errors and fields["minimum"] > fields["par"]:
        problem = f"minimum {fields['minimum']} is above par {fields['par']}"
        errors.append(RowError(row.line, "minimum", problem, "a refill brings the stock to par: write a lower minimum"))
    return errors or Article(**fields)


def _value(column: str, cell: str) -> object:
    if not cell and column in COLUMNS.required:
        raise WrongCell("empty", f"every article has a {column}")
    match column:
        case "sku":
            if not _SKU.fullmatch(cell):
                raise WrongCell(f"not a sku: {cell!r}", "write 2 to 32 of 0-9 a-z -, for example hxzq-10ml")
            return cell
        case "par":
            return integer_cell(cell, 1, PIECES_MOST)
        case "minimum":
            return integer_cell(cell, 0, PIECES_MOST)
        case "essential" | "for_heat":
            return flag_cell(cell or "false")
        case _:
            return text_cell(cell, TEXT_LONGEST)
