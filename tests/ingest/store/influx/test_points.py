"""Points: each reading has one of its own, and the same one each time."""

from hypothesis import assume, given
from hypothesis import strategies as st

from ingest.store.influx.points import BOOT_STEP, PLACES, point_ns, string_field, tags
from tests.ingest.store.line_protocol import points
from tests.ingest.store.readings import NOW_MS, ORDINALS

INSTANTS = st.integers(-NOW_MS, 2 * NOW_MS)


@given(INSTANTS, ORDINALS, ORDINALS)
def test_point_lies_inside_its_millisecond(ts_ms: int, boot: int, seq: int) -> None:
    """Whatever asks InfluxDB by time in ms finds the reading where it was sampled, before 1970 too."""
    assert point_ns(ts_ms, boot, seq) // 1_000_000 == ts_ms


@given(INSTANTS, ORDINALS, ORDINALS, st.integers(1, PLACES - 1))
def test_clock_that_stands_still_or_is_set_back_overwrites_nothing(ts_ms: int, boot: int, seq: int, on: int) -> None:
    """Readings of one start in the same millisecond have points of their own, up to almost ten thousand."""
    assert point_ns(ts_ms, boot, seq) != point_ns(ts_ms, boot, seq + on)


@given(INSTANTS, ORDINALS, ORDINALS, st.integers(1, 20), st.integers(-150, 150))
def test_clock_that_starts_at_the_same_instant_each_time_overwrites_nothing(
    ts_ms: int, boot: int, seq: int, reboots: int, on: int
) -> None:
    """Readings of neighbouring starts in the same millisecond have points of their own unless seq is far apart."""
    assume(seq + on >= 1)
    assert point_ns(ts_ms, boot, seq) != point_ns(ts_ms, boot + reboots, seq + on)


def test_readings_that_share_a_point_are_as_rare_as_promised() -> None:
    """Two readings of one millisecond meet only where seq differs by more than 3,000 over the boots between them."""
    for reboots in range(1, 200):
        apart = min(reboots * BOOT_STEP % PLACES, -reboots * BOOT_STEP % PLACES)
        assert apart * reboots > 3_000


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=30))
def test_string_field_is_read_back(text: str) -> None:
    """Quotes, backslashes, commas and blanks in a text change nothing around it."""
    (point,) = points(f"m,t=1 s={string_field(text)},after=1i 7")
    assert point.fields == {"s": text, "after": 1}


@given(st.text(st.characters(codec="utf-8", exclude_characters='\n\r\\"'), min_size=1, max_size=30))
def test_tag_is_read_back(text: str) -> None:
    """Commas, equals signs and blanks in a tag change nothing around it."""
    (point,) = points(f"m,{tags('bj-000001', text)} x=1i 7")
    assert point.tags == {"station": "bj-000001", "province": text}
