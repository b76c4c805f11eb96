"""One station as it was last heard: its newest reading of each kind, and whether it is there at all.

Enters: readings, births, wills, `now`. Leaves: a `StationStatus`. Never: an old value as if it were now.
There are 186,100 of these: slots, shared objects, payloads as the bytes they came in.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple, cast

from gateway.payloads import ADAPTERS
from ingest.model import Kind, Occupancy, Presence, Reading, ReadingBody, Seen, State, StationStatus
from ingest.sequence import Sequence

MISSED_INTERVALS: Final = 3
"""Silence of so many report intervals is darkness. Smaller: one lost packet is an alarm. Larger: a dead station looks
alive (standards: "3 missed intervals")."""
IN_FLIGHT_MS: Final = 5_000
"""Readings that arrive this soon after a will were sent before it. Larger: a station that came back without a birth
stays dark longer. Smaller: a dying station's last words revive it."""

BOOT_LOST_AFTER_MS: Final = 10 * 60_000
"""A birth of a smaller boot whose clock is so much later is of a board that lost its boot counter. Smaller: births that
change places look like that. Larger: such a board's births and wills are ignored for longer."""


class Track(Sequence):
    """One kind of one station: which readings came, and the newest of them.

    Is a `Sequence` instead of having one, because that is one object less for each of half a million.
    """

    __slots__ = ("payload", "received_ms", "ts_ms")

    def __init__(self) -> None:  # all of it in one place: half a million of these are made at a start
        self.contiguous = 0
        self.ranges = None
        self.boot = 0
        self.met = 0
        self.older = None
        self.ts_ms = 0
        self.received_ms = 0
        self.payload = b""


class Will(NamedTuple):
    """A last will that is in force."""

    boot: int
    received_ms: int


