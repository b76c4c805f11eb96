"""The station as a state machine: what it says, when, and what it remembers."""

import json
from typing import Any

import pytest

from firmware_sim.ring import Name
from firmware_sim.sensors.sensor import Counters
from firmware_sim.station import Sample, Station, StationSettings
from firmware_sim.wire import Message

MINUTE_MS = 60_000
START_MS = 1_795_330_800_000


class Steps:
    """A sensor that counts one more person at every reading."""

    kind = "occupancy"

    def __init__(self) -> None:
        self.counters = Counters("entered", "left")

    def advance(self, _now_ms: int) -> None:
        """One more."""
        self.counters.add("entered")

    def body(self) -> dict[str, object]:
        """Fields of an occupancy reading."""
        return {"present": 1, **self.counters.values, "epoch": self.counters.epoch}


def a_station(settings: StationSettings = StationSettings()) -> Station:  # noqa: B008 - frozen
    """A station that samples at full minutes."""
    return Station("bj-007", [Steps()], settings, START_MS)


def minutes(station: Station, count: int) -> list[Message]:
    """Let it run for some minutes of its grid."""
    return [message for _ in range(count) for message in station.tick(station.next_due_ms)]


def said(message: Message) -> dict[str, Any]:
    """The document of a message."""
    document: dict[str, Any] = json.loads(message.payload)
    return document


def receipt(seq: int, *also: tuple[int, int], boot: int = 1) -> bytes:
    """A receipt for the door."""
    line = {"kind": "occupancy", "boot": boot, "seq": seq, "also": also}
    return json.dumps({"ts": START_MS, "stored": [line]}).encode()


def test_birth_is_retained_and_says_who_speaks() -> None:
    """The first message of a connection is the retained state with boot, firmware, sensors and interval."""
    station = a_station()
    birth, *rest = station.connected(START_MS)
    assert rest == []
    assert (birth.topic, birth.qos, birth.retain) == ("yizhan/v1/bj-007/state", 1, True)
    assert said(birth) == {
        "online": True,
        "ts": START_MS,
        "boot": 1,
        "firmware": "1.4.2",
        "model": "YZ-200",
        "sensors": ["occupancy"],
        "interval_s": 60,
    }


def test_will_carries_the_boot() -> None:
    """What the broker says for a dead station is retained and names the boot of its CONNECT."""
    will = a_station().will()
    assert (will.topic, will.retain) == ("yizhan/v1/bj-007/state", True)
    assert said(will) == {"online": False, "boot": 1}


def test_reading_has_ts_boot_and_a_seq_of_its_kind() -> None:
    """Readings of a kind are numbered from 1 since the boot, at the instants of the grid."""
    station = a_station()
    station.connected(START_MS)
    first, second = minutes(station, 2)
    assert (first.topic, first.qos, first.retain) == ("yizhan/v1/bj-007/occupancy", 1, False)
    assert said(first) == {"ts": START_MS, "boot": 1, "seq": 1, "present": 1, "entered": 1, "left": 0, "epoch": 1}
    assert said(second)["seq"] == 2
    assert said(second)["ts"] == START_MS + MINUTE_MS


def test_tick_before_the_interval_is_over_says_nothing() -> None:
    """Ticks between two instants of the grid take no reading."""
    station = a_station(StationSettings(phase_ms=20_000))
    station.connected(START_MS)
    assert station.tick(START_MS + 19_999) == []
    assert len(station.tick(START_MS + 20_000)) == 1
    assert station.tick(START_MS + 20_001) == []


def test_offline_readings_come_as_backlog_after_the_birth() -> None:
    """While offline nothing is published; a connection begins with birth, then what was kept, oldest first."""
    station = a_station()
    assert minutes(station, 3) == []
    birth, backlog = station.connected(station.next_due_ms)
    assert said(birth)["online"] is True
    assert backlog.topic == "yizhan/v1/bj-007/backlog"
    assert [(reading["kind"], reading["seq"]) for reading in said(backlog)["readings"]] == [
        ("occupancy", 1),
        ("occupancy", 2),
        ("occupancy", 3),
    ]


