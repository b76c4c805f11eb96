"""A station: sensors, a boot counter, a ring of unconfirmed readings, and what is said when.

Enters: instants, downlink messages, news of the line. Leaves: the messages to publish.
Never: a clock, a socket, or chance; the same calls give the same bytes.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from firmware_sim.downlink import (
    Command,
    Unreadable,
    parse_command,
    parse_interval_s,
    parse_receipt,
    parse_rejected,
)
from firmware_sim.ring import Entry, Name, Ring
from firmware_sim.sensors.sensor import Sensor
from firmware_sim.wire import BACKLOG_MAX_READINGS, KINDS, STATION_ID, Message, encode, topic_of

_REMEMBERED_COMMANDS: Final = 32
"""Larger: memory for nothing. Smaller: a command that QoS 1 delivers twice is done twice."""


@dataclass(frozen=True, slots=True)
class StationSettings:
    """What does not change while a station runs, except by a config message."""

    interval_ms: int = 60_000
    phase_ms: int = 0
    """Where in the interval this station samples, so that a fleet does not speak all at once."""
    ring_capacity: int = 50_000
    """Larger: more flash. Smaller: a longer outage overwrites readings (50,000 is 11 days of three kinds a minute)."""
    resend_ms: int = 120_000
    """Larger: a reading lost behind the broker arrives later. Smaller: slow platforms are sent everything twice."""
    awaits_receipts: bool = True
    """False: backlogs follow each other at once, for a broker that nobody listens to."""
    firmware: str = "1.4.2"
    model: str = "YZ-200"


class Sample(NamedTuple):
    """A reading at the moment it was taken, for whoever keeps the truth."""

    station: str
    name: Name
    ts_ms: int
    """By the station's clock."""
    true_ms: int
    body: dict[str, object]


