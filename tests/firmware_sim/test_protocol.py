"""The simulator was written from the protocol page alone; here it meets the gateway that was, too."""

from collections.abc import Callable

import pytest

from firmware_sim.local_time import DAY_MS
from firmware_sim.options import parser, settings_of
from firmware_sim.outfit import fit_out
from firmware_sim.scenarios import SCENARIOS
from firmware_sim.truth import Truth
from firmware_sim.wire import Message
from gateway.frames import Message as Frame
from gateway.payloads import Receipt, Rejected, StoredUpTo, unknown_fields
from gateway.topics import Channel, Kind, parse_topic
from ingest.decode import Backlog, ClockBounds, StateChange, decode
from ingest.model import Reading
from tests.golden.examples import TAKEN, Example

NOW_MS = 1_795_330_800_000
WIDE = ClockBounds(future_ms=20_000 * DAY_MS, past_ms=30_000 * DAY_MS)
"""Lost clocks are part of the scenarios, and not what is tested here."""


def a_day(scenario: str, before: Callable[[int], bool] = lambda _: False) -> list[Message]:
    """What a station with every sensor says in a day; it is offline while `before` holds of the message count."""
    arguments = ["--ids", "bj-007", "--sensors", "occupancy,battery,medicine,exchange", "--scenario", scenario]
    settings = settings_of(parser().parse_args([*arguments, "--interval", "300"]), NOW_MS)
    site = fit_out(settings.stations[0], settings, Truth())
    station = site.station
    messages = [station.will()]
    while site.next_due_ms < NOW_MS + DAY_MS:
        if not station.is_online and not before(len(station.ring)):
            messages += station.connected(site.next_due_ms)
        messages += site.step(site.next_due_ms)
    station.disconnected()
    return messages + station.connected(site.next_due_ms)


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_everything_a_station_says_is_understood(scenario: str) -> None:
    """Birth, will, live readings and backlog of every scenario decode without a refusal or an unknown field."""
    readings = 0
    for message in a_day(scenario, before=lambda kept: kept < 700):
        arrived = decode(Frame(message.topic, message.payload, b"", message.retain), NOW_MS, WIDE)
        match arrived:
            case Reading():
                bodies = [arrived.body]
            case Backlog():
                assert arrived.refused == []
                bodies = [reading.body for reading in arrived.readings]
            case StateChange():
                assert list(unknown_fields(arrived.state)) == []
                bodies = []
            case _:
                pytest.fail(f"not understood: {message}")
        readings += len(bodies)
        assert [name for body in bodies for name in unknown_fields(body)] == []
    assert readings > 1_000


def test_topics_are_the_gateways() -> None:
    """Every message goes to a topic that parses back to the station and a channel."""
    channels = {parse_topic(message.topic) for message in a_day("calm")}
    assert channels == {("bj-007", Channel(kind)) for kind in [*Kind, "state", "backlog"]}


SAID = [example for example in TAKEN if example.channel in {"receipt", "rejected"}]


@pytest.mark.parametrize("example", SAID, ids=str)
def test_station_reads_the_golden_downlink(example: Example) -> None:
    """What the platform is held to say, a station can read."""
    settings = settings_of(parser().parse_args(["--ids", "bj-007"]), NOW_MS)
    station = fit_out(settings.stations[0], settings, Truth()).station
    station.receive(example.channel, example.payload, NOW_MS)
    assert station.tally["unreadable"] == 0
    assert station.tally["receipts"] + station.refusals.total() == 1


def test_station_understands_the_platforms_words() -> None:
    """A receipt and a refusal as the gateway writes them empty the ring of what they name."""
    arguments = ["--ids", "bj-007", "--sensors", "occupancy,battery"]
    settings = settings_of(parser().parse_args(arguments), NOW_MS)
    station = fit_out(settings.stations[0], settings, Truth()).station
    for _ in range(6):
        station.tick(station.next_due_ms)
    stored = StoredUpTo(kind=Kind.OCCUPANCY, boot=1, seq=2, also=((4, 5),))
    receipt = Receipt(ts=NOW_MS, stored=(stored, StoredUpTo(kind=Kind.BATTERY, boot=1, seq=6)))
    station.receive("receipt", receipt.model_dump_json(exclude_defaults=True).encode(), NOW_MS)
    assert [entry.name.seq for entry in station.ring] == [3, 6]
    refused = Rejected(ts=NOW_MS, channel="occupancy", reason="clock_past", detail="set the clock", boot=1, seq=3)
    station.receive("rejected", refused.model_dump_json(exclude_none=True).encode(), NOW_MS)
    assert [entry.name.seq for entry in station.ring] == [6]
    assert station.tally["unreadable"] == 0