def test_reconnect_sends_what_has_no_receipt() -> None:
    """A PUBACK proves nothing: what was published but not confirmed comes again on the next connection."""
    station = a_station()
    station.connected(START_MS)
    minutes(station, 5)
    station.receive("receipt", receipt(3), station.next_due_ms)
    station.disconnected()
    minutes(station, 1)
    _, backlog = station.connected(station.next_due_ms)
    assert [reading["seq"] for reading in said(backlog)["readings"]] == [4, 5, 6]


def test_next_backlog_follows_the_receipt_of_the_one_before() -> None:
    """However much was kept: one backlog at a time, the next one as the answer to the receipt."""
    station = a_station()
    minutes(station, 1_100)
    _, first, *more = station.connected(station.next_due_ms)
    assert (len(said(first)["readings"]), more) == (500, [])
    assert station.receive("receipt", receipt(499), 0) == []
    (second,) = station.receive("receipt", receipt(500), 0)
    assert [said(second)["readings"][place]["seq"] for place in (0, -1)] == [501, 1_000]
    (third,) = station.receive("receipt", receipt(0, (501, 1_000)), 0)
    assert len(said(third)["readings"]) == 100
    assert station.receive("receipt", receipt(1_100), 0) == []
    assert len(station.ring) == 0


def test_next_backlog_also_follows_a_refusal() -> None:
    """Where the youngest reading of a backlog is refused, nothing more is awaited of it."""
    station = a_station()
    minutes(station, 600)
    station.connected(station.next_due_ms)
    station.receive("receipt", receipt(499), 0)
    refusal = {"channel": "occupancy", "reason": "clock_past", "boot": 1, "seq": 500}
    (second,) = station.receive("rejected", json.dumps(refusal).encode(), 0)
    assert len(said(second)["readings"]) == 100


def test_without_receipts_backlogs_follow_at_once() -> None:
    """For a broker that nobody listens to, all that is kept goes out."""
    station = a_station(StationSettings(awaits_receipts=False))
    minutes(station, 1_100)
    assert len(station.connected(station.next_due_ms)) == 1 + 3


def test_receipt_empties_the_ring_by_kind_boot_and_ranges() -> None:
    """Confirmed readings are forgotten and counted; those in a hole stay."""
    station = a_station()
    station.connected(START_MS)
    minutes(station, 6)
    station.receive("receipt", receipt(2, (4, 5)), station.next_due_ms)
    assert [entry.name.seq for entry in station.ring] == [3, 6]
    assert station.tally["confirmed"] == 4


def test_unconfirmed_readings_are_sent_again_after_the_set_time() -> None:
    """On a connection that stands, a reading comes again only when no receipt came for `resend_ms`."""
    station = a_station(StationSettings(resend_ms=10_000))
    station.connected(START_MS, link_ms=0)
    station.tick(START_MS, link_ms=1_000)
    assert station.resend_overdue(2_000) == []
    assert station.resend_overdue(8_000) == []
    (again,) = station.resend_overdue(13_001)
    assert [reading["seq"] for reading in said(again)["readings"]] == [1]
    assert station.resend_overdue(19_000) == []
    station.receive("receipt", receipt(1), START_MS)
    assert station.resend_overdue(60_000) == []


def test_offline_station_resends_nothing() -> None:
    """Without a line nothing is overdue."""
    station = a_station(StationSettings(resend_ms=1_000))
    minutes(station, 2)
    assert station.resend_overdue(10**9) == []


def test_holding_station_releases_full_backlogs() -> None:
    """History: online, and yet readings go out as backlog, when one is full; the rest when it no longer holds."""
    station = a_station()
    station.is_holding = True
    station.connected(START_MS)
    assert minutes(station, 499) == []
    assert station.release(0) == []
    minutes(station, 11)
    (full,) = station.release(0)
    assert len(said(full)["readings"]) == 500
    station.receive("receipt", receipt(500), 0)
    assert station.release(0) == []
    station.is_holding = False
    (rest,) = station.release(0)
    assert len(said(rest)["readings"]) == 10


