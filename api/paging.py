"""How a list is turned page by page.

Enters: a cursor from a client. Leaves: the place to go on from, the link to the next page. Never: what is listed.
"""

from collections.abc import Sequence
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from api.cursors import Order, WrongCursor, cursor_behind, parse_cursor
from api.problems import wrong_parameter
from api.selection import START, Place

LIMIT_MAX: Final = 1000
LIMIT_DEFAULT: Final = 100
_DIGITS_MAX: Final = 18
"""What fits into 64 bits."""

Cursor = Annotated[str | None, Field(description="next_cursor of the page before; without it: the first")]


def after(cursor: str | None, order: Order = Order.STATIONS) -> str:
    """The id to go on behind, empty for the first page; raises `Problem` (400)."""
    if cursor is None:
        return ""
    try:
        return parse_cursor(cursor, order)
    except WrongCursor as error:
        expected = "next_cursor of the page before; leave it out for the first page"
        raise wrong_parameter("cursor", str(error), expected) from error


def after_distance(cursor: str | None) -> Place:
    """The place to go on behind in an order of distances; raises `Problem` (400)."""
    text = after(cursor, Order.DISTANCES)
    if not text:
        return START
    distance, _, station_id = text.partition(" ")
    try:
        return Place(float(distance), station_id)
    except ValueError as error:
        raise wrong_parameter("cursor", "it holds no distance", "next_cursor of the page before") from error


def after_instant(cursor: str | None, order: Order = Order.ALERTS) -> tuple[int, str]:
    """The (instant or place, id) to go on behind, in lists of alerts and jobs; raises `Problem` (400)."""
    number, _, entry_id = after(cursor, order).partition(" ")
    if not (number.isascii() and number.isdecimal() and len(number) <= _DIGITS_MAX and entry_id):
        raise wrong_parameter("cursor", "it was not given by this route", "next_cursor of the page before")
    return int(number), entry_id


def page_of_now(ids: Sequence[str], cursor: str | None, limit: int) -> tuple[slice, str | None]:
    """Of a list in memory that moves between two questions: which part to give, and the cursor behind it.

    It goes on behind the last that was given, wherever that stands now; where it is gone, at its old place. Raises
    `Problem` (400).
    """
    begin = 0
    if cursor:
        number, last = after_instant(cursor, Order.OF_NOW)
        begin = ids.index(last) + 1 if last in ids else min(max(number - 1, 0), len(ids))
    end = begin + limit
    return slice(begin, end), cursor_behind(f"{end} {ids[end - 1]}", Order.OF_NOW) if end < len(ids) else None


def next_link(request: web.Request, cursor: str | None) -> str | None:
    """The value of a Link header (RFC 8288); None behind the last page."""
    return None if cursor is None else f'<{request.rel_url.update_query(cursor=cursor)}>; rel="next"'
