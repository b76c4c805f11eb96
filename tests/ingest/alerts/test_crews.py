"""Whose an alert is, when a crew works, what is silenced, what to bring, how quick crews are."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts.bring import PARTS, bring
from ingest.alerts.crews import Roster
from ingest.alerts.escalation import DueStep, due_steps
from ingest.alerts.figures import figures_of
from ingest.alerts.model import PLATFORM_PLACE, AlertKey, AlertState, Scope, Severity
from ingest.alerts.records import Bring, CrewFigures
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.silences import KEPT_MS, SilencePhase, Silences, WrongSilence, checked, ended, phase
from ingest.alerts.work import Crew, JobState, Silence
from ingest.registry.catalogue import DEFAULT_CATALOGUE
from tests.ingest.alerts.crew_world import CALENDAR, HOUR_S, KINDS, MONDAY_MS, NIGHT_CREW, TIANHE, path_of
from tests.ingest.alerts.making import NOW_MS, alert, job

HOUR_MS = HOUR_S * 1_000
DAY_MS = 24 * HOUR_MS
WORK = "Mo-Fr 08:00-18:00"


def crew(crew_id: str, *regions: str, kinds: tuple[str, ...] = ()) -> Crew:
    """A crew that covers something."""
    return Crew(crew_id, crew_id, frozenset(regions), frozenset(kinds))


def crews_of(key: AlertKey, *crews: Crew) -> list[str]:
    """Whose an alert is."""
    return list(Roster(crews, lambda rule: KINDS.get(rule, "station"), path_of).crews_of(key))


HOT = AlertKey(Scope.STATION, "gd-1", "cell_hot", "slot/3")


def test_most_specific_region_wins() -> None:
    """District over city over province over everywhere; a crew elsewhere is not asked."""
    every, province, city, district = crew("a"), crew("b", "440000"), crew("c", "440100"), crew("d", "440106")
    elsewhere = crew("e", "110000")
    assert crews_of(HOT, every, province, city, district, elsewhere) == ["d"]
    assert crews_of(HOT, every, province, city, elsewhere) == ["c"]
    assert crews_of(HOT, every, elsewhere) == ["a"]
    assert crews_of(HOT, elsewhere) == []


def test_kind_decides_where_the_region_does_not() -> None:
    """A specific crew that cannot repair it is passed over; who names the kind goes before who repairs everything."""
    boxes, province = crew("boxes", "440106", kinds=("medicine",)), crew("province", "440000")
    assert crews_of(HOT, boxes, province) == ["province"]
    every, battery = crew("a", "440106"), crew("z", "440106", kinds=("battery",))
    assert crews_of(HOT, every, battery) == ["z"]
    assert crews_of(HOT, crew("b", "440106"), every) == ["a"]


def test_station_that_is_not_in_the_registry_is_for_who_covers_everything() -> None:
    """Nobody knows where it stands."""
    key = AlertKey(Scope.STATION, "nowhere", "cell_hot")
    assert crews_of(key, crew("a", "440000"), crew("all")) == ["all"]
    assert crews_of(key, crew("a", "440000")) == []


def test_region_is_for_who_covers_it_and_all_inside() -> None:
    """A dark province is told to the province's crew and to each crew in it, but to none beside it."""
    key = AlertKey(Scope.REGION, "440000", "region_dark")
    inside = crew("in", "440106"), crew("in2", "440305", "110000")
    boxes = crew("boxes", "440106", kinds=("medicine",))
    assert crews_of(key, *inside, boxes, crew("prov", "440000"), crew("all"), crew("bj", "110000")) == [
        "in",
        "in2",
        "prov",
    ]
    assert crews_of(key, *inside, crew("all")) == ["all", "in", "in2"]


def test_platform_is_for_who_names_it() -> None:
    """`platform` among the regions goes before everywhere; a crew of a province is not woken."""
    key = AlertKey(Scope.PLATFORM, PLATFORM_PLACE, "platform_blind")
    assert crews_of(key, crew("a"), crew("gd", "440000"), crew("ops", "platform")) == ["ops"]
    assert crews_of(key, crew("a"), crew("gd", "440000")) == ["a"]


def test_shift_begins_and_ends() -> None:
    """Monday 09:00 is in a shift that ends at 18:00; Friday 19:00 waits until Monday 08:00; always never ends."""
    friday = MONDAY_MS + 4 * DAY_MS + 10 * HOUR_MS
    assert CALENDAR.start_ms(WORK, MONDAY_MS) == MONDAY_MS
    assert CALENDAR.end_ms(WORK, MONDAY_MS) == MONDAY_MS + 9 * HOUR_MS
    assert CALENDAR.start_ms(WORK, friday) == MONDAY_MS + 7 * DAY_MS - HOUR_MS
    assert CALENDAR.end_ms(WORK, friday) is None
    assert CALENDAR.end_ms("24/7", MONDAY_MS) is None
    assert CALENDAR.end_ms("Mo-Su 00:00-24:00", MONDAY_MS) is None
    assert CALENDAR.start_ms("off", MONDAY_MS) is None
    assert CALENDAR.after_ms("off", MONDAY_MS, 60) is None


