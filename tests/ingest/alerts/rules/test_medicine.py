"""What a medicine box's readings mean, by the catalogue and the local day."""

from datetime import date, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts.model import GOOD, Finding
from ingest.alerts.rules.catalogue import DEFAULT_RULES
from ingest.alerts.rules.medicine import Shelf, is_quiet, look
from ingest.alerts.rules.rule import Known
from ingest.model import Article
from tests.ingest.alerts.rules.stories import all_known, box, by_place

TODAY: Final = date(2026, 11, 26)
SHELF: Final = Shelf(
    [
        Article("heart", "救心丸", "Heart pills", "瓶", 4, 1, essential=True),
        Article("plaster", "创可贴", "Plaster", "片", 50, 15, essential=True),
        Article("mask", "口罩", "Mask", "只", 50, 15, essential=False),
        Article("torch", "手电", "Torch", "个", 1, 1, essential=False),
        Article("scissors", "剪刀", "Scissors", "把", 1, 0, essential=False),
    ]
)


def lot(sku: str, qty: int, expires: date | None = None, **fields: Any) -> dict[str, Any]:
    """One lot."""
    return {"sku": sku, "qty": qty, **({"expires": expires.isoformat()} if expires else {}), **fields}


FULL: Final = (lot("heart", 4), lot("plaster", 40), lot("mask", 30), lot("scissors", 1))


def said(*lots: dict[str, Any], rule: str, part: str, **fields: Any) -> Finding:
    """What a rule says of a part of which there is an alert."""
    body = box(*lots, **fields)
    return by_place(look(body, DEFAULT_RULES, SHELF, TODAY, all_known(body, part)))[rule, part]


@pytest.mark.parametrize(
    ("lots", "sku", "reached", "pieces"),
    [
        ([lot("plaster", 16)], "plaster", GOOD, 16),
        ([lot("plaster", 15)], "plaster", 0, 15),
        ([lot("plaster", 0)], "plaster", 1, 0),
        ([lot("plaster", 9, lot="A"), lot("plaster", 9, lot="B")], "plaster", GOOD, 18),
        # What is essential and not listed is not there.
        ([], "plaster", 1, 0),
        # What is not essential is never critical, and not missed where it is not carried.
        ([lot("mask", 0)], "mask", 0, 0),
        # Expired yesterday: there, and no stock; today is still good.
        ([lot("plaster", 40, TODAY - timedelta(days=1)), lot("plaster", 3)], "plaster", 0, 3),
        ([lot("plaster", 40, TODAY - timedelta(days=1))], "plaster", 1, 0),
        ([lot("plaster", 40, TODAY)], "plaster", GOOD, 40),
        # One is all that there ever is.
        ([lot("torch", 1)], "torch", GOOD, 1),
        ([lot("torch", 0)], "torch", 0, 0),
        # Without a minimum, or unknown to the catalogue: no rule.
        ([lot("scissors", 0)], "scissors", GOOD, 0),
        ([lot("stranger", 0)], "stranger", GOOD, 0),
    ],
)
def test_stock(lots: list[dict[str, Any]], sku: str, reached: int, pieces: int) -> None:
    """At or below the minimum is a warning, an essential article at 0 critical."""
    assert said(*lots, rule="stock_low", part=f"item/{sku}") == Finding(
        "stock_low", f"item/{sku}", reached, reached, pieces
    )


def test_article_that_is_not_carried_is_not_missed() -> None:
    """No word of masks where there never were any; but where an alert of them is open they are at 0."""
    assert ("stock_low", "item/mask") not in by_place(look(box(), DEFAULT_RULES, SHELF, TODAY))
    assert said(rule="stock_low", part="item/mask") == Finding("stock_low", "item/mask", 0, 0, 0)


@pytest.mark.parametrize(("days", "reached"), [(31, GOOD), (30, 0), (1, 0), (0, 0), (-1, 1), (-400, 1)])
def test_expiry(days: int, reached: int) -> None:
    """Information 30 days before; critical from the day after the last day of use on."""
    found = said(lot("mask", 9, TODAY + timedelta(days=days)), rule="expiry", part="item/mask")
    assert found == Finding("expiry", "item/mask", reached, reached, days)


def test_soonest_lot_counts_and_an_empty_one_does_not() -> None:
    """What has no pieces cannot expire."""
    lots = [lot("mask", 0, date(2020, 1, 1)), lot("mask", 5, date(2027, 1, 1)), lot("mask", 5, date(2026, 12, 1))]
    found = said(*lots, rule="expiry", part="item/mask")
    assert found.value == 5


def test_expired_article_that_was_taken_out_is_good_and_one_whose_day_is_missing_is_unknown() -> None:
    """A list without the article is evidence; a lot without a day is none."""
    gone, dateless = (said(*lots, rule="expiry", part="item/mask") for lots in ((), (lot("mask", 5),)))
    assert gone == Finding("expiry", "item/mask", GOOD, GOOD)
    assert dateless == Finding("expiry", "item/mask", None, None)


