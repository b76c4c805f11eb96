"""Rows of a CSV file that a person made: decoded, by column, with the line on which each begins.

Enters: bytes or text, and the columns that a row must and may have. Leaves: rows, or words for the person.
Never: the meaning of a column (that is stations_csv.py and articles_csv.py), or a guess at a wrong cell.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

YES: Final = frozenset({"true", "yes", "1", "是"})
NO: Final = frozenset({"false", "no", "0", "否"})

_SAVE_AS_UTF8: Final = (
    "in Excel or WPS save it as \u201cCSV UTF-8 (comma delimited)\u201d, "
    "or run: iconv -f GB18030 -t UTF-8 OLD.csv > NEW.csv"
)
_INTEGER: Final = re.compile(r"[0-9]{1,9}")
_DECIMAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")


class RowError(NamedTuple):
    """Something in the file that a person must correct."""

    line: int
    """In the file, from 1; of a row that spans lines, its first. 0 when it is about the whole file."""
    column: str
    """Empty when it is about the whole row or file."""
    problem: str
    remedy: str

    def __str__(self) -> str:
        where = ", ".join(part for part in (f"line {self.line}" if self.line else "", self.column) if part)
        return f"{where or 'file'}: {self.problem}; {self.remedy}"


class UnreadableCsv(ValueError):
    """Nothing of the file can be read; `error` says why."""

    def __init__(self, error: RowError) -> None:
        super().__init__(str(error))
        self.error = error


class WrongCell(ValueError):
    """A cell cannot be what its column asks for."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.problem = problem
        self.remedy = remedy


class Row(NamedTuple):
    """One row; cells are stripped of the white space around them."""

    line: int
    cells: dict[str, str]


class Columns(NamedTuple):
    """What a header may name."""

    names: Sequence[str]
    required: Sequence[str]
    """Of those, what it must name."""


def read_rows(source: bytes | str, columns: Columns) -> tuple[list[Row], list[RowError]]:
    """All rows with the right number of cells, and an error for each of the others; raises `UnreadableCsv`."""
    text = source if isinstance(source, str) else _decoded(source)
    records = _records(text.removeprefix("\ufeff"))
    line, header = next(records, (0, []))
    names = _checked_header(line, header, columns)
    rows: list[Row] = []
    errors: list[RowError] = []
    for line, record in records:
        if len(record) == len(names):
            rows.append(Row(line, {name: cell.strip() for name, cell in zip(names, record, strict=True)}))
        else:
            problem = f"{len(record)} cells where the header names {len(names)} columns"
            errors.append(RowError(line, "", problem, "write one cell a column; quote a cell that has a comma in it"))
    if not rows and not errors:
        raise UnreadableCsv(RowError(0, "", "the file has a header and no rows", "add at least one row"))
    return rows, errors


def text_cell(cell: str, longest: int) -> str:
    """A single line of at most `longest` characters; raises `WrongCell`."""
    if _CONTROL.search(cell):
        raise WrongCell("a line break or control character", "write it on one line")
    if len(cell) > longest:
        raise WrongCell(f"{len(cell)} characters", f"{longest} at most")
    return cell


def integer_cell(cell: str, lowest: int, highest: int) -> int:
    """A whole number in plain digits; raises `WrongCell`."""
    if not _INTEGER.fullmatch(cell) or not lowest <= int(cell) <= highest:
        raise WrongCell(f"not a whole number from {lowest} to {highest}: {cell!r}", "write digits only")
    return int(cell)


def decimal_cell(cell: str) -> float:
    """A number in plain digits with a dot; raises `WrongCell`."""
    if not _DECIMAL.fullmatch(cell):
        raise WrongCell(f"not a decimal number: {cell!r}", "write degrees with a dot, for example 39.9087")
    return float(cell)


def flag_cell(cell: str) -> bool:
    """Yes or no, in one of their spellings; raises `WrongCell`."""
    if cell.lower() in YES:
        return True
    if cell.lower() in NO:
        return False
    raise WrongCell(f"neither yes nor no: {cell!r}", "write true or false (also yes/no, 1/0, 是/否)")


def _decoded(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnreadableCsv(RowError(0, "", "the file is UTF-16, not UTF-8", "save it as UTF-8"))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        looks_like = " (it looks like GBK, which Excel writes as plain \u201cCSV\u201d)" if _is_gbk(raw) else ""
        problem = f"the file is not UTF-8{looks_like}"
        raise UnreadableCsv(RowError(line, "", problem, _SAVE_AS_UTF8)) from None


def _is_gbk(raw: bytes) -> bool:
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not empty, with the line on which it begins; raises `UnreadableCsv`."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    while True:
        try:
            record = next(reader, None)
        except csv.Error as error:
            problem = f"from here on it is not CSV ({error})"
            remedy = 'close every quote, and write a quote inside a quoted cell twice: ""'
            raise UnreadableCsv(RowError(begins, "", problem, remedy)) from None
        if record is None:
            return
        if any(cell.strip() for cell in record):
            yield begins, record
        begins = reader.line_num + 1


def _checked_header(line: int, header: Sequence[str], columns: Columns) -> list[str]:
    names = [cell.strip().lower() for cell in header]
    wanted = ",".join(columns.names)
    if not names:
        raise UnreadableCsv(RowError(0, "", "the file is empty", f"begin with the header: {wanted}"))
    if len(names) == 1 and any(separator in header[0] for separator in ";\t|，"):
        problem = "columns are not separated by commas"
        raise UnreadableCsv(RowError(line, "", problem, f"separate them by commas, as in the header: {wanted}"))
    unknown = [name or "(empty)" for name in names if name not in columns.names]
    if unknown:
        problem = f"unknown column {', '.join(unknown)}"
        raise UnreadableCsv(RowError(line, "", problem, f"columns may be: {wanted}"))
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        problem = f"column {', '.join(repeated)} stands twice"
        raise UnreadableCsv(RowError(line, "", problem, "name each column once"))
    missing = [name for name in columns.required if name not in names]
    if missing:
        problem = f"column {', '.join(missing)} is missing"
        raise UnreadableCsv(RowError(line, "", problem, f"columns are: {wanted}"))
    return names
