"""What a network does to messages on their way: twice, late, or never.

Enters: messages in the order sent. Leaves: messages in the order they arrive. Never: changes one.
"""

from collections import Counter
from random import Random

from firmware_sim.wire import Message


class Duplicates:
    """A share of the messages arrives twice."""

    def __init__(self, share: float) -> None:
        self._share = share

    def pass_on(self, messages: list[Message], rng: Random, tally: Counter[str]) -> list[Message]:
        """Each message, some of them two times."""
        arriving = []
        for message in messages:
            arriving.append(message)
            if rng.random() < self._share:
                arriving.append(message)
                tally["duplicates"] += 1
        return arriving

    def held_back(self) -> list[Message]:
        """Nothing."""
        return []


class Reordering:
    """A share of the messages is overtaken by between one and `depth` later ones."""

    def __init__(self, share: float, depth: int) -> None:
        self._share = share
        self._depth = depth
        self._held: list[tuple[int, Message]] = []

    def pass_on(self, messages: list[Message], rng: Random, tally: Counter[str]) -> list[Message]:
        """Messages, each followed by those which it was the last to overtake."""
        arriving = []
        for message in messages:
            if rng.random() < self._share:
                self._held.append((rng.randint(1, self._depth), message))
                tally["reordered"] += 1
                continue
            arriving.append(message)
            waiting = [(left - 1, held) for left, held in self._held]
            arriving += [held for left, held in waiting if not left]
            self._held = [(left, held) for left, held in waiting if left]
        return arriving

    def held_back(self) -> list[Message]:
        """Those that nothing has overtaken yet as often as it should."""
        held, self._held = self._held, []
        return [message for _, message in held]


class Losses:
    """A share of the messages is acknowledged by the broker and then lost: only a missing receipt tells."""

    def __init__(self, share: float) -> None:
        self._share = share

    def pass_on(self, messages: list[Message], rng: Random, tally: Counter[str]) -> list[Message]:
        """Those that are not lost."""
        arriving = [message for message in messages if rng.random() >= self._share]
        tally["lost"] += len(messages) - len(arriving)
        return arriving

    def held_back(self) -> list[Message]:
        """Nothing."""
        return []
