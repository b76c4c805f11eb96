"""What the platform sends: windows, repeats, bounds. No broker: what goes out is read back by the frame reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.downlink import Downlink, Outgoing
from gateway.frames import split

RECEIPT = Outgoing("yizhan/v1/st-1/receipt", b"{}", 1, retain=False)
REJECTED = Outgoing("yizhan/v1/st-1/rejected", b"{}", 0, retain=False)


def sent(downlink: Downlink) -> list[bytes]:
    """Packet ids of what goes out now, empty for QoS 0."""
    return [message.packet_id for message in split(downlink.due()).messages]


def test_nothing_goes_out_before_the_connection() -> None:
    """QoS 1 waits for a connection, QoS 0 is dropped without one."""
    downlink = Downlink()
    downlink.offer(RECEIPT)
    downlink.offer(REJECTED)
    assert downlink.due() == b""
    downlink.connected(10)
    assert sent(downlink) == [b"\x00\x01"]


def test_window_of_the_broker_is_kept() -> None:
    """Never more unacknowledged than the broker announced; a PUBACK makes room for one more."""
    downlink = Downlink()
    downlink.connected(2)
    for _ in range(3):
        downlink.offer(RECEIPT)
    first = sent(downlink)
    assert len(first) == 2
    assert sent(downlink) == []
    downlink.settle(first[0])
    assert len(sent(downlink)) == 1


def test_what_was_not_acknowledged_goes_again() -> None:
    """After a lost connection the same ids go out again, marked as a repeat, before anything new."""
    downlink = Downlink()
    downlink.connected(10)
    downlink.offer(RECEIPT)
    first = sent(downlink)
    downlink.disconnected()
    downlink.offer(RECEIPT)
    downlink.connected(1)
    again = downlink.due()
    assert again[0] & 0x08
    assert [message.packet_id for message in split(again).messages] == first
    downlink.settle(first[0])
    assert len(sent(downlink)) == 1


def test_oldest_is_dropped_when_too_many_wait() -> None:
    """The bound holds, and what was dropped is counted."""
    downlink = Downlink(most_waiting=2)
    for number in range(5):
        downlink.offer(RECEIPT._replace(payload=b"%d" % number))
    downlink.connected(10)
    assert [message.payload for message in split(downlink.due()).messages] == [b"3", b"4"]
    assert downlink.dropped == 3


def test_whoever_asked_is_told_what_became_of_a_message() -> None:
    """Once: that the broker has it, that it refused it, or that it was given up; not before."""
    told: list[str] = []
    downlink = Downlink(most_waiting=1)
    asked = RECEIPT._replace(on_settled=told.append)
    downlink.offer(asked)
    downlink.offer(asked)
    assert told == ["too many messages wait for the broker"]
    downlink.connected(10)
    [first] = sent(downlink)
    assert len(told) == 1
    downlink.settle(first)
    downlink.settle(first)
    assert told[1:] == [""]
    downlink.offer(asked)
    [second] = sent(downlink)
    downlink.settle(second + b"\x87")
    assert "refused our message to yizhan/v1/st-1/receipt (reason 0x87)" in told[2]


def test_refusal_of_the_broker_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A PUBACK that says not authorised tells the operator where to look, and is settled."""
    downlink = Downlink()
    downlink.connected(1)
    downlink.offer(RECEIPT)
    (name,) = sent(downlink)
    downlink.settle(name + b"\x87\x00")
    assert "access rules" in caplog.text
    downlink.offer(RECEIPT)
    assert len(sent(downlink)) == 1


@given(st.lists(st.sampled_from(["offer", "offer0", "due", "settle", "cut", "connect"]), max_size=60))
def test_every_message_goes_out_at_least_once_and_within_the_window(  # noqa: C901 - one case an event
    script: list[str],
) -> None:
    """Whatever the order of events, all QoS 1 messages are settled in the end and the window is never exceeded."""
    window = 3
    downlink, unacked, settled, offered = Downlink(), dict[bytes, bytes](), set[bytes](), set[bytes]()

    def look() -> None:
        for message in split(downlink.due()).messages:
            if message.packet_id:
                assert message.packet_id not in unacked
                unacked[message.packet_id] = message.payload
        assert len(unacked) <= window

    def settle() -> None:
        if unacked:
            name = next(iter(unacked))
            settled.add(unacked.pop(name))
            downlink.settle(name)

    for number, event in enumerate(script):
        match event:
            case "offer":
                offered.add(b"%d" % number)
                downlink.offer(RECEIPT._replace(payload=b"%d" % number))
            case "offer0":
                downlink.offer(REJECTED)
            case "due":
                look()
            case "settle":
                settle()
            case "cut":
                downlink.disconnected()
                unacked.clear()
            case _:
                unacked.clear()
                downlink.disconnected()
                downlink.connected(window)
    unacked.clear()
    downlink.disconnected()
    downlink.connected(window)
    for _ in range(2 * len(script) + 1):
        look()
        settle()
    assert settled == offered
