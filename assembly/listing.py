"""Lists on a terminal: a table where it fits, else an entry a paragraph. An id that is cut off can be used for nothing.

Enters: columns and rows. Leaves: lines; a pipe gets the table however wide it is. Never: part of a value.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assembly.terminal import PIPE_COLUMNS, out, printable

Row = Sequence[object]
"""A cell a column; None is an empty one. What stands in it is shown as it is, and not as markup."""


def show_list(
    columns: Sequence[str], rows: Sequence[Row], nothing: str = "there is none", *, console: Console = out
) -> None:
    """Print all of it; where there are no rows, `nothing`."""
    if not rows:
        console.print(nothing, markup=False, highlight=False)
        return
    table = Table(
        *columns, box=box.SIMPLE_HEAD, pad_edge=False, show_lines=any("\n" in str(cell) for row in rows for cell in row)
    )
    for row in rows:
        table.add_row(*(escape(shown(cell)) for cell in row))
    natural = console.measure(table, options=console.options.update(max_width=PIPE_COLUMNS)).maximum
    if natural <= console.width:
        console.print(table)
        return
    for row in rows:
        console.print(_paragraph(columns, row))


def shown(cell: object) -> str:
    """A value as text; control characters of somebody else's as what they are."""
    return "" if cell is None else printable(str(cell))


def local_time(instant: str | None, zone: ZoneInfo) -> str | None:
    """An instant of an answer as people of the platform read it: 11-26 14:02."""
    return None if instant is None else datetime.fromisoformat(instant).astimezone(zone).strftime("%m-%d %H:%M")


def lines_of(*parts: object) -> str | None:
    """One cell of several lines, without those that are empty."""
    return "\n".join(str(part) for part in parts if part not in (None, "")) or None


def _paragraph(columns: Sequence[str], row: Row) -> Table:
    """Names and values below each other; empty ones are left out, long ones go on in the next line."""
    paragraph = Table.grid(padding=(0, 2, 0, 0))
    paragraph.add_column(style="dim", no_wrap=True)
    paragraph.add_column(overflow="fold")
    for name, cell in zip(columns, row, strict=True):
        if shown(cell):
            paragraph.add_row(escape(name), escape(shown(cell)))
    paragraph.add_row("", "")
    return paragraph
