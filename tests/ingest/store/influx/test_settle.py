"""Bisection: only the bad points are refused, all others are stored, in few requests."""

from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from ingest.store.influx.errors import BodyTooLarge, PointsRefused
from ingest.store.influx.settle import BODY_MAX_BYTES, Part, parts, settle


class Server:
    """Takes lines as InfluxDB does, but for those that are bad, and no body above its limit."""

    def __init__(self, bad: frozenset[str], max_bytes: int = 10**9, *, keeps_the_rest: bool, tells: bool) -> None:
        self.bad = bad
        self.max_bytes = max_bytes
        self.keeps_the_rest = keeps_the_rest
        self.tells = tells
        self.stored: set[str] = set()
        self.bodies: list[bytes] = []

    async def write(self, body: bytes) -> None:
        """As /write does: 1.x keeps what is good in a refused body, and 2.x may keep nothing."""
        self.bodies.append(body)
        if len(body) > self.max_bytes:
            raise BodyTooLarge("too large")
        lines = body.decode().split("\n")
        refused = [line for line in lines if line in self.bad]
        if not refused or self.keeps_the_rest:
            self.stored |= set(lines) - self.bad
        if refused:
            raise PointsRefused(f"bad: {refused[0]}", dropped=len(refused) if self.tells else None)


def part_of(subjects: Sequence[str], text_of: Callable[[str], str] = lambda subject: f"m,{subject}") -> Part[str]:
    """A part whose subjects have one line each."""
    return Part(subjects, [text_of(subject) for subject in subjects])


SUBJECTS = st.lists(st.integers(0, 10**6).map(str), unique=True, max_size=60)


@given(SUBJECTS, st.data(), st.booleans(), st.booleans())
async def test_only_the_bad_are_refused_and_all_others_stored(
    subjects: list[str], data: st.DataObject, keeps_the_rest: bool, tells: bool
) -> None:
    """Whichever points are bad, and however little the server says about them."""
    bad = data.draw(st.sets(st.sampled_from(subjects))) if subjects else set()
    server = Server(frozenset(f"m,{subject}" for subject in bad), keeps_the_rest=keeps_the_rest, tells=tells)
    refused = await settle(part_of(subjects), server.write)
    assert {subject for subject, _ in refused} == bad
    assert len(refused) == len(bad)
    assert server.stored == {f"m,{subject}" for subject in set(subjects) - bad}


async def test_one_bad_point_among_thousands_costs_few_requests() -> None:
    """Bisection takes two requests a halving."""
    server = Server(frozenset({"m,2718"}), keeps_the_rest=True, tells=True)
    refused = await settle(part_of([str(number) for number in range(5_000)]), server.write)
    assert refused == [("2718", "bad: m,2718")]
    assert len(server.bodies) <= 2 * 13 + 1


async def test_measurement_that_is_refused_whole_costs_a_request() -> None:
    """Where another program has taken a measurement's field, its points are found by name and refused together."""
    subjects = [f"{'medicine' if number % 3 else 'occupancy'},{number}" for number in range(3_000)]
    bad = frozenset(subject for subject in subjects if subject.startswith("medicine"))
    server = Server(bad, keeps_the_rest=True, tells=True)
    refused = await settle(part_of(subjects, str), server.write)
    assert {subject for subject, _ in refused} == bad
    assert len(server.bodies) == 3


async def test_lines_of_one_reading_stay_together() -> None:
    """A reading with several lines is refused with its reason when one of them is bad, and never cut in two."""
    part = Part(["cabinet", "other"], ["battery,1\nbattery_slot,1\nbattery_slot,2", "battery,3"])
    server = Server(frozenset({"battery_slot,2"}), keeps_the_rest=True, tells=True)
    assert await settle(part, server.write) == [("cabinet", "bad: battery_slot,2")]
    assert server.stored == {"battery,1", "battery_slot,1", "battery,3"}


async def test_body_that_is_too_large_is_halved_until_it_fits() -> None:
    """The server's limit needs no setting."""
    subjects = [f"{number:04}" for number in range(100)]
    server = Server(frozenset(), max_bytes=100, keeps_the_rest=True, tells=True)
    assert await settle(part_of(subjects), server.write) == []
    assert server.stored == {f"m,{subject}" for subject in subjects}


async def test_single_reading_that_is_too_large_is_refused() -> None:
    """What cannot be made smaller is a dead letter and not a retry for ever."""
    server = Server(frozenset(), max_bytes=10, keeps_the_rest=True, tells=True)
    assert await settle(part_of(["1", "a long one indeed"]), server.write) == [("a long one indeed", "too large")]


async def test_nothing_is_no_request() -> None:
    """An empty part is not sent."""
    server = Server(frozenset(), keeps_the_rest=True, tells=True)
    assert await settle(part_of([]), server.write) == []
    assert server.bodies == []


@given(st.lists(st.integers(1, 700_000), max_size=12))
def test_parts_hold_everything_in_order_and_fit(sizes: list[int]) -> None:
    """Bodies are cut by size; a text that is too long by itself has a body of its own."""
    texts = ["x" * size for size in sizes]
    cut = list(parts(sizes, texts))
    assert [size for part in cut for size in part.subjects] == sizes
    assert [text for part in cut for text in part.texts] == texts
    assert all(len(part.body()) <= BODY_MAX_BYTES or len(part.subjects) == 1 for part in cut)


async def test_text_outside_ascii_is_measured_in_bytes() -> None:
    """A body whose bytes are three times its characters is halved before it is sent."""
    subjects = [f"{number}{'药' * 1_000}" for number in range(900)]
    server = Server(frozenset(), keeps_the_rest=True, tells=True)
    (part,) = parts(subjects, [f"m,{subject}" for subject in subjects])
    assert await settle(part, server.write) == []
    assert len(server.stored) == 900
    assert all(len(body) <= BODY_MAX_BYTES for body in server.bodies)
