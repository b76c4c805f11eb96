"""Backlogs that are lost: some, never two of the same, and none once the station has taken its last reading."""

from collections import Counter
from random import Random

from bench.replay_blows import SPARED, BacklogLosses
from firmware_sim.wire import Message, topic_of

LIVE = Message(topic_of("st-1", "occupancy"), b"{}")
BACKLOG = Message(topic_of("st-1", "backlog"), b"{}")


def test_backlog_that_is_sent_again_arrives() -> None:
    """After a lost one so many pass; live readings always do. What is lost is counted."""
    losses = BacklogLosses(1.0, lambda: False)
    tally: Counter[str] = Counter()
    assert losses.pass_on([LIVE, BACKLOG, LIVE], Random(1), tally) == [LIVE, LIVE]
    assert losses.pass_on([BACKLOG] * SPARED, Random(1), tally) == [BACKLOG] * SPARED
    assert losses.pass_on([BACKLOG], Random(1), tally) == []
    assert tally["lost"] == 2


def test_nothing_is_lost_at_the_end() -> None:
    """What is left in the ring is delivered without further delay."""
    losses = BacklogLosses(1.0, lambda: True)
    assert losses.pass_on([BACKLOG] * 9, Random(1), Counter()) == [BACKLOG] * 9
