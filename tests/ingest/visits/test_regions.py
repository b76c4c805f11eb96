"""Totals of regions: moved station by station, they equal a sum made anew."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ingest.model import DayCount, Quality, Station
from ingest.visits.regions import DayTotals, all_codes, wide_codes

DAY = date(2026, 11, 22)
PLACES = {
    "s-1": ("110000", None, "110101"),
    "s-2": ("110000", None, "110102"),
    "s-3": ("440000", "440100", "440103"),
    "s-4": ("440000", "441900", None),  # Dongguan has no districts
}


def station(name: str) -> Station:
    """An entry of the registry."""
    province, city, district = PLACES[name]
    return Station(name, name, 39.9, 116.4, province, city, district)


counts = st.builds(
    DayCount,
    st.sampled_from(sorted(PLACES)),
    st.just(DAY),
    st.integers(0, 50),
    st.integers(0, 5),
    st.sampled_from(Quality),
)


@given(st.lists(counts, max_size=20))
def test_totals_equal_a_sum_made_anew(moves: list[DayCount]) -> None:
    """However often counts change, each region's day is the sum over its stations, with the weakest label."""
    totals = DayTotals(DAY)
    now: dict[str, DayCount] = {}
    for new in moves:
        totals.move(all_codes(station(new.station)), now.get(new.station), new)
        now[new.station] = new
    for code in (None, "110000", "110101", "110102", "440000", "440100", "440103", "441900"):
        there = [count for name, count in now.items() if code is None or code in PLACES[name]]
        region = totals.of(code)
        assert (region.day, region.visits, region.carried) == (
            DAY,
            sum(count.visits for count in there),
            sum(count.carried for count in there),
        )
        assert region.stations == {label: sum(count.quality is label for count in there) for label in Quality}
        if there:
            assert region.quality.rank == max(count.quality.rank for count in there)


def test_a_region_without_counts_is_provisional() -> None:
    """Nothing has been heard yet, so nothing can be final."""
    region = DayTotals(DAY).of("650000")
    assert (region.visits, region.quality, set(region.stations.values())) == (0, Quality.PROVISIONAL, {0})


def test_a_count_that_is_withdrawn_leaves_nothing() -> None:
    """A station that left the region takes its visits with it."""
    totals = DayTotals(DAY)
    count = DayCount("s-3", DAY, 7, 2, Quality.AT_LEAST)
    totals.move(("440000",), None, count)
    totals.move(("440000",), count, None)
    assert totals.of("440000") == DayTotals(DAY).of("440000")


def test_a_station_counts_for_each_of_its_levels_that_exist() -> None:
    """A level that does not exist there is no region."""
    assert all_codes(station("s-1")) == (None, "110000", "110101")
    assert all_codes(station("s-3")) == (None, "440000", "440100", "440103")
    assert all_codes(station("s-4")) == (None, "440000", "441900")
    assert wide_codes(station("s-3")) == (None, "440000", "440100")
