"""When each of many things is due next, kept so that a changed mind costs little.

Enters: a thing's number and its next instant, as often as it changes. Leaves: what is due first. Never: waits.
"""

import heapq


class Agenda:
    """The newest instant of each number counts; older ones are passed over when they come up."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int]] = []
        self._due_ms: dict[int, int] = {}

    def put(self, number: int, due_ms: int) -> None:
        """From now on this number is due at this instant, and at no other."""
        if self._due_ms.get(number) != due_ms:
            self._due_ms[number] = due_ms
            heapq.heappush(self._heap, (due_ms, number))

    def first(self) -> tuple[int, int]:
        """The earliest instant and whose it is; the lower number first. Raises IndexError when nothing was ever put."""
        while self._due_ms[self._heap[0][1]] != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0]
