"""From the ledger to a station's visits: what each day counts, and how good the number is.

Enters: ledger rows of one station, and which day is today. Leaves: one `DayCount` for each day with a row.
Never: asks the time or a database, or gives a number below zero.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from ingest.model import DayCount, LedgerRow, Quality


class _Step(NamedTuple):
    """How far a meter moved on one day."""

    row: LedgerRow
    visits: int
    carried: int
    is_joined: bool
    """Nothing can have slipped between the row before and this one."""


def count_days(rows: Sequence[LedgerRow], today: date, since: date | None = None) -> list[DayCount]:
    """The visits of each day that has a row, in order of days; with `since`, of the days from then on.

    `rows`, in any order, are of ONE station: all that there are. With `since`, the rows from then on are enough, if of
    each epoch the nearest earlier row is there too, and the earlier row with the highest number where that is another
    one (only a station's clock that was set back by days makes a meter stand below an earlier day).
    """
    steps = _steps(sorted(rows, key=_place))
    days = [(day, list(of_day)) for day, of_day in groupby(steps, key=_day_of)]
    # Of the newest day it is not known whether a later reading will show that something is missing.
    followers: Iterable[_Step | None] = [*(of_day[0] for _day, of_day in days[1:]), None]
    return [
        DayCount(
            of_day[0].row.station,
            day,
            sum(step.visits for step in of_day),
            sum(step.carried for step in of_day),
            _quality(of_day, follower, is_over=day < today),
        )
        for (day, of_day), follower in zip(days, followers, strict=False)
        if since is None or day >= since
    ]


def _quality(of_day: Sequence[_Step], follower: _Step | None, *, is_over: bool) -> Quality:
    if not is_over or follower is None:
        return Quality.PROVISIONAL
    is_whole = follower.is_joined and all(step.is_joined for step in of_day)
    return Quality.EXACT if is_whole else Quality.AT_LEAST


def _steps(ordered: Sequence[LedgerRow]) -> list[_Step]:
    steps: list[_Step] = []
    tops: dict[int, int] = {}
    previous: LedgerRow | None = None
    for row in ordered:
        top = tops.get(row.epoch)
        base = _base(row, top, has_older_epoch=any(epoch < row.epoch for epoch in tops))
        is_joined = _is_joined(previous, row, top)
        began_today = top is None and previous is not None and previous.day == row.day
        carried = 0 if is_joined or began_today else max(0, row.lowest - base)
        steps.append(_Step(row, max(0, row.highest - base), carried, is_joined))
        tops[row.epoch] = row.highest if top is None else max(top, row.highest)
        previous = row
    return steps


def _base(row: LedgerRow, top: int | None, *, has_older_epoch: bool) -> int:
    """What the meter showed before the day; `top` is the highest number of its epoch on earlier days."""
    if top is not None:
        return top
    if has_older_epoch or _is_very_first(row):
        return 0
    return row.lowest  # met already running: what it counted before is not ours to claim


def _is_joined(previous: LedgerRow | None, row: LedgerRow, top: int | None) -> bool:
    if previous is None:
        return _is_very_first(row)
    end, begin = previous.last, row.first
    are_neighbours = end.boot == begin.boot and begin.seq - end.seq == 1
    if row.epoch == previous.epoch and top is not None:
        return row.lowest == top or (row.lowest > top and are_neighbours)
    # An epoch whose number is skipped was lost whole.
    return top is None and row.epoch - previous.epoch == 1 and are_neighbours


def _is_very_first(row: LedgerRow) -> bool:
    """The station's first reading ever: its meter stood at zero before it."""
    return row.first.boot == 1 and row.first.seq == 1


def _place(row: LedgerRow) -> tuple[date, int]:
    return row.day, row.epoch


def _day_of(step: _Step) -> date:
    return step.row.day
