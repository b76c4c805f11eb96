"""Opaque cursors: where the next page of a list begins.

Enters: the id of the last entry of a page, or a cursor from a client. Leaves: the other of the two, or `WrongCursor`.
Never: trusts a cursor further than as a place in the order of ids.
"""

import base64
import binascii
from enum import StrEnum


class Order(StrEnum):
    """What a cursor is a place in. Another order gets another mark, and old cursors are then refused."""

    STATIONS = "s1:"
    DISTANCES = "n1:"
    LETTERS = "d1:"
    ALERTS = "a1:"
    OF_NOW = "o1:"
    ACTS = "l1:"


class WrongCursor(ValueError):
    """The text is not a cursor of ours."""


def cursor_behind(entry_id: str, order: Order = Order.STATIONS) -> str:
    """The cursor of the page that begins behind this entry."""
    return base64.urlsafe_b64encode((order + entry_id).encode()).decode().rstrip("=")


def parse_cursor(cursor: str, order: Order = Order.STATIONS) -> str:
    """The id to go on behind; raises `WrongCursor`."""
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise WrongCursor("it is not base64url") from error
    if not text.startswith(order):
        raise WrongCursor("it was not given by this route")
    return text[len(order) :]
