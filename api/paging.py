"""How a list is turned page by page.

Enters: a cursor from a client. Leaves: the place to go on from, the link to the next page. Never: what is listed.
"""

from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from api.cursors import Order, WrongCursor, parse_cursor
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


def after_instant(cursor: str | None) -> tuple[int, str]:
    """The (instant or place, id) to go on behind, in lists of alerts and jobs; raises `Problem` (400)."""
    number, _, entry_id = after(cursor, Order.ALERTS).partition(" ")
    if not (number.isascii() and number.isdecimal() and len(number) <= _DIGITS_MAX and entry_id):
        raise wrong_parameter("cursor", "it was not given by this route", "next_cursor of the page before")
    return int(number), entry_id


def next_link(request: web.Request, cursor: str | None) -> str | None:
    """The value of a Link header (RFC 8288); None behind the last page."""
    return None if cursor is None else f'<{request.rel_url.update_query(cursor=cursor)}>; rel="next"'
