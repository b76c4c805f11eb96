"""The provinces as squares, and what their shades mean."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from api.pages.cartogram import PLACES, SHADES, SHORT_EN, SHORT_ZH, legend, squares
from ingest.registry.regions import load_regions

numbers = st.dictionaries(
    st.sampled_from(sorted(PLACES)), st.one_of(st.none(), st.integers(0, 10**6), st.floats(0, 1)), max_size=34
)


def test_every_province_has_a_square_of_its_own_and_names() -> None:
    """All 34 provinces of the table are there, no two in one place, each with a short name in both languages."""
    provinces = {region.code for region in load_regions().children(None)}
    assert set(PLACES) == provinces
    assert len(set(PLACES.values())) == len(provinces) == 34
    assert len(set(SHORT_ZH.values())) == len(set(SHORT_EN.values())) == 34
    assert {code: SHORT_ZH[code] for code in ("110000", "150000", "440000", "710000", "820000")} == {
        "110000": "京",
        "150000": "蒙",
        "440000": "粤",
        "710000": "台",
        "820000": "澳",
    }


@given(numbers)
def test_a_shade_says_its_range(given_numbers: dict[str, float | None]) -> None:
    """The number of every shaded square lies in the range of its shade; ranges do not overlap; nothing has shade 0."""
    ranges = {shade.number: shade for shade in legend(given_numbers)}
    drawn = squares(given_numbers)
    assert len(drawn) == 34
    for square in drawn:
        number = given_numbers.get(square.code)
        if number:
            assert ranges[square.shade].least <= number <= ranges[square.shade].most
        else:
            assert square.shade == 0
    ascending = [ranges[number] for number in sorted(ranges)]
    assert all(one.most < other.least for one, other in pairwise(ascending))
    assert all(1 <= number <= SHADES for number in ranges)


def test_one_giant_does_not_pale_the_others() -> None:
    """Shades are shared out by rank: with thirty small provinces and one huge one, all shades are there."""
    told: dict[str, float | None] = {code: float(place + 1) for place, code in enumerate(sorted(PLACES))}
    told["440000"] = 10.0**9
    assert len({square.shade for square in squares(told)}) == SHADES
