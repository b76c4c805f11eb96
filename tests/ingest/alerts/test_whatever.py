"""Whatever happens to the platform and its station: what holds of the engine then, found by a machine."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.topics import Kind
from ingest.alerts.model import Alert, AlertState, Change, ChangeKind
from tests.ingest.alerts.fleet_story import Fleet, cabinet

CELLS_C = st.sampled_from([20.0, 43.0, 46.0, 56.0, 62.0, None])
TOLD = {ChangeKind.FIRED, ChangeKind.REOPENED, ChangeKind.WORSE}


class Whatever(RuleBasedStateMachine):
    """One cabinet that heats, dies and comes back, under a platform that goes blind and is killed."""

    def __init__(self) -> None:
        super().__init__()
        self.fleet = Fleet(1)
        self.second = 0.0
        self.boot = 1
        self.begun: float | None = None
        self.last_good: float | None = None
        self.last: dict[tuple[str, str], Change] = {}
        self.fleet.born(0)

    # ---- what happens ----

    @rule(seconds=st.integers(1, 400))
    def time_passes(self, seconds: int) -> None:
        """With a sweep every 15 s, as in the platform."""
        end = self.second + seconds
        while self.second < end:
            self.second = min(self.second + 15, end)
            self.fleet.sweeps(self.second)
            self.look()

    @precondition(lambda self: self.begun is None)
    @rule(cell_c=CELLS_C)
    def cabinet_speaks(self, cell_c: float | None) -> None:
        """A reading of its cell, which may be missing."""
        self.second += 1
        if cell_c is not None and cell_c < 42:
            self.last_good = self.second
        self.fleet.sends(self.second, Kind.BATTERY, cabinet(cell_c))
        self.look()

    @precondition(lambda self: self.begun is None)
    @rule()
    def station_dies(self) -> None:
        """Its will arrives."""
        self.second += 1
        self.fleet.dies(self.second, boot=self.boot)
        self.look()

    @precondition(lambda self: self.begun is None)
    @rule()
    def station_connects(self) -> None:
        """It was started again."""
        self.second += 1
        self.boot += 1
        self.fleet.born(self.second, boot=self.boot)
        self.look()

    @precondition(lambda self: self.begun is None)
    @rule()
    def broker_is_lost(self) -> None:
        """Nothing is heard from now on."""
        self.begun = self.second
        self.fleet.engine.blind(self.fleet.ms(self.second), self.fleet.ms(self.second), "no broker")
        self.look()

    @precondition(lambda self: self.begun is not None)
    @rule()
    def broker_is_back(self) -> None:
        """It sees again."""
        self.begun = None
        self.fleet.engine.sighted(self.fleet.ms(self.second))
        self.look()

    @precondition(lambda self: self.begun is None)
    @rule(seconds=st.integers(0, 8_000))
    def platform_is_killed(self, seconds: int) -> None:
        """All that was written comes back, some time later, and one sweep tells nothing that was told."""
        self.look()
        written: list[Alert] = [replace(alert) for alert in self.fleet.open()]
        notes = self.fleet.engine.take_notes(self.fleet.ms(self.second), is_last=True)
        kept = {book: {name: one for name, one in many.items() if one is not None} for book, many in notes.items()}
        self.second += seconds
        engine = self.fleet.make_engine(self.fleet.ms(self.second))
        engine.restore(written, kept, self.fleet.ms(self.second))
        self.fleet.sweeps(self.second)
        self.look()

    # ---- what holds ----

    def look(self) -> None:
        """Each change follows from another state than the one it makes, and only what was good is resolved."""
        before = len(self.fleet.changes)
        self.fleet.told()
        for change in self.fleet.changes[before:]:
            key = change.alert.key
            last = self.last.get((key.rule, key.part))
            assert last is None or (last.kind, last.alert.severity) != (change.kind, change.alert.severity), change
            if change.kind is ChangeKind.RESOLVED:
                assert change.before is not None
                assert change.before.state is AlertState.FIRING
                if key.rule == "cell_hot":
                    assert self.last_good == self.second
                if key.rule == "dark" and last is not None and last.kind in TOLD:
                    assert self.fleet.books.picture.stations["st-1"].heard_ms > last.at_ms
            self.last[key.rule, key.part] = change

    @invariant()
    def while_blind_only_the_platform_is_told_of(self) -> None:
        """Nothing of stations changes."""
        if self.begun is not None:
            since_ms = self.fleet.ms(self.begun)
            told = [change for change in self.fleet.changes if change.at_ms > since_ms]
            assert {change.alert.key.rule for change in told} <= {"platform_blind"}

    @invariant()
    def what_is_dark_is_held(self) -> None:
        """A station that told its end is not all clear until it is heard."""
        live = self.fleet.books.picture.stations["st-1"]
        if live.will is not None and self.begun is None:
            dark = [alert for alert in self.fleet.open() if alert.key.rule == "dark"]
            assert dark
            assert self.fleet.engine.causes.of(dark[0].key._replace(rule="cell_hot", part="slot/1")) is not None


TestWhatever = Whatever.TestCase
TestWhatever.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