def test_shift_over_midnight_is_one() -> None:
    """A night shift that begins at 22:00 ends at 06:00 of the next day."""
    night = MONDAY_MS + 14 * HOUR_MS
    assert CALENDAR.end_ms("22:00-06:00", night) == MONDAY_MS + 21 * HOUR_MS


def test_public_holiday_is_no_shift() -> None:
    """On New Year's Day nobody works where the hours say `PH off`; they do on the day before."""
    eve = int(datetime(2026, 12, 31, 2, 0, tzinfo=UTC).timestamp() * 1_000)
    assert CALENDAR.is_working("Mo-Fr 08:00-18:00; PH off", eve)
    assert not CALENDAR.is_working("Mo-Fr 08:00-18:00; PH off", eve + DAY_MS)


@given(st.integers(0, 7 * 24 * 3_600), st.integers(0, 40 * 3_600), st.integers(0, 40 * 3_600))
def test_working_time_adds_up(begin_s: int, first_s: int, second_s: int) -> None:
    """After one span and then another is after both together, and it is always within a shift or at its end."""
    begin_ms = MONDAY_MS + begin_s * 1_000
    middle_ms = CALENDAR.after_ms(WORK, begin_ms, first_s)
    assert middle_ms is not None
    both_ms = CALENDAR.after_ms(WORK, begin_ms, first_s + second_s)
    assert both_ms is not None
    assert both_ms >= begin_ms + (first_s + second_s) * 1_000
    assert CALENDAR.is_working(WORK, both_ms) or CALENDAR.is_working(WORK, both_ms - 1)
    # At the very end of a shift a span of nothing may also end at the beginning of the next.
    if second_s:
        assert CALENDAR.after_ms(WORK, middle_ms, second_s) == both_ms


def test_chain_is_for_what_is_open_and_told() -> None:
    """No step for a job that is acknowledged or good, nor before the crew was told, if it can be told."""
    told_ms = MONDAY_MS + 30_000
    standing = job(escalate_from_ms=MONDAY_MS, severity=Severity.CRITICAL)
    assert due_steps(standing, TIANHE, told_ms, CALENDAR) == [
        DueStep(1, told_ms + 900_000, ("lead",)),
        DueStep(2, told_ms + 2_700_000, ("province",)),
    ]
    assert due_steps(standing, TIANHE, None, CALENDAR) == []
    assert due_steps(replace(standing, state=JobState.ACKNOWLEDGED), TIANHE, told_ms, CALENDAR) == []
    assert due_steps(replace(standing, alerts=frozenset()), TIANHE, told_ms, CALENDAR) == []
    silent = replace(TIANHE, channels=())
    assert due_steps(standing, silent, None, CALENDAR)[0].due_ms == MONDAY_MS + 900_000
    assert due_steps(standing, replace(NIGHT_CREW, hours="off"), told_ms, CALENDAR) == []


def silence(**changes: object) -> Silence:
    """An hour of quiet at one station."""
    one = Silence("s-1", "王", "检修", NOW_MS, NOW_MS + HOUR_MS, station="st-1", created_ms=NOW_MS)
    return replace(one, **changes)  # type: ignore[arg-type]


def test_silence_is_pending_then_active_then_expired() -> None:
    """It counts from its start to its end; a person may end it early, and only once."""
    one = silence()
    assert phase(one, NOW_MS - 1) is SilencePhase.PENDING
    assert phase(one, NOW_MS) is SilencePhase.ACTIVE
    assert phase(one, NOW_MS + HOUR_MS) is SilencePhase.EXPIRED
    early = ended(one, NOW_MS + 60_000)
    assert phase(early, NOW_MS + 60_000) is SilencePhase.EXPIRED
    assert ended(early, NOW_MS + 90_000) == early


