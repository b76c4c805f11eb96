"""Faults that only a replay has: blows that strike servers, and backlogs that are lost whole.

Enters: what the simulated station sends, and when. Leaves: less of it, or a server that is gone.
Never: decides when; that is the plan's (replay_faults.py).
"""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Final

from firmware_sim.site import Site
from firmware_sim.wire import Message

SPARED: Final = 8
"""Backlogs that pass after a lost one. Larger: too few days are torn. Smaller: a long backlog takes minutes, since
a station sends the next one after the receipt of the one before, and waits twice as long at each repeat."""


class Blow:
    """Strikes a server at an instant of the station's time."""

    def __init__(self, strike: Callable[[], None]) -> None:
        self._strike = strike

    def begin(self, site: Site, now_ms: int, rng: Random) -> None:  # noqa: ARG002 - the shape of a fault
        """Strike."""
        self._strike()

    def end(self, site: Site, now_ms: int) -> None:
        """Nothing: the server comes back when it is ready."""


class BacklogLosses:
    """Backlogs that the broker acknowledges and that are then lost, while live readings go on arriving."""

    def __init__(self, share: float, is_mended: Callable[[], bool]) -> None:
        self._share = share
        self._is_mended = is_mended
        self._spared = 0

    def pass_on(self, messages: list[Message], rng: Random, tally: Counter[str]) -> list[Message]:
        """All but the lost ones."""
        arriving = [message for message in messages if not (message.topic.endswith("/backlog") and self._is_lost(rng))]
        tally["lost"] += len(messages) - len(arriving)
        return arriving

    def held_back(self) -> list[Message]:
        """Nothing."""
        return []

    def _is_lost(self, rng: Random) -> bool:
        if self._spared:
            self._spared -= 1
            return False
        if self._is_mended() or rng.random() >= self._share:
            return False
        self._spared = SPARED
        return True