class LiveStation:
    """All that is held of a station. The tracks are attributes named like their kind."""

    __slots__ = (
        "battery",
        "birth",
        "birth_boot",
        "birth_ts_ms",
        "default_interval_ms",
        "exchange",
        "heard_ms",
        "id",
        "interval_ms",
        "is_dirty",
        "medicine",
        "occupancy",
        "present",
        "will",
    )

    def __init__(self, station: str, default_interval_ms: int) -> None:
        self.id = station
        self.occupancy: Track | None = None
        self.battery: Track | None = None
        self.medicine: Track | None = None
        self.exchange: Track | None = None
        self.heard_ms = 0
        """When anything was last received; 0 before."""
        self.interval_ms = self.default_interval_ms = default_interval_ms
        """What the birth says, or the platform's own where it says nothing."""
        self.birth: State | None = None
        """Shared by all stations of one make, so without `boot` and `ts`, which stand beside it."""
        self.birth_boot = 0
        self.birth_ts_ms: int | None = None
        self.will: Will | None = None
        self.present = 0
        """People inside, of the newest occupancy."""
        self.is_dirty = False
        """Whether it changed since the last checkpoint took it."""

    def track(self, kind: Kind) -> Track:
        """Made at the first reading of a kind."""
        track: Track | None = getattr(self, kind)
        if track is None:
            track = Track()
            setattr(self, kind, track)
        return track

    def tracks(self) -> Iterator[tuple[Kind, Track]]:
        """Those that there are."""
        for kind in Kind:
            track: Track | None = getattr(self, kind)
            if track is not None:
                yield kind, track

    def show(self, track: Track, reading: Reading) -> None:
        """The newest reading of its kind becomes what is shown."""
        body = reading.body
        track.ts_ms = body.ts
        track.received_ms = reading.received_ms
        track.payload = reading.payload
        if self.will is not None and (
            body.boot > self.will.boot or reading.received_ms > self.will.received_ms + IN_FLIGHT_MS
        ):
            self.will = None
        if reading.kind is Kind.OCCUPANCY:
            self.present = cast("Occupancy", body).present

    def take_state(self, state: State, received_ms: int, *, is_retained: bool = False) -> bool:
        """A birth or a will; False for a will of an old connection that arrives late, which changes nothing.

        A retained birth is what the broker was told at some time: the station was heard then, and not just now.
        """
        if not state.online:
            if state.boot < self.birth_boot:
                return False
            self.will = Will(state.boot, self.will.received_ms if self.will else received_ms)
            return True
        if state.boot >= self.birth_boot or self._has_lost_its_boot(state):
            self.adopt_birth(state)
            self.will = None
        self.heard_ms = max(self.heard_ms, min(state.ts or 0, received_ms) if is_retained else received_ms)
        return True

    def _has_lost_its_boot(self, state: State) -> bool:
        """Whether a birth with a smaller boot is plainly the newest: the board was replaced."""
        if state.ts is None or self.birth_ts_ms is None:
            return False
        return state.ts > self.birth_ts_ms + BOOT_LOST_AFTER_MS

    def adopt_birth(self, state: State) -> None:
        """What the station said of itself."""
        self.birth_boot, self.birth_ts_ms = state.boot, state.ts
        self.birth = _makes.shared(state)
        self.interval_ms = self.default_interval_ms if state.interval_s is None else int(state.interval_s * 1000)

    def whole_birth(self) -> State | None:
        """The birth as it was sent."""
        if self.birth is None:
            return None
        return self.birth.model_copy(update={"boot": self.birth_boot, "ts": self.birth_ts_ms})

    # ---- what is seen of it ----

    def dark_since_ms(self, now_ms: int) -> int | None:
        """When it fell silent, or None while it is heard."""
        if self.will is not None:
            return self.will.received_ms
        silence_ms = MISSED_INTERVALS * self.interval_ms
        return self.heard_ms if now_ms - self.heard_ms > silence_ms else None

    def presence(self, now_ms: int) -> Presence:
        """Heard, silent, or never heard."""
        if not self.heard_ms and self.will is None:
            return Presence.NEVER_SEEN
        return Presence.ONLINE if self.dark_since_ms(now_ms) is None else Presence.DARK

    def is_stale(self, track: Track, now_ms: int) -> bool:
        """Whether the newest reading of a kind is too old to be called the present.

        By the station's clock, which may be ahead; so also where nothing at all is heard of it any more.
        """
        oldest_ms = now_ms - MISSED_INTERVALS * self.interval_ms
        return self.will is not None or track.ts_ms < oldest_ms or self.heard_ms < oldest_ms

    def body(self, kind: Kind) -> ReadingBody | None:
        """The newest reading of a kind. Parsed here, when somebody looks, and not for every reading."""
        track: Track | None = getattr(self, kind)
        return ADAPTERS[kind].validate_json(track.payload) if track is not None and track.payload else None

    def status(self, now_ms: int) -> StationStatus:
        """The picture at one instant."""
        seen = {}
        for kind, track in self.tracks():
            body = self.body(kind)
            if body is not None:
                seen[kind] = Seen(body, track.received_ms, self.is_stale(track, now_ms))
        presence = self.presence(now_ms)
        return StationStatus(
            station=self.id,
            presence=presence,
            heard_ms=self.heard_ms or None,
            dark_since_ms=None if presence is Presence.NEVER_SEEN else self.dark_since_ms(now_ms),
            birth=self.whole_birth(),
            seen=seen,
        )


class _Makes:
    """One birth for all stations that say the same of themselves; bounded, since what they say comes from outside."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[str, State] = {}

    def shared(self, state: State) -> State:
        alike = state.model_copy(update={"boot": 1, "ts": None})
        name = alike.model_dump_json()
        if len(self._known) >= self._most:
            self._known.clear()
        return self._known.setdefault(name, alike)


_makes: Final = _Makes(1_000)
"""Kinds of firmware, model and sensors. Larger: memory, if somebody invents them. Smaller: fewer are shared."""
