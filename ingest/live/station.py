"""One station as it was last heard: its newest reading of each kind, and whether it is there at all.

Enters: readings, births, wills, `now`. Leaves: a `StationStatus`. Never: an old value as if it were now.
There are 186,100 of these: slots, shared integers, payloads as the bytes they came in.
"""

from typing import Final, cast

from gateway.payloads import ADAPTERS, STATE
from ingest.model import Exchange, Kind, Occupancy, Presence, Reading, ReadingBody, Seen, State, StationStatus
from ingest.sequence import Sequence

MISSED_INTERVALS: Final = 3
"""Silence of so many report intervals is darkness. Smaller: one lost packet is an alarm. Larger: a dead station looks
alive (standards: "3 missed intervals")."""
IN_FLIGHT_MS: Final = 5_000
"""Readings that arrive this soon after a will were sent before it. Larger: a station that came back without a birth
stays dark longer. Smaller: a dying station's last words revive it."""


class Track(Sequence):
    """One kind of one station: which readings came, and the newest of them.

    Is a `Sequence` instead of having one, because that is one object less for each of half a million.
    """

    __slots__ = ("payload", "received_ms", "ts_ms")

    def __init__(self) -> None:
        super().__init__()
        self.ts_ms = 0
        self.received_ms = 0
        self.payload = b""


class LiveStation:
    """All that is held of a station."""

    __slots__ = (
        "birth_boot",
        "birth_payload",
        "claimed",
        "donated",
        "heard_ms",
        "id",
        "interval_ms",
        "is_dirty",
        "present",
        "tracks",
        "will_boot",
        "will_ms",
    )

    def __init__(self, station: str, interval_ms: int) -> None:
        self.id = station
        self.tracks: dict[Kind, Track] = {}
        self.heard_ms = 0
        """When anything was last received; 0 before."""
        self.interval_ms = interval_ms
        self.birth_boot = 0
        self.birth_payload = b""
        self.will_boot = 0
        """Boot of the will that is in force; 0 when none is."""
        self.will_ms = 0
        self.present = 0
        self.donated = 0
        self.claimed = 0
        self.is_dirty = False
        """Whether it changed since the last checkpoint took it."""

    def track(self, kind: Kind) -> Track:
        """Made at the first reading of a kind."""
        track = self.tracks.get(kind)
        if track is None:
            track = self.tracks[kind] = Track()
        return track

    def show(self, track: Track, reading: Reading) -> None:
        """The newest reading of its kind becomes what is shown."""
        body = reading.body
        track.ts_ms = body.ts
        track.received_ms = reading.received_ms
        track.payload = reading.payload
        if self.will_boot and (body.boot > self.will_boot or reading.received_ms > self.will_ms + IN_FLIGHT_MS):
            self.will_boot = 0
        self.show_body(reading.kind, body)

    def show_body(self, kind: Kind, body: ReadingBody) -> None:
        """Keep aside what regions are summed from."""
        if kind is Kind.OCCUPANCY:
            self.present = cast("Occupancy", body).present
        elif kind is Kind.EXCHANGE:
            shelf = cast("Exchange", body)
            self.donated, self.claimed = shelf.donated, shelf.claimed

    def take_state(self, state: State, payload: bytes, received_ms: int) -> bool:
        """A birth or a will; False for a will of an old connection that arrives late, which changes nothing."""
        if not state.online:
            if state.boot < self.birth_boot:
                return False
            if not self.will_boot:
                self.will_ms = received_ms
            self.will_boot = state.boot
            return True
        if state.boot >= self.birth_boot:
            self.birth_boot = state.boot
            self.birth_payload = payload
            self.will_boot = 0
            if state.interval_s is not None:
                self.interval_ms = int(state.interval_s * 1000)
        self.heard_ms = received_ms
        return True

    # ---- what is seen of it ----

    def dark_since_ms(self, now_ms: int) -> int | None:
        """When it fell silent, or None while it is heard."""
        if self.will_boot:
            return self.will_ms
        silence_ms = MISSED_INTERVALS * self.interval_ms
        return self.heard_ms if now_ms - self.heard_ms > silence_ms else None

    def presence(self, now_ms: int) -> Presence:
        """Heard, silent, or never heard."""
        if not self.heard_ms and not self.will_boot:
            return Presence.NEVER_SEEN
        return Presence.ONLINE if self.dark_since_ms(now_ms) is None else Presence.DARK

    def is_stale(self, track: Track, now_ms: int) -> bool:
        """Whether the newest reading of a kind is too old to be called the present."""
        return self.will_boot != 0 or now_ms - track.ts_ms > MISSED_INTERVALS * self.interval_ms

    def status(self, now_ms: int) -> StationStatus:
        """The picture at one instant. Payloads are parsed here, when somebody looks, and not for every reading."""
        return StationStatus(
            station=self.id,
            presence=self.presence(now_ms),
            heard_ms=self.heard_ms or None,
            dark_since_ms=self.dark_since_ms(now_ms) if self.heard_ms or self.will_boot else None,
            birth=STATE.validate_json(self.birth_payload) if self.birth_payload else None,
            seen={
                kind: Seen(
                    body=ADAPTERS[kind].validate_json(track.payload),
                    received_ms=track.received_ms,
                    is_stale=self.is_stale(track, now_ms),
                )
                for kind, track in self.tracks.items()
                if track.payload
            },
        )