def test_rejected_reading_is_dropped_and_counted() -> None:
    """A reading that would be refused for ever is forgotten, with the platform's reason."""
    station = a_station()
    station.connected(START_MS)
    minutes(station, 2)
    refusal = {"ts": 1, "channel": "occupancy", "reason": "clock_past", "detail": "…", "boot": 1, "seq": 1}
    assert station.receive("rejected", json.dumps(refusal).encode(), START_MS) == []
    assert [entry.name.seq for entry in station.ring] == [2]
    assert station.tally["refused"] == 1
    assert station.refusals == {"clock_past": 1}


def test_rejected_message_without_a_name_drops_nothing() -> None:
    """A refusal of a whole message is counted under its reason only."""
    station = a_station()
    minutes(station, 2)
    station.receive("rejected", b'{"channel":"backlog","reason":"too_large","detail":"x"}', START_MS)
    assert len(station.ring) == 2
    assert station.refusals == {"too_large": 1}


def test_reboot_counts_boots_and_starts_seqs_anew() -> None:
    """After a reboot boot is one higher and seq is 1, and the ring still has the old boot's readings."""
    station = a_station()
    station.connected(START_MS)
    minutes(station, 2)
    station.reboot(station.next_due_ms)
    assert not station.is_online
    minutes(station, 1)
    assert [entry.name for entry in station.ring] == [
        Name("occupancy", 1, 1),
        Name("occupancy", 1, 2),
        Name("occupancy", 2, 1),
    ]
    assert said(station.will())["boot"] == 2


def test_new_epoch_begins_directly_after_a_reading() -> None:
    """The old epoch's last reading shows all it counted; the next reading counts from zero in the next epoch."""
    station = a_station()
    station.connected(START_MS)
    minutes(station, 3)
    station.begin_epoch("occupancy")
    station.begin_epoch("battery")
    last, first = minutes(station, 2)
    assert (said(last)["epoch"], said(last)["entered"]) == (1, 4)
    assert (said(first)["epoch"], said(first)["entered"]) == (2, 1)
    assert station.tally["epochs"] == 1


def test_wrong_clock_dates_readings_and_birth() -> None:
    """The station believes its clock; the instants of sampling stay where they are."""
    station = a_station()
    station.clock_error_ms = -5_000
    birth, *_ = station.connected(START_MS)
    (reading,) = minutes(station, 1)
    assert said(birth)["ts"] == START_MS - 5_000
    assert said(reading)["ts"] == START_MS - 5_000


def test_config_changes_the_interval_and_the_birth() -> None:
    """A wanted interval is taken, told in a new birth, and kept to."""
    station = a_station()
    station.connected(START_MS)
    minutes(station, 1)
    (birth,) = station.receive("config", b'{"interval_s":30,"capacity":12}', START_MS + 1_000)
    assert said(birth)["interval_s"] == 30
    assert station.next_due_ms == START_MS + 30_000
    assert station.receive("config", b'{"interval_s":30}', START_MS + 2_000) == []


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b'{"interval_s":0}', b'{"interval_s":"60"}', b'{"interval_s":true}', b'{"interval_s":1e9}']
)
def test_bad_config_is_ignored_and_counted(payload: bytes) -> None:
    """A config that cannot be meant changes nothing."""
    station = a_station()
    due_ms = station.next_due_ms
    assert station.receive("config", payload, START_MS) == []
    assert station.next_due_ms == due_ms
    assert station.tally["unreadable"] == 1


@pytest.mark.parametrize(
    ("channel", "payload"),
    [
        ("receipt", b'{"stored":7}'),
        ("receipt", b'{"stored":[{"kind":"occupancy"}]}'),
        ("receipt", b'{"stored":[{"kind":"occupancy","boot":1,"seq":1,"also":[[1]]}]}'),
        ("receipt", b'{"stored":[{"kind":"occupancy","boot":1,"seq":1,"also":7}]}'),
        ("receipt", b"\xff"),
        ("receipt", b"[" * 100_000),
        ("rejected", b'{"reason":"x"}'),
        ("rejected", b'{"channel":"occupancy","reason":"x","boot":"1","seq":1}'),
        ("command", b'{"name":"report"}'),
        ("surprise", b"{}"),
    ],
)
def test_unreadable_downlink_changes_nothing(channel: str, payload: bytes) -> None:
    """Whatever the platform says, the station goes on and counts what it could not read."""
    station = a_station()
    minutes(station, 1)
    assert station.receive(channel, payload, START_MS) == []
    assert len(station.ring) == 1
    assert station.tally["unreadable"] == 1


