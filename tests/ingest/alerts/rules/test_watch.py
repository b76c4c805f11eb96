"""What is gathered of stations, and that a restart makes no news of it."""

import json

from ingest.alerts.rules.facts import StationFacts
from ingest.alerts.rules.watch import StationWatch
from ingest.decode import Reason
from ingest.live.station import LiveStation
from ingest.model import Access, Kind, Presence
from ingest.quality import QualityBook
from tests.ingest.alerts.rules.stories import station
from tests.ingest.making import MINUTE_MS, NOW_MS, reading, will

HOUR_MS = 60 * MINUTE_MS


def heard(live: LiveStation, seq: int, now_ms: int) -> None:
    """One reading, as the steps take it in."""
    one = reading(ts=now_ms, seq=seq)
    live.heard_ms = now_ms
    track = live.track(Kind.OCCUPANCY)
    track.note(1, seq)
    live.show(track, one)


def test_station_that_was_never_heard() -> None:
    """The registry alone speaks of it."""
    facts = StationWatch(QualityBook()).facts(station(services=frozenset({"battery_swap"})), None, NOW_MS)
    assert facts == StationFacts(NOW_MS, Presence.NEVER_SEEN, has_cabinet=True)


def test_station_that_is_heard_and_falls_silent() -> None:
    """Its clock, its counter and its meter; then since when it is dark."""
    watch, live, place = StationWatch(QualityBook()), LiveStation("st-1", MINUTE_MS), station(access=Access.ALL_DAY)
    heard(live, 1, NOW_MS)
    facts = watch.facts(place, live, NOW_MS + 1_000)
    assert (facts.presence, facts.silent_since_ms, facts.clock_off_ms) == (Presence.ONLINE, None, 0)
    assert (facts.has_counter, facts.has_cabinet, facts.last_visit_ms) == (True, False, NOW_MS + 1_000)
    later = watch.facts(place, live, NOW_MS + 4 * MINUTE_MS)
    assert (later.presence, later.silent_since_ms) == (Presence.DARK, NOW_MS)
    live.take_state(will(), NOW_MS + 5 * MINUTE_MS)
    assert watch.facts(place, live, NOW_MS + 5 * MINUTE_MS).silent_since_ms == NOW_MS + 5 * MINUTE_MS


def test_cabinet_that_the_registry_does_not_know_of_counts() -> None:
    """A station that sends battery readings has a cabinet."""
    live = LiveStation("st-1", MINUTE_MS)
    live.track(Kind.BATTERY)
    assert StationWatch(QualityBook()).facts(station(), live, NOW_MS).has_cabinet


def test_connects_meters_and_clocks_of_the_last_hour() -> None:
    """Counted as they happen, and forgotten when they are old."""
    quality = QualityBook()
    watch, live = StationWatch(quality), LiveStation("st-1", MINUTE_MS)
    for number in range(3):
        watch.connected("st-1", NOW_MS + number)
    quality.of("st-1").meter_went_back += 2
    quality.of("st-1").refused[Reason.CLOCK_FUTURE] += 1
    quality.of("st-1").refused[Reason.NOT_JSON] += 5
    facts = watch.facts(station(), live, NOW_MS + 10)
    assert (facts.connects, facts.meter_went_back, facts.clock_refused) == (3, 2, 1)
    quality.of("st-1").refused[Reason.CLOCK_PAST] += 4
    assert watch.facts(station(), live, NOW_MS + MINUTE_MS).clock_refused == 5
    facts = watch.facts(station(), live, NOW_MS + 3 * HOUR_MS)
    assert (facts.connects, facts.meter_went_back, facts.clock_refused) == (0, 0, 0)


def test_restart_makes_no_news() -> None:
    """What was counted and missing before is not counted again, and the last visit is remembered."""
    quality, place = QualityBook(), station(access=Access.ALL_DAY)
    quality.of("st-1").meter_went_back = 7
    live = LiveStation("st-1", MINUTE_MS)
    for seq in (1, 2, 9):
        heard(live, seq, NOW_MS + seq)
    before = StationWatch(quality)
    before.begin([live], NOW_MS + 10)
    before.facts(place, live, NOW_MS + 10)
    after = StationWatch(quality)
    after.load(json.loads(json.dumps(before.dump())))
    after.begin([live], NOW_MS + HOUR_MS)
    facts = after.facts(place, live, NOW_MS + HOUR_MS)
    assert (facts.meter_went_back, facts.missing, facts.last_visit_ms) == (0, 0, NOW_MS + 10)
