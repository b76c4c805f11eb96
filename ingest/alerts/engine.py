"""Which rules are looked at when: at each reading, as timers run out, in a sweep over all stations.

Enters: readings, births and wills of stations, the time, whether the platform sees. Leaves: changes of alerts.
Never: waits, reads a clock, or judges while the platform is blind. All is decided from the newest picture and not from
events, so whatever is looked at twice, late or again after a crash comes to the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from gateway.payloads import ReadingBody
from gateway.topics import Kind
from ingest.alerts import life
from ingest.alerts.causes import BLIND_KEY, PLATFORM_BLIND, REGION_DARK, STATION_DARK, Causes, DarkRegions
from ingest.alerts.foresight import Foresight
from ingest.alerts.life import LifeSettings
from ingest.alerts.mishaps import Mishaps
from ingest.alerts.model import GOOD, Alert, AlertKey, AlertState, Change, Finding, RuleSetting, Scope
from ingest.alerts.open_alerts import Fault, OpenAlerts
from ingest.alerts.places import Places
from ingest.alerts.rule_memory import RuleMemory
from ingest.alerts.rules import occupancy, region
from ingest.alerts.rules import station as stations
from ingest.alerts.rules.book import RuleBook
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.rules.readings import ReadingRules
from ingest.alerts.rules.rule import StationRules
from ingest.alerts.rules_at import RulesAt, kind_of
from ingest.alerts.station_watch import StationWatch
from ingest.alerts.taking_over import taken_over
from ingest.alerts.world import World
from ingest.live.station import LiveStation
from ingest.model import Reading, Station

STEP: Final = 100
"""Stations of a sweep before others get a turn: 2 ms where all are looked at. Larger: readings and people wait.
Smaller: turns for nothing."""
PARTS: Final = 4
"""Sweeps in which each station that is well is looked at once. Larger: a wrong clock is seen later. Smaller: CPU."""
FORESIGHT_PARTS: Final = 40
"""Sweeps in which each station is foretold of once, some ten minutes. Larger: told later. Smaller: CPU."""
VISITS_EVERY_MS: Final = 600_000
ALIVE_EVERY_MS: Final = 10_000
"""How exactly a restart knows for how long the platform was away. Larger: hold-offs are that much longer after it."""

MEMORY: Final = "memory"
WATCH: Final = "watch"
USE: Final = "use"
VISITS: Final = "visits"
ALIVE: Final = "alive"


class Engine:
    """Holds what is wrong; of what is well it holds nothing."""

    def __init__(self, world: World, rules: RuleBook, settings: LifeSettings, now_ms: int) -> None:
        self._world = world
        self._rules = rules
        self._settings = settings
        self._at = RulesAt(world.registry, rules)
        places = Places(world.registry)
        self.causes = Causes(places.path)
        self.alerts = OpenAlerts(self._due_ms, self.causes)
        self._regions = DarkRegions(places.path)
        self._watch = StationWatch(world.quality, now_ms)
        self._dark: set[str] = set()
        self._memory = RuleMemory(now_ms)
        self._visits_noted_ms = now_ms
        self._alive_ms = 0
        self._readings = ReadingRules(world.registry, world.days)
        self._foresight = Foresight(self._readings, world.days, now_ms)
        self._sweeps = 0
        self.blind_since_ms: int | None = None
        self._is_waking = False
        """It was restored, and has not looked at every station since."""
        self.mishaps = Mishaps()
        """Of single stations and alerts: those beside them were looked at."""

    # ---- what happens ----

    def reading(self, live: LiveStation, reading: Reading, now_ms: int) -> None:
        """It became the newest of its kind. All is well in almost every case, and that costs one quiet test."""
        station = self._world.registry.station(live.id)
        if station is None or self.blind_since_ms is not None:
            return
        rules, kind = self._rules.of(station), reading.kind
        try:
            is_quiet = self._readings.is_quiet(station, rules, kind, reading.body, now_ms)
        except Exception as error:  # noqa: BLE001 - what the quick look cannot judge, the full look may: smoke, say
            self.mishaps.note(f"{kind} of {live.id}", error)
            is_quiet = False
        if not is_quiet or self._is_held(live.id, kind):
            self._look_at_reading(station, rules, kind, reading.body, reading.received_ms, now_ms)
        if live.id in self._dark:
            self._look_at_station(station, live, rules, now_ms)
        self._foresight.learn(live.id, kind, reading.body)

    def state(self, live: LiveStation, now_ms: int, *, is_birth: bool) -> None:
        """A birth as it was sent, or a will."""
        if is_birth:
            self._watch.connected(live.id, now_ms)
        station = self._world.registry.station(live.id)
        if station is not None and self.blind_since_ms is None:
            self._look_at_station(station, live, self._rules.of(station), now_ms)

    def tick(self, now_ms: int) -> None:
        """What time alone brings."""
        if self.blind_since_ms is not None:
            blind = self.alerts.get(BLIND_KEY)
            if blind is not None:
                self._ripen(blind, now_ms)
            return
        if self.alerts.get(BLIND_KEY) is not None:
            self._take(BLIND_KEY, Finding(PLATFORM_BLIND, "", GOOD, GOOD), self._rules.everywhere, now_ms, now_ms)
        for alert in self.alerts.take_due(now_ms):
            with self.mishaps.spare(f"what is due of {alert.key}", partial(self.alerts.put, alert)):
                self._time_is_up(alert, now_ms)
        if not self._sweeps:
            return  # nobody has counted yet what was ever heard: a dark region would look like an empty one
        standing = {key.place for key in self.alerts.wide() if key.rule == REGION_DARK}
        for code in sorted(self._regions.touched() | standing):
            with self.mishaps.spare(f"region {code}"):
                self._look_at_region(code, now_ms)

    def _time_is_up(self, alert: Alert, now_ms: int) -> None:
        if alert.key.rule == STATION_DARK and alert.state is not AlertState.RESOLVED:
            live = self._world.live.get(alert.key.place)
            if live is not None and self._watch.is_undecided(live, now_ms):
                return  # a sweep takes it up as soon as it can be told
        if alert.state is AlertState.RESOLVED or self._is_trusted(alert, now_ms):
            self._ripen(alert, now_ms)
        else:
            self.alerts.live(alert.key, life.unheard(alert, now_ms))

    def sweep(self, now_ms: int) -> Iterator[None]:
        """Look at every station: the silent and those with an alert each time, the others by turns; the first time all.

        Gives way after each `STEP` stations.
        """
        is_first, part = self._sweeps == 0, self._sweeps % PARTS
        heard: dict[str, int] = {}
        for number, station in enumerate(self._world.registry.stations()):
            if self.blind_since_ms is not None:
                return
            live = self._world.live.get(station.id)
            if live is not None and live.heard_ms:
                for code in (station.province, station.city, station.district):
                    if code is not None:
                        heard[code] = heard.get(code, 0) + 1
            with self.mishaps.spare(f"a sweep at {station.id}"):
                is_silent = live is None or self._watch.silent_since_ms(live, now_ms) is not None
                if is_first and live is not None:
                    self._look_at_all(station, live, now_ms)
                elif is_silent or number % PARTS == part or self.alerts.at(station.id):
                    self._look_at_station(station, live, self._rules.of(station), now_ms)
                    self._look_for_stale(station.id, live, now_ms)
                if number % FORESIGHT_PARTS == self._sweeps % FORESIGHT_PARTS:
                    self._look_ahead(station, live, now_ms)
            if number % STEP == STEP - 1:
                yield None
        self._let_go(now_ms)
        self._regions.known(heard)
        self._sweeps += 1
        self._is_waking = False

    def blind(self, now_ms: int, since_ms: int, why: str) -> None:
        """The platform sees nothing since then: all clocks stand still."""
        if self.blind_since_ms is None:
            self.blind_since_ms = since_ms
            finding = Finding(PLATFORM_BLIND, "", 0, 0, why)
            self._take(BLIND_KEY, finding, self._rules.everywhere, since_ms, now_ms)

    def sighted(self, now_ms: int) -> None:
        """It sees again: the time between has not passed, and silence counts from now."""
        if self.blind_since_ms is None:
            return
        self._watch.saw_nothing(self.blind_since_ms, now_ms)
        by_ms, self.blind_since_ms = now_ms - self.blind_since_ms, None
        self.alerts.shift(by_ms)

    def confirm(self, alert_id: str, now_ms: int) -> None:
        """A person was there and says that it is safe."""
        alert = self.alerts.of_id(alert_id)
        if alert is not None:
            self.alerts.live(alert.key, life.confirmed(alert, now_ms))

    def resolve(self, alert_id: str, who: str, now_ms: int) -> None:
        """Ended by a person; what is still bad fires again."""
        alert = self.alerts.of_id(alert_id)
        if alert is not None:
            self.alerts.live(alert.key, life.resolved_by(alert, who, now_ms))

    # ---- what is asked ----

    @property
    def sees(self) -> bool:
        """Whether what stations say is heard, and was looked at since the start."""
        return self.blind_since_ms is None and not self._is_waking

    @property
    def has_changes(self) -> bool:
        """Whether `take_changes` has more to give."""
        return self.alerts.has_changes

    def take_changes(self, most: int | None = None) -> list[Change]:
        """What happened to alerts since this was asked last, in order; at most so much, and the rest the next time."""
        return self.alerts.take_changes(most)

    def inhibited_by(self, alert: Alert) -> AlertKey | None:
        """The highest cause above an alert."""
        return self.causes.of(alert.key)

    def setting_of(self, key: AlertKey) -> RuleSetting | None:
        """How its rule is set at its place; None while it is off."""
        return self._at.setting(key)

    def take_notes(self, now_ms: int, *, is_last: bool = False) -> dict[str, dict[str, str | None]]:
        """What a restart wants to know, by book and name, every now and then."""
        notes: dict[str, dict[str, str | None]] = {}
        memory = self._memory.take_notes(now_ms, is_last=is_last)
        if memory:
            notes[MEMORY] = memory
        use = self._foresight.take_notes(now_ms, is_last=is_last)
        if use:
            notes[USE] = use
        if is_last or now_ms - self._visits_noted_ms >= VISITS_EVERY_MS:
            self._visits_noted_ms = now_ms
            notes[WATCH] = {VISITS: self._watch.dump()}
        if is_last or now_ms - self._alive_ms >= ALIVE_EVERY_MS:
            self._alive_ms = now_ms
            notes.setdefault(WATCH, {})[ALIVE] = str(now_ms)
        return notes

    def restore(self, alerts: Sequence[Alert], notes: Mapping[str, Mapping[str, str]], now_ms: int) -> None:
        """As it was when the process ended; to be called before anything happens.

        While the platform was away it was blind: that time has not passed.
        """
        watched, alive_ms = notes.get(WATCH, {}), [now_ms]
        alive = {name: written for name, written in watched.items() if name == ALIVE}
        taken_over(alive, lambda _name, written: alive_ms.append(int(written)), WATCH)
        away_ms = max(0, now_ms - alive_ms[-1])
        self._watch.saw_nothing(now_ms - away_ms, now_ms)
        self._is_waking = bool(alerts)
        self.alerts.restore(life.awoken(life.shifted(alert, away_ms), now_ms) for alert in alerts)
        for alert in alerts:
            if alert.key.rule not in RULES and alert.state is not AlertState.RESOLVED:
                # An upgrade took or renamed its rule: nobody would ever look at it again.
                self.alerts.live(alert.key, life.resolved_by(alert, "settings", now_ms))
            if alert.key.rule == STATION_DARK and alert.state is not AlertState.RESOLVED:
                self._dark.add(alert.key.place)
                since_ms = alert.value if isinstance(alert.value, int) else alert.since_ms
                self._regions.went_dark(alert.key.place, since_ms)
        self._memory.restore(notes.get(MEMORY, {}))
        self._foresight.restore(notes.get(USE, {}))
        visits = {name: written for name, written in watched.items() if name == VISITS}
        taken_over(visits, lambda _name, written: self._watch.load(written), WATCH)
        for live in self._world.live.values():
            self._watch.begin(live, now_ms)

    # ---- looks ----

    def _is_held(self, place: str, kind: Kind) -> bool:
        """Whether anything of this kind is remembered of a place."""
        if place in self._memory and kind is Kind.BATTERY:
            return True
        held = self.alerts.at(place)
        return bool(held) and any(kind_of(rule) is kind for rule, _ in held)

    def _look_at_reading(
        self, station: Station, rules: StationRules, kind: Kind, body: ReadingBody, at_ms: int, now_ms: int
    ) -> None:
        place = station.id
        held = {fault: alert for fault, alert in self.alerts.at(place).items() if kind_of(fault[0]) is kind}
        known = {**self._memory.of(place), **{fault: alert.memory for fault, alert in held.items()}}
        found: set[Fault] = set()
        # What rules said before one of them failed counts; of what is silent then, nothing is known.
        with self.mishaps.spare(f"{kind} of {place}"):
            for finding in self._readings.look(station, rules, kind, body, at_ms, now_ms, known):
                found.add((finding.rule, finding.part))
                self._take(AlertKey(Scope.STATION, place, finding.rule, finding.part), finding, rules, at_ms, now_ms)
        for fault in held.keys() - found:
            alert = self.alerts.at(place).get(fault)
            if alert is not None:
                self.alerts.live(alert.key, self._unasked(alert, rules, now_ms))

    def _look_at_station(self, station: Station, live: LiveStation | None, rules: StationRules, now_ms: int) -> None:
        if live is not None and self._watch.is_undecided(live, now_ms):
            return  # what was dark before stays so: that we could not hear it proves nothing
        facts = self._watch.facts(station, live, now_ms)
        is_quiet = not self.alerts.at(station.id) and stations.is_quiet(facts, rules)
        findings = () if is_quiet else (*stations.look(facts, rules), *occupancy.look_back(facts, rules))
        for finding in findings:
            self._take(AlertKey(Scope.STATION, station.id, finding.rule, finding.part), finding, rules, now_ms, now_ms)
        if facts.silent_since_ms is not None:
            self._dark.add(station.id)
            self._regions.went_dark(station.id, facts.silent_since_ms)
            self._look_for_stale(station.id, live, now_ms)
        elif station.id in self._dark:
            self._dark.discard(station.id)
            self._regions.heard(station.id)

    def _look_for_stale(self, place: str, live: LiveStation | None, now_ms: int) -> None:
        """What was heard too long ago is not known any more; what nobody is to look at any more is over."""
        for (rule, _), alert in list(self.alerts.at(place).items()):
            if alert.state is not AlertState.RESOLVED and self.setting_of(alert.key) is None:
                self.alerts.live(alert.key, life.resolved_by(alert, "settings", now_ms))
                continue
            kind = kind_of(rule)
            track = None if live is None or kind is None else getattr(live, kind)
            if kind is not None and (live is None or not self._watch.is_trusted(live, track, now_ms)):
                self.alerts.live(alert.key, life.unheard(alert, now_ms))

    def _let_go(self, now_ms: int) -> None:
        """A station that left the registry has no rules and no crew: what was open there is over, by the registry."""
        gone = [place for place in self.alerts.places() if self._world.registry.station(place) is None]
        for alert in [alert for place in gone for alert in self.alerts.at(place).values()]:
            if alert.key.scope is Scope.STATION and alert.state is not AlertState.RESOLVED:
                self.alerts.live(alert.key, life.resolved_by(alert, "registry", now_ms))
        for place in [place for place in self._dark if self._world.registry.station(place) is None]:
            self._dark.discard(place)
            self._regions.heard(place)

    def _look_at_all(self, station: Station, live: LiveStation, now_ms: int) -> None:
        """After a start: every reading that may still be called the present, whoever has looked at it before."""
        rules = self._rules.of(station)
        for kind, track in live.tracks():
            body = live.body(kind) if self._watch.is_trusted(live, track, now_ms) else None
            if body is not None and not (
                not self._is_held(live.id, kind) and self._readings.is_quiet(station, rules, kind, body, now_ms)
            ):
                self._look_at_reading(station, rules, kind, body, track.received_ms, now_ms)
        self._look_at_station(station, live, rules, now_ms)

    def _look_ahead(self, station: Station, live: LiveStation | None, now_ms: int) -> None:
        known = dict.fromkeys(self.alerts.at(station.id))
        for kind in self._foresight.kinds(station.id, known):
            is_trusted = live is not None and self._watch.is_trusted(live, getattr(live, kind), now_ms)
            body = live.body(kind) if live is not None and is_trusted else None
            rules = self._rules.of(station)
            for finding in self._foresight.look(station.id, kind, body, rules, known, now_ms):
                self._take(
                    AlertKey(Scope.STATION, station.id, finding.rule, finding.part), finding, rules, now_ms, now_ms
                )

    def _look_at_region(self, code: str, now_ms: int) -> None:
        rules = self._rules.everywhere
        setting = rules.get(REGION_DARK)
        if setting is not None:
            darkness = self._regions.of(code, int(setting.extra["within_s"] * 1_000))
            key = AlertKey(Scope.REGION, code, REGION_DARK)
            self._take(key, region.look(*darkness, setting), rules, now_ms, now_ms)

    # ---- alerts ----

    def _take(self, key: AlertKey, finding: Finding, rules: StationRules, at_ms: int, now_ms: int) -> None:
        alert, setting = self.alerts.get(key), rules.get(key.rule)
        if alert is None and (finding.reached is None or finding.reached == GOOD):
            self._memory.keep(key, finding.memory)
            return
        if setting is None:
            if alert is not None:
                self.alerts.live(key, self._unasked(alert, rules, now_ms))
            return
        is_upward = RULES[key.rule].bad.is_upward
        lived = life.found(alert, key, finding, setting, at_ms=at_ms, now_ms=now_ms, is_upward=is_upward)
        self.alerts.live(key, lived)
        if alert is None:
            self._memory.keep(key, None)

    def _unasked(self, alert: Alert, rules: StationRules, now_ms: int) -> life.Lived:
        """No rule spoke of it: its rule was switched off, or the value is missing."""
        if rules.get(alert.key.rule) is None:
            return life.resolved_by(alert, "settings", now_ms)
        return life.unheard(alert, now_ms)

    def _ripen(self, alert: Alert, now_ms: int) -> None:
        setting = self.setting_of(alert.key)
        lived = (
            life.resolved_by(alert, "settings", now_ms)
            if setting is None and alert.state is not AlertState.RESOLVED
            else life.ripened(alert, self._at.last_setting(alert.key), self._settings, now_ms)
        )
        self.alerts.live(alert.key, lived)

    def _due_ms(self, alert: Alert) -> int | None:
        return life.due_ms(alert, self._at.last_setting(alert.key), self._settings)

    def _is_trusted(self, alert: Alert, now_ms: int) -> bool:
        kind = kind_of(alert.key.rule)
        live = self._world.live.get(alert.key.place)
        if kind is None:
            return True
        return live is not None and self._watch.is_trusted(live, getattr(live, kind), now_ms)
