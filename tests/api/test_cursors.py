"""Cursors: opaque places in the order of ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cursors import WrongCursor, cursor_behind, parse_cursor


@given(st.from_regex(r"[0-9a-z][0-9a-z-]{2,31}", fullmatch=True))
def test_a_cursor_leads_back_to_its_station(station_id: str) -> None:
    """Every id survives the way into a cursor and back, and needs no quoting in a URL."""
    cursor = cursor_behind(station_id)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert parse_cursor(cursor) == station_id


@given(st.text())
def test_any_other_text_is_refused_by_name(text: str) -> None:
    """A text is a cursor of ours or a `WrongCursor`, never another error."""
    try:
        station_id = parse_cursor(text)
    except WrongCursor:
        return
    assert parse_cursor(cursor_behind(station_id)) == station_id


def test_a_cursor_of_another_order_is_refused() -> None:
    """base64 of something else is not taken for a station."""
    with pytest.raises(WrongCursor, match="not given by this route"):
        parse_cursor("YmotMDAwMQ")