def command(name: str, command_id: str = "c1", **more: int) -> bytes:
    """A command's document."""
    return json.dumps({"id": command_id, "name": name, **more}).encode()


def test_command_report_samples_at_once_and_replies() -> None:
    """The reading comes first, then the reply with the command's id."""
    station = a_station()
    station.connected(START_MS)
    reading, reply = station.receive("command", command("report"), START_MS + 5)
    assert said(reading)["ts"] == START_MS + 5
    assert reply.topic == "yizhan/v1/bj-007/reply"
    assert said(reply) == {"ts": START_MS + 5, "id": "c1", "name": "report", "outcome": "done"}


def test_repeated_command_is_done_once_and_answered_again() -> None:
    """QoS 1 may deliver a command twice; the second time only the outcome is told again."""
    station = a_station()
    station.connected(START_MS)
    station.receive("command", command("report"), START_MS)
    (reply,) = station.receive("command", command("report"), START_MS + 1)
    assert said(reply)["outcome"] == "done"
    assert station.tally["sampled.occupancy"] == 1


def test_command_that_expired_or_is_unknown_is_refused_in_words() -> None:
    """Nothing is done for a command of the past or one that this firmware does not know."""
    station = a_station()
    (late,) = station.receive("command", command("report", "a", expires=START_MS - 1), START_MS)
    (odd,) = station.receive("command", command("dance", "b", expires=START_MS + 1), START_MS)
    assert (said(late)["outcome"], said(odd)["outcome"]) == ("expired", "unknown")
    assert len(station.ring) == 0


def test_command_reboot_replies_and_then_starts_anew() -> None:
    """The reply still goes out on the old connection."""
    station = a_station()
    station.connected(START_MS)
    (reply,) = station.receive("command", command("reboot"), START_MS)
    assert said(reply)["outcome"] == "done"
    assert station.boot == 2
    assert not station.is_online


def test_only_the_last_commands_are_remembered() -> None:
    """A station's memory is small: after many others an old id is a new command again."""
    station = a_station()
    for number in range(40):
        station.receive("command", command("report", f"c{number}"), START_MS)
    station.receive("command", command("report", "c0"), START_MS)
    station.receive("command", command("report", "c39"), START_MS)
    assert station.tally["sampled.occupancy"] == 41


def test_full_ring_loses_the_oldest() -> None:
    """A long outage overwrites the oldest readings, and the summary will say how many."""
    station = a_station(StationSettings(ring_capacity=4))
    minutes(station, 10)
    assert [entry.name.seq for entry in station.ring] == [7, 8, 9, 10]
    assert station.ring.overwritten == 6


def test_witness_sees_every_reading_with_both_times() -> None:
    """Whoever keeps the truth is told the station's time and the true one."""
    seen: list[Sample] = []
    station = Station("bj-007", [Steps()], StationSettings(), START_MS, boot=3, witness=seen.append)
    station.clock_error_ms = 7
    minutes(station, 1)
    assert seen[0][:4] == ("bj-007", Name("occupancy", 3, 1), START_MS + 7, START_MS)
    assert seen[0].body["entered"] == 1


def test_station_id_is_checked() -> None:
    """An id that no topic could carry is refused with a word about what it may be."""
    with pytest.raises(ValueError, match="0-9 a-z"):
        Station("Beijing 7", [], StationSettings(), START_MS)


def test_backlog_of_a_connection_settles_with_its_receipt() -> None:
    """A station knows whether the backlog that its connection began with is confirmed."""
    station = a_station()
    minutes(station, 2)
    station.connected(station.next_due_ms)
    assert station.is_settling
    minutes(station, 1)
    station.receive("receipt", receipt(2), station.next_due_ms)
    assert not station.is_settling
