"""One bad point among thousands: everything else is stored, and the bad one named.

Enters: points with what they stand for. Leaves: those that were refused for good, each with the server's reason.
Never: gives up on a good one. A point may be written more than once on the way, which changes nothing.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from ingest.store.influx.errors import BodyTooLarge, PointsRefused

T = TypeVar("T")

BODY_MAX_BYTES: Final = 1_000_000
"""Larger: over a MiB the HTTP client hands the body to the socket in one piece that holds the event loop, and a small
server has to keep it whole. Smaller: the cost of a request, 0.3 ms, is shared by fewer points."""
BODY_MAX_POINTS: Final = 5_000
"""Readings or counts in one body, as InfluxDB advises. Larger: the event loop is held while their lines are made.
Smaller: as above."""

Write = Callable[[bytes], Awaitable[None]]
"""Store a body of lines; raises `PointsRefused` and `BodyTooLarge`, which are dealt with here, and others."""


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """Some of the points; a subject may have several lines, which stay together."""

    subjects: Sequence[T]
    texts: Sequence[str]

    def body(self) -> bytes:
        """As it is sent."""
        return "\n".join(self.texts).encode()

    def lines(self) -> int:
        """Points in the body."""
        return sum(text.count("\n") + 1 for text in self.texts)

    def halves(self) -> Iterator["Part[T]"]:
        """Two parts of several subjects."""
        middle = len(self.subjects) // 2
        yield Part(self.subjects[:middle], self.texts[:middle])
        yield Part(self.subjects[middle:], self.texts[middle:])

    def by_measurement(self) -> Iterator["Part[T]"]:
        """A part for each measurement where there are several, else halves: whole measurements are refused together."""
        measurements = [text[: text.index(",")] for text in self.texts]
        distinct = dict.fromkeys(measurements)
        if len(distinct) == 1:
            yield from self.halves()
            return
        for wanted in distinct:
            places = [place for place, measurement in enumerate(measurements) if measurement == wanted]
            yield Part([self.subjects[place] for place in places], [self.texts[place] for place in places])


async def settle(part: Part[T], write: Write) -> list[tuple[T, str]]:
    """Write all that can be written; gives what cannot, with the reason."""
    if not part.subjects:
        return []
    is_single = len(part.subjects) == 1
    body = part.body()
    try:
        if len(body) > BODY_MAX_BYTES and not is_single:
            raise BodyTooLarge  # noqa: TRY301 - our own limit is dealt with like the server's
        await write(body)
    except BodyTooLarge as error:
        if is_single:
            return [(part.subjects[0], str(error))]
        pieces = part.halves()
    except PointsRefused as error:
        if is_single or (error.dropped == part.lines()):
            return [(subject, str(error)) for subject in part.subjects]
        pieces = part.by_measurement()
    else:
        return []
    return [refused for piece in pieces for refused in await settle(piece, write)]


def parts(subjects: Sequence[T], texts: Sequence[str]) -> Iterator[Part[T]]:
    """Cut into bodies of about `BODY_MAX_BYTES`; what a text outside ASCII makes longer, `settle` halves."""
    start = size = 0
    for place, text in enumerate(texts):
        size += len(text) + 1
        if size > BODY_MAX_BYTES:
            if place > start:
                yield Part(subjects[start:place], texts[start:place])
            start, size = place, len(text) + 1
    yield Part(subjects[start:], texts[start:])