@pytest.mark.parametrize(
    ("matchers", "covers"),
    [
        ({"station": "gd-1"}, True),
        ({"station": "gd-2"}, False),
        ({"station": None, "region": "440100"}, True),
        ({"station": None, "region": "110000"}, False),
        ({"station": "gd-1", "rule": "cell_hot"}, True),
        ({"station": "gd-1", "rule": "smoke"}, False),
        ({"station": None, "part": "slot"}, True),
        ({"station": None, "part": "slot/3"}, True),
        ({"station": None, "part": "slot/33"}, False),
        ({"station": None, "part": "slo"}, False),
    ],
)
def test_silence_covers_what_fits_all_its_matchers(matchers: dict[str, object], covers: bool) -> None:
    """Station, region of any level, rule, and a part with what is within it."""
    hot = alert(station="gd-1")
    one = silence(**matchers)
    assert (Silences(path_of, [one]).of(hot, NOW_MS) == one) is covers


def test_silence_that_lasts_longest_is_named_and_old_ones_go() -> None:
    """Of two that cover, the later end; those that have been over for long are given away."""
    book = Silences(path_of, [silence(), silence(id="s-2", ends_ms=NOW_MS + 2 * HOUR_MS)])
    hot = alert()
    assert book.of(hot, NOW_MS) == book.all["s-2"]
    assert book.take_old(NOW_MS + HOUR_MS + KEPT_MS) == []
    assert [one.id for one in book.take_old(NOW_MS + HOUR_MS + KEPT_MS + 1)] == ["s-1"]
    assert list(book.all) == ["s-2"]
    book.put(ended(book.all["s-2"], NOW_MS))
    assert book.of(hot, NOW_MS) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"station": None}, "name a station, region, rule or part"),
        ({"ends_ms": NOW_MS}, "ends before it starts"),
        ({"ends_ms": NOW_MS + 91 * DAY_MS}, "longer than 90 days"),
        ({"starts_ms": NOW_MS + 367 * DAY_MS, "ends_ms": NOW_MS + 368 * DAY_MS}, "more than a year from now"),
        ({"author": " "}, "name an author and a reason"),
        ({"reason": "x" * 501}, "longer than 500"),
    ],
)
def test_silence_that_cannot_be_meant_is_refused(changes: dict[str, object], words: str) -> None:
    """Each with what would be right."""
    assert checked(silence()) == silence()
    with pytest.raises(WrongSilence, match=words):
        checked(silence(**changes))


def test_crew_brings_what_is_worn() -> None:
    """Medicine up to par, the battery of the slot, a part; for the worst first, each once, nothing for what is over."""
    alerts = [
        alert("a-1", rule="cell_hot", key=AlertKey(Scope.STATION, "st-1", "cell_hot", "slot/3")),
        alert("a-2", key=AlertKey(Scope.STATION, "st-1", "slot_fault", "slot/3")),
        alert(
            "a-3",
            key=AlertKey(Scope.STATION, "st-1", "stock_low", "item/hxzq-10ml"),
            value=2,
            severity=Severity.CRITICAL,
        ),
        alert("a-4", key=AlertKey(Scope.STATION, "st-1", "stock_out_soon", "item/hxzq-10ml"), value=0.5),
        alert("a-5", key=AlertKey(Scope.STATION, "st-1", "expiry", "item/ice-pack"), value=-1),
        alert("a-6", key=AlertKey(Scope.STATION, "st-1", "drift")),
        alert("a-7", key=AlertKey(Scope.STATION, "st-1", "mains_lost"), state=AlertState.RESOLVED),
        alert("other", key=AlertKey(Scope.STATION, "st-1", "smoke")),
        alert("a-8", key=AlertKey(Scope.STATION, "st-1", "full")),
    ]
    mine = job(alerts=frozenset({"a-1", "a-2", "a-3", "a-4", "a-5", "a-6", "a-7", "a-8"}))
    assert bring(mine, alerts, DEFAULT_CATALOGUE) == (
        Bring("article", "hxzq-10ml", 18),
        Bring("counter"),
        Bring("article", "ice-pack", None),
        Bring("battery", "3", 1),
    )
    assert bring(mine, alerts, ())[0] == Bring("article", "hxzq-10ml", None)


def test_parts_are_of_rules_that_exist() -> None:
    """A rule that was renamed is still known here."""
    assert PARTS.keys() - RULES.keys() == set()


def test_figures_are_means_of_what_happened() -> None:
    """From the opening to the first acknowledgement, and to when all was good; None where there is nothing to mean."""
    quick = job(
        "j-1", first_acknowledged_ms=NOW_MS + 60_000, good_since_ms=NOW_MS + 600_000, closed_ms=NOW_MS + 900_000
    )
    slow = job("j-2", first_acknowledged_ms=NOW_MS + 180_000)
    by_hand = job("j-3", closed_ms=NOW_MS + 1_200_000)
    assert figures_of([quick, slow, by_hand, job("j-4", crew="west"), job("j-5", crew=None)]) == [
        CrewFigures("east", 3, 2, 2, 120.0, 900.0),
        CrewFigures("west", 1, 0, 0, None, None),
    ]
