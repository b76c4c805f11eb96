"""Records: what operators are told is what the books of the path of a reading hold."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.model import Kind
from ingest.records import BookRecords
from tests.ingest.making import MINUTE_MS, NOW_MS, document, message
from tests.ingest.world import World, running


async def test_figures_are_those_of_the_accounts() -> None:
    """Stored, refused and known already, by kind and reason, and nothing is left over."""
    async with running(World()) as world:
        world.take(message(Kind.OCCUPANCY, document(seq=1)), message(Kind.OCCUPANCY, document(seq=1)))
        world.take(message(Kind.EXCHANGE, document(Kind.EXCHANGE)), message(Kind.BATTERY, b"{"))
        await world.idle()
        figures = BookRecords(world.books, 77).figures()
    assert (figures.since_ms, figures.received, figures.in_flight, figures.balance) == (77, 4, 0, 0)
    assert figures.stored == {Kind.OCCUPANCY: 1, Kind.EXCHANGE: 1}
    assert figures.duplicate == {Kind.OCCUPANCY: 1}
    assert figures.refused == {"not_json": 1}


@given(st.lists(st.tuples(st.sampled_from([Kind.OCCUPANCY, Kind.EXCHANGE]), st.integers(1, 3), st.integers(1, 9))))
async def test_sent_is_received_and_missing(arrivals: list[tuple[Kind, int, int]]) -> None:
    """By kind and boot, whatever came in whatever order: numbered less missing is what came, each once."""
    async with running(World()) as world:
        for kind, boot, seq in arrivals:
            world.take(message(kind, document(kind, boot=boot, seq=seq, ts=NOW_MS + seq)))
        await world.idle()
        record = BookRecords(world.books, 0).of_station("st-1")
    assert (record is not None) == bool(arrivals)
    for one in record.boots if record is not None else ():
        came = {seq for kind, boot, seq in arrivals if (kind, boot) == (one.kind, one.boot)}
        holes = {seq for low, high in one.holes for seq in range(low, high + 1)}
        assert one.missing == len(holes)
        assert one.sent >= one.received
        assert holes.isdisjoint(came)
        # Numbers below the first one heard of the oldest boot were not sent to us; those of them that came are extra.
        assert came >= set(range(max(came) - one.sent + 1, max(came) + 1)) - holes
        assert one.received <= len(came)


async def test_record_tells_clock_backlog_and_oddities() -> None:
    """The newest reading's way, the last backlog, unknown fields, repeats, refusals, a meter that went back."""
    async with running(World()) as world:
        world.take(message(Kind.OCCUPANCY, document(seq=1, entered=9, ts=NOW_MS - 2 * MINUTE_MS)))
        await world.idle()
        world.take(message("backlog", {"readings": [{"kind": "occupancy", **document(seq=4, ts=NOW_MS - 60_000)}]}))
        await world.idle()
        world.clock.now_ms += 250
        world.take(message(Kind.EXCHANGE, document(Kind.EXCHANGE, ts=NOW_MS, colour="red")))
        world.take(message(Kind.OCCUPANCY, document(seq=4, ts=NOW_MS - 60_000)), message(Kind.BATTERY, b"{}"))
        await world.idle()
        record = BookRecords(world.books, 0).of_station("st-1")
    assert record is not None
    assert (record.clock_offset_ms, record.clock_seen_ms) == (250, NOW_MS + 250)
    assert (record.backlog_at_ms, record.backlog_readings) == (NOW_MS, 1)
    assert (record.duplicates, record.refused, record.unknown_fields) == (1, {"missing_field": 1}, ("colour",))
    assert record.meter_went_back == 1
    [boot] = [one for one in record.boots if one.kind is Kind.OCCUPANCY]
    assert (boot.sent, boot.received, boot.holes) == (4, 2, [(2, 3)])


async def test_station_that_only_announced_itself_has_no_clock() -> None:
    """A birth is no reading: nothing is sent, nothing is missing."""
    async with running(World()) as world:
        world.take(message("state", {"online": True, "boot": 1}))
        await world.until(lambda: world.books.accounting.births == 1)
        record = BookRecords(world.books, 0).of_station("st-1")
    assert record is not None
    assert (record.boots, record.clock_offset_ms, record.backlog_at_ms) == ((), None, None)


async def test_station_that_was_never_heard_has_no_record() -> None:
    """Whether it is registered or not."""
    async with running(World()) as world:
        assert BookRecords(world.books, 0).of_station("st-1") is None