@pytest.mark.parametrize(
    ("temp_c", "rule", "reached", "held"),
    [
        (30.0, "box_hot", GOOD, 0),
        (30.1, "box_hot", 0, 0),
        (29.0, "box_hot", GOOD, GOOD),
        (10.0, "box_cold", GOOD, 0),
        (9.9, "box_cold", 0, 0),
        (11.0, "box_cold", GOOD, GOOD),
        (None, "box_hot", None, None),
        (None, "box_cold", None, None),
    ],
)
def test_temperature(temp_c: float | None, rule: str, reached: int | None, held: int | None) -> None:
    """Outside 10 to 30 °C, and clear 1 K inside."""
    found = said(*FULL, rule=rule, part="box", temp=temp_c)
    assert found == Finding(rule, "box", reached, held, temp_c)


@pytest.mark.parametrize(("door", "reached"), [("open", 0), ("closed", GOOD), (None, None)])
def test_door(door: str | None, reached: int | None) -> None:
    """Open is bad, and not said is unknown."""
    assert said(*FULL, rule="box_door", part="door", door=door) == Finding("box_door", "door", reached, reached)


def test_full_box_is_quiet() -> None:
    """The usual reading needs no full look."""
    assert is_quiet(box(*FULL), DEFAULT_RULES, SHELF, TODAY)
    assert is_quiet(box(*FULL, lot("mask", 20, TODAY + timedelta(days=31))), DEFAULT_RULES, SHELF, TODAY)
    rest = [lot("plaster", 9, lot="A"), lot("plaster", 0, lot="B"), lot("plaster", 9, lot="C")]
    assert is_quiet(box(lot("heart", 4), *rest), DEFAULT_RULES, SHELF, TODAY)
    assert not is_quiet(box(lot("heart", 4), *rest[:2]), DEFAULT_RULES, SHELF, TODAY)


@pytest.mark.parametrize(
    "body",
    [
        box(*FULL, door="open"),
        box(*FULL, temp=29.5),
        box(*FULL, temp=None),
        box(*FULL[1:]),
        box(*FULL, lot("mask", 20, TODAY + timedelta(days=30))),
    ],
)
def test_box_with_something_is_not_quiet(body: Any) -> None:
    """Near a threshold, unknown, an essential article missing, or something that expires."""
    assert not is_quiet(body, DEFAULT_RULES, SHELF, TODAY)


lots = st.lists(
    st.builds(
        lot,
        st.sampled_from([*SHELF.articles, "stranger"]),
        st.integers(0, 60),
        st.none() | st.dates(TODAY - timedelta(days=3), TODAY + timedelta(days=60)),
    ),
    max_size=10,
)
boxes = st.builds(
    lambda items, door, temp, is_whole: box(*items, *(FULL if is_whole else ()), door=door, temp=temp),
    lots,
    st.sampled_from(["closed", "closed", "open", None]),
    st.none() | st.floats(12, 28) | st.floats(-60, 150),
    st.booleans(),
)


@given(boxes)
def test_quiet_means_that_every_rule_is_good_and_clear(body: Any) -> None:
    """Where the quick look is content, the full one finds nothing bad, near or unknown."""
    if is_quiet(body, DEFAULT_RULES, SHELF, TODAY):
        findings = list(look(body, DEFAULT_RULES, SHELF, TODAY, all_dated(body)))
        assert {(finding.reached, finding.held) for finding in findings} == {(GOOD, GOOD)}


@given(boxes)
def test_what_is_left_out_is_good(body: Any) -> None:
    """A look at a box without alerts says all that it would say otherwise, but for what is good and clear."""
    brief = set(look(body, DEFAULT_RULES, SHELF, TODAY))
    whole = set(look(body, DEFAULT_RULES, SHELF, TODAY, all_dated(body)))
    assert brief <= whole
    assert {(finding.reached, finding.held) for finding in whole - brief} <= {(GOOD, GOOD)}


def all_dated(body: Any) -> Known:
    """As if there were alerts of everything in the box, of expiry where a day is known."""
    dated = {f"item/{item.sku}" for item in body.items if item.expires and item.qty}
    return {key: None for key in all_known(body) if key[0] != "expiry" or key[1] in dated}


@given(lots, st.randoms(use_true_random=False))
def test_order_of_lots_does_not_matter(items: list[dict[str, Any]], random: Any) -> None:
    """A box says the same whatever it lists first."""
    shuffled = random.sample(items, len(items))
    assert list(look(box(*items), DEFAULT_RULES, SHELF, TODAY)) == list(
        look(box(*shuffled), DEFAULT_RULES, SHELF, TODAY)
    )


@given(lots, st.integers(1, 40))
def test_splitting_a_lot_does_not_matter(items: list[dict[str, Any]], taken: int) -> None:
    """Stock is the sum of lots."""
    if not items or items[0]["qty"] <= taken:
        return
    split = [{**items[0], "qty": items[0]["qty"] - taken}, {**items[0], "qty": taken}, *items[1:]]
    assert list(look(box(*items), DEFAULT_RULES, SHELF, TODAY)) == list(look(box(*split), DEFAULT_RULES, SHELF, TODAY))
