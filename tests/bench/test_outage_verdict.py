"""The verdict of an outage: it fails for every kind of difference, and says what differs."""

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bench.outage_verdict import Found, Letter, Name, judge, names_of

MON, TUE = date(2026, 3, 2), date(2026, 3, 3)
NAMES = [Name("sim-00001", "occupancy", 1, seq) for seq in (1, 2, 3)]
RUBBISH, READING = Letter("yizhan/v1/a/b", b"?"), Letter("yizhan/v1/sim-00001/occupancy", b"{}")
RIGHT = Found(
    sampled=frozenset(NAMES),
    stored=Counter(NAMES),
    truth={"sim-00001": {MON: 2, TUE: 0}},
    published={"sim-00001": {MON: 2, TUE: 0}},
    poison=Counter({RUBBISH: 2}),
    letters=Counter({RUBBISH: 2}),
    accounts={"stored_total": 3.0, "received_total": 5.0},
    imbalances=0,
    was_killed=False,
    unconfirmed=0,
    overwritten=0,
)


def test_everything_in_its_place_holds() -> None:
    """Each name once, the counts as they were, only the poison among the dead letters."""
    verdict = judge(RIGHT)
    assert verdict.holds
    assert verdict.figures == {
        "sent": 3,
        "stored": 3,
        "lost": 0,
        "double": 0,
        "strange": 0,
        "counts_ok": True,
        "accounting_ok": True,
        "poison": 2,
        "dead_letters": 2,
        "letters_ok": True,
    }


@pytest.mark.parametrize(
    ("change", "figure", "value", "complaint"),
    [
        ({"stored": Counter(NAMES[:2])}, "lost", 1, "lost: Name(station='sim-00001', kind='occupancy', boot=1, seq=3)"),
        ({"stored": Counter([*NAMES, NAMES[0]])}, "double", 1, "stored twice: Name("),
        ({"stored": Counter([*NAMES, Name("x-1", "battery", 1, 1)])}, "strange", 1, "stored and never sampled: Name("),
        ({"published": {"sim-00001": {MON: 3}}}, "counts_ok", False, "sim-00001, 2026-03-02: 2 came, published 3"),
        ({"published": {}}, "counts_ok", False, "sim-00001, 2026-03-02: 2 came, published nothing"),
        ({"imbalances": 1}, "accounting_ok", False, "did not add up at 1 looks"),
        ({"accounts": {"stored_total": 3.0, "accounting_balance": -1.0}}, "accounting_ok", False, "balance is -1"),
        ({"accounts": {"stored_total": 3.0, "spooled": 2.0}}, "accounting_ok", False, "spooled is 2"),
        ({"accounts": {"stored_total": 3.0, "in_flight": 2.0}}, "accounting_ok", False, "in_flight is 2"),
        ({"accounts": {"stored_total": 4.0}}, "accounting_ok", False, "says that it stored 4 of 3 readings"),
        ({"letters": Counter({RUBBISH: 1})}, "letters_ok", False, "should be a dead letter: Letter("),
        ({"letters": Counter({RUBBISH: 3})}, "letters_ok", False, "a dead letter that should be none"),
        ({"letters": Counter({RUBBISH: 2, READING: 1})}, "dead_letters", 3, "a dead letter that should be none"),
        ({"unconfirmed": 7}, "lost", 0, "7 readings got no receipt"),
        ({"overwritten": 7}, "lost", 0, "rings were too small for 7 readings"),
    ],
)
def test_every_difference_fails(change: dict[str, Any], figure: str, value: object, complaint: str) -> None:
    """Whatever differs, the run fails, a figure shows it, and a line says what it is."""
    verdict = judge(replace(RIGHT, **change))
    assert not verdict.holds
    assert verdict.figures[figure] == value
    assert any(complaint in line for line in verdict.complaints), verdict.complaints


def test_figures_of_a_platform_that_was_killed_begin_anew() -> None:
    """What an earlier process stored is in no figure of the last one."""
    assert judge(replace(RIGHT, was_killed=True, accounts={"stored_total": 1.0})).holds


def test_many_differences_are_told_by_a_few() -> None:
    """Five are named, the others counted."""
    many = frozenset(Name("sim-00001", "occupancy", 1, seq) for seq in range(1, 101))
    complaints = judge(replace(RIGHT, sampled=many, was_killed=True)).complaints
    assert (len(complaints), complaints[-1]) == (6, "lost: 92 more")


def test_names_are_seqs_from_one_to_the_number_sampled() -> None:
    """Of each kind and boot on its own."""
    sampled = {"a-1": {"occupancy": {1: 2, 2: 1}, "battery": {2: 1}}}
    assert names_of(sampled) == {
        Name("a-1", "occupancy", 1, 1),
        Name("a-1", "occupancy", 1, 2),
        Name("a-1", "occupancy", 2, 1),
        Name("a-1", "battery", 2, 1),
    }
