"""Lists on terminals of any width, and in pipes: an id can always be copied whole."""

from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from rich.console import Console

from assembly.listing import lines_of, local_time, show_list
from assembly.terminal import PIPE_COLUMNS

COLUMNS = ("id", "where", "what", "value")
ROWS = [
    ("bj-chaoyang-0001-1a2020dfd68", "朝阳门户外劳动者驿站\n朝阳门外大街 1 号", "stock_low item/hxzq-10ml", 2),
    ("bj-1", "驿站", "[bold]smoke[/] \x1b[2J", None),
]


def printed(width: int, rows: list[tuple[object, ...]]) -> str:
    """As a terminal of so many columns shows it."""
    output = StringIO()
    show_list(COLUMNS, rows, console=Console(width=width, file=output, force_terminal=True, color_system=None))
    return output.getvalue()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200, PIPE_COLUMNS])
def test_nothing_is_cut_off(width: int) -> None:
    """However narrow: every character of every value is there, and no line is wider than the terminal."""
    text = printed(width, list(ROWS))
    together = "".join(text.split())
    for row in ROWS:
        for cell in row:
            for line in str("" if cell is None else cell).replace("\x1b", "\\x1b").split("\n"):
                assert "".join(line.split()) in together
    assert "…" not in text
    assert all(cell_len(line) <= width for line in text.splitlines())


def test_a_table_where_it_fits_and_a_paragraph_an_entry_where_not() -> None:
    """Wide: one head. Narrow: the name of each value beside it, and none for what is empty."""
    assert printed(200, list(ROWS)).count("what") == 1
    narrow = printed(60, list(ROWS))
    assert narrow.count("what") == 2
    assert narrow.count("value") == 1


def test_no_rows_are_told_in_words() -> None:
    """An empty table looks like a fault."""
    assert printed(80, []) == "there is none\n"


def test_an_instant_is_shown_as_people_of_the_platform_read_it() -> None:
    """In the platform's zone, short; none stays none."""
    zone = ZoneInfo("Asia/Shanghai")
    assert local_time("2026-11-26T16:02:09Z", zone) == "11-27 00:02"
    assert local_time(None, zone) is None
    assert lines_of("a", None, "", 3) == "a\n3"
    assert lines_of(None) is None