class Station:
    """One station. Times are ms; `link_ms` is the line's own clock, which differs where virtual time runs ahead."""

    def __init__(
        self,
        station_id: str,
        sensors: Sequence[Sensor],
        settings: StationSettings,
        start_ms: int,
        boot: int = 1,
        witness: Callable[[Sample], None] | None = None,
    ) -> None:
        if not STATION_ID.fullmatch(station_id):
            raise ValueError(f"not a station id: {station_id!r}; use 3 to 32 of 0-9 a-z and -")
        self.id = station_id
        self.sensors = {sensor.kind: sensor for sensor in sensors}
        self.boot = boot
        self.ring = Ring(settings.ring_capacity)
        self.tally: Counter[str] = Counter()
        self.is_online = False
        self.is_holding = False
        """Online, but readings wait for `release`: how history goes out as backlog."""
        self.clock_error_ms = 0
        self.refusals: Counter[str] = Counter()
        self._settings = settings
        self._interval_ms = settings.interval_ms
        self._witness = witness
        self._seqs: Counter[str] = Counter()
        self._epochs_wanted: set[str] = set()
        self._outcomes: dict[str, str] = {}
        self._recent_commands: deque[str] = deque(maxlen=_REMEMBERED_COMMANDS)
        self._look_again_ms: int | None = None
        self._newest_kept: Name | None = None
        """The end of what this connection began with."""
        self._awaited: Name | None = None
        """The end of the backlog sent last."""
        self._topics = {kind: topic_of(station_id, kind) for kind in KINDS}
        self.next_due_ms = self._grid_after(start_ms - 1)

    # ---- the line ----

    def will(self) -> Message:
        """What the broker publishes when this connection dies; it carries the boot of its own CONNECT."""
        return Message(topic_of(self.id, "state"), encode({"online": False, "boot": self.boot}), retain=True)

    def birth(self, now_ms: int) -> Message:
        """Who speaks, and what it can measure."""
        document: dict[str, object] = {
            "online": True,
            "ts": now_ms + self.clock_error_ms,
            "boot": self.boot,
            "firmware": self._settings.firmware,
            "model": self._settings.model,
            "sensors": list(self.sensors),
            "interval_s": self._interval_ms / 1_000 if self._interval_ms % 1_000 else self._interval_ms // 1_000,
        }
        return Message(topic_of(self.id, "state"), encode(document), retain=True)

    def connected(self, now_ms: int, link_ms: int | None = None) -> list[Message]:
        """Birth, then the oldest of what is in the ring; more follows with every receipt."""
        self.is_online = True
        self._newest_kept = self.ring.newest
        return [self.birth(now_ms), *self.release(now_ms if link_ms is None else link_ms)]

    @property
    def is_settling(self) -> bool:
        """Whether what this connection began with is still on its way to the platform's disk."""
        return self._newest_kept is not None and self._newest_kept in self.ring

    def disconnected(self) -> None:
        """From now on readings go to the ring only, and what has no receipt will be sent again."""
        if self.is_online:
            self.is_online = False
            self.ring.line_lost()

    def release(self, link_ms: int) -> list[Message]:
        """The next backlog, if the one before has its receipt: a broker may drop what waits for too long.

        While holding only full ones. Where nobody sends receipts (`awaits_receipts` is off), all of them.
        """
        messages = []
        while self._may_release():
            backlog = self.ring.take_backlog(link_ms)
            if backlog is None:
                break
            self._awaited = backlog.last
            self.tally["backlog_messages"] += 1
            self.tally["backlog_readings"] += backlog.length
            messages.append(Message(topic_of(self.id, "backlog"), backlog.payload))
        return messages

    def _may_release(self) -> bool:
        if self.is_holding and self.ring.unsent_count < BACKLOG_MAX_READINGS:
            return False
        is_awaited = self._awaited is not None and self.ring.is_under_way(self._awaited)
        return not is_awaited or not self._settings.awaits_receipts

    def resend_overdue(self, link_ms: int) -> list[Message]:
        """What was sent and got no receipt for `resend_ms`. Cheap to call often: it looks twice in that time."""
        if not self.is_online or (self._look_again_ms is not None and link_ms < self._look_again_ms):
            return []
        self._look_again_ms = link_ms + self._settings.resend_ms // 2
        self.tally["resent"] += self.ring.give_up_overdue(self._settings.resend_ms, link_ms)
        return self.release(link_ms)

    # ---- time ----

    def tick(self, now_ms: int, link_ms: int | None = None) -> list[Message]:
        """One reading of every kind if an interval is over; nothing is published while offline or holding."""
        if now_ms < self.next_due_ms:
            return []
        self.next_due_ms = self._grid_after(now_ms)
        return self._sample_all(now_ms, now_ms if link_ms is None else link_ms)

    def skip_until(self, now_ms: int) -> None:
        """Without power: what was due is not sampled and takes no seq."""
        if self.next_due_ms <= now_ms:
            self.next_due_ms = self._grid_after(now_ms)

    def reboot(self, now_ms: int) -> None:
        """Start again: boot grows, seqs begin at 1; the ring and the counters are in flash. The line is down."""
        self.disconnected()
        self.boot += 1
        self._seqs.clear()
        self.next_due_ms = self._grid_after(now_ms)
        self.tally["reboots"] += 1

    def begin_epoch(self, kind: str) -> None:
        """The kind's counter starts again from zero, directly after its next reading, so that nothing is uncounted."""
        if kind in self.sensors:
            self._epochs_wanted.add(kind)

    def set_interval(self, interval_ms: int, now_ms: int) -> list[Message]:
        """Report at another interval; a new birth, if online, because the old one names the old interval."""
        if interval_ms == self._interval_ms:
            return []
        self._interval_ms = interval_ms
        self.next_due_ms = self._grid_after(now_ms)
        return [self.birth(now_ms)] if self.is_online else []

    def _grid_after(self, now_ms: int) -> int:
        since = (now_ms - self._settings.phase_ms) % self._interval_ms
        return now_ms - since + self._interval_ms

    def _sample_all(self, now_ms: int, link_ms: int) -> list[Message]:
        speaks = self.is_online and not self.is_holding
        messages = []
        ts_ms = now_ms + self.clock_error_ms
        for kind, sensor in self.sensors.items():
            sensor.advance(now_ms)
            self._seqs[kind] += 1
            name = Name(kind, self.boot, self._seqs[kind])
            body = sensor.body()
            payload = encode({"ts": ts_ms, "boot": name.boot, "seq": name.seq, **body})
            self.ring.keep(Entry(name, payload, link_ms if speaks else None))
            self.tally[f"sampled.{kind}"] += 1
            if speaks:
                self.tally[f"sent.{kind}"] += 1
                messages.append(Message(self._topics[kind], payload))
            if self._witness:
                self._witness(Sample(self.id, name, ts_ms, now_ms, body))
            if kind in self._epochs_wanted and sensor.counters:
                sensor.counters.restart()
                self.tally["epochs"] += 1
        self._epochs_wanted.clear()
        return messages

    # ---- downlink ----

    def receive(self, channel: str, payload: bytes, now_ms: int, link_ms: int | None = None) -> list[Message]:
        """What the platform said; the answer, if it wants one. What cannot be read is counted and ignored."""
        link_ms = now_ms if link_ms is None else link_ms
        try:
            match channel:
                case "receipt":
                    self._on_receipt(payload)
                    return self.release(link_ms) if self.is_online else []
                case "rejected":
                    self._on_rejected(payload)
                    return self.release(link_ms) if self.is_online else []
                case "config":
                    return self._on_config(payload, now_ms)
                case "command":
                    return self._on_command(parse_command(payload), now_ms, link_ms)
                case _:
                    self.tally["unreadable"] += 1
        except Unreadable:
            self.tally["unreadable"] += 1
        return []

    def _on_receipt(self, payload: bytes) -> None:
        self.tally["receipts"] += 1
        for stored in parse_receipt(payload):
            self.tally["confirmed"] += self.ring.forget(*stored)

    def _on_rejected(self, payload: bytes) -> None:
        rejected = parse_rejected(payload)
        self.refusals[rejected.reason] += 1
        if rejected.boot is None or rejected.seq is None:
            return
        # The channel of a refused reading is its kind, even where it came in a backlog.
        self.tally["refused"] += self.ring.drop(Name(rejected.channel, rejected.boot, rejected.seq))

    def _on_config(self, payload: bytes, now_ms: int) -> list[Message]:
        interval_s = parse_interval_s(payload)
        return [] if interval_s is None else self.set_interval(round(interval_s * 1_000), now_ms)

    def _on_command(self, command: Command, now_ms: int, link_ms: int) -> list[Message]:
        answers: list[Message] = []
        outcome = self._outcomes.get(command.id)
        if outcome is None:
            station_ms = now_ms + self.clock_error_ms
            if command.expires_ms is not None and command.expires_ms < station_ms:
                outcome = "expired"
            elif command.name == "report":
                outcome, answers = "done", self._sample_all(now_ms, link_ms)
            elif command.name == "reboot":
                outcome = "done"
            else:
                outcome = "unknown"
            self._remember(command.id, outcome)
            if command.name == "reboot" and outcome == "done":
                answers.append(self._reply(command, outcome, now_ms))
                self.reboot(now_ms)
                return answers
        return [*answers, self._reply(command, outcome, now_ms)]

    def _reply(self, command: Command, outcome: str, now_ms: int) -> Message:
        self.tally["replies"] += 1
        document: dict[str, object] = {
            "ts": now_ms + self.clock_error_ms,
            "id": command.id,
            "name": command.name,
            "outcome": outcome,
        }
        return Message(topic_of(self.id, "reply"), encode(document))

    def _remember(self, command_id: str, outcome: str) -> None:
        if len(self._recent_commands) == _REMEMBERED_COMMANDS:
            del self._outcomes[self._recent_commands[0]]
        self._recent_commands.append(command_id)
        self._outcomes[command_id] = outcome
