"""Opaque cursors: where the next page of stations begins.

Enters: the id of the last station of a page, or a cursor from a client. Leaves: the other of the two, or `WrongCursor`.
Never: trusts a cursor further than as a place in the order of ids.
"""

import base64
import binascii
from typing import Final

_MARK: Final = "s1:"
"""Names the order that the cursor is a place in; another order gets another mark, and old cursors are then refused."""


class WrongCursor(ValueError):
    """The text is not a cursor of ours."""


def cursor_behind(station_id: str) -> str:
    """The cursor of the page that begins behind this station."""
    return base64.urlsafe_b64encode((_MARK + station_id).encode()).decode().rstrip("=")


def parse_cursor(cursor: str) -> str:
    """The station id to go on behind; raises `WrongCursor`."""
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise WrongCursor("it is not base64url") from error
    if not text.startswith(_MARK):
        raise WrongCursor("it was not given by this route")
    return text[len(_MARK) :]
