"""Dead letters: whatever was refused is kept whole, found again, and dropped oldest first."""

from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from ingest.database import dead_letters, stations
from ingest.database.database import Database
from ingest.database.dead_letters import ROW_BYTES
from ingest.database.tables import DEAD_LETTER
from ingest.model import DeadLetter, Station
from ingest.operating import LetterFilter
from tests.ingest.kept_letters import kept_letters


def letter(received_ms: int = 1, reason: str = "not_json", station: str | None = "yz-a", size: int = 5) -> DeadLetter:
    """A letter that costs `ROW_BYTES` + size."""
    return DeadLetter(received_ms, "t", b"x" * (size - 2), reason, "d", station, 7, 4711)


async def add(database: Database, letters: list[DeadLetter]) -> None:
    """Keep letters."""
    await database.run(lambda c: dead_letters.add(c, letters))


async def all_kept(database: Database) -> list[DeadLetter]:
    """Everything kept, oldest first."""
    return [kept.letter for kept in await kept_letters(database)][::-1]


async def test_a_letter_comes_back_whole(database: Database) -> None:
    """Every field, with bytes that are no text, until it is dropped."""
    refused = DeadLetter(9, "yizhan/v1/yz-a/battery", bytes(range(256)), "not_json", "不是 JSON", "yz-a", None, None)
    await add(database, [refused])
    [line] = await database.read(dead_letters.page)
    assert line[1:] == (9, refused.topic, "not_json", "不是 JSON", "yz-a", None, None, 256)
    assert await database.read(lambda c: dead_letters.get(c, line.id)) == (line.id, refused)
    assert await database.run(lambda c: dead_letters.drop(c, [line.id, line.id + 1])) == 1
    assert await database.read(lambda c: dead_letters.get(c, line.id)) is None


async def test_no_letter_is_too_odd_to_be_kept(database: Database) -> None:
    """Text with NUL or half a surrogate pair, and numbers beyond 64 bits, lose that part alone."""
    odd = DeadLetter(1, "a\0b\ud800c", b"\0", "wrong_topic", "\udfff", None, 2**63, -(2**70))
    await add(database, [odd])
    assert await all_kept(database) == [DeadLetter(1, "a?b?c", b"\0", "wrong_topic", "?", None, None, None)]


async def test_a_number_is_never_given_again(database: Database) -> None:
    """Who holds the number of a dropped letter does not reach another one by it."""
    await add(database, [letter()])
    [first] = await database.read(dead_letters.page)
    await database.run(lambda c: dead_letters.drop(c, [first.id]))
    await add(database, [letter()])
    [second] = await database.read(dead_letters.page)
    assert second.id > first.id


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (LetterFilter(), [5, 4, 3, 2, 1]),
        (LetterFilter(reason="late"), [5, 2]),
        (LetterFilter(station="yz-b"), [4, 2]),
        (LetterFilter(reason="late", station="yz-b"), [2]),
        (LetterFilter(from_ms=2, to_ms=4), [3, 2]),
        (LetterFilter(reason="never"), []),
        (LetterFilter(regions=frozenset({"110000"})), [4, 2]),
        (LetterFilter(regions=frozenset({"110105", "440000"}), reason="late"), [2]),
        (LetterFilter(regions=frozenset({"440000"})), []),
    ],
)
async def test_page_gives_what_all_filters_let_through(
    database: Database, filters: LetterFilter, expected: list[int]
) -> None:
    """Newest first; from is included, to is not; a region means the stations that the registry has in it."""
    there = Station("yz-b", "驿站", 39.9, 116.4, "110000", None, "110105")
    await database.run(lambda c: stations.save_all(c, [there], 1))
    await add(
        database,
        [
            letter(1),
            letter(2, "late", "yz-b"),
            letter(3),
            letter(4, station="yz-b"),
            letter(5, "late", None),
        ],
    )
    found = await database.read(lambda c: dead_letters.page(c, filters))
    assert [line.received_ms for line in found] == expected


async def test_pages_follow_each_other_without_gap_or_repeat(database: Database) -> None:
    """Asking behind the last number of a page gives the next one, even while new letters arrive."""
    await add(database, [letter(at) for at in range(10)])
    seen: list[int] = []
    before_id = None
    while found := await database.read(partial(dead_letters.page, before_id=before_id, limit=4)):
        seen += [line.received_ms for line in found]
        before_id = found[-1].id
        await add(database, [letter(99)])
    assert seen == list(range(9, -1, -1))


@given(
    letters=st.lists(st.builds(letter, received_ms=st.integers(0, 9), size=st.integers(2, 50)), max_size=12),
    older_than_ms=st.integers(0, 10),
    max_bytes=st.integers(0, 12 * (ROW_BYTES + 50)),
)
@settings(
    max_examples=60,
    deadline=None,
    # The examples share a database, and each empties it first.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_prune_drops_the_old_and_then_the_oldest(
    database: Database, letters: list[DeadLetter], older_than_ms: int, max_bytes: int
) -> None:
    """What is left is the longest run of newest letters which is young enough and fits; the count is what went."""
    expected: list[DeadLetter] = []
    room = max_bytes
    for one in sorted(letters, key=lambda one: one.received_ms)[::-1]:
        room -= ROW_BYTES + len(one.payload) + len(one.topic) + len(one.detail)
        if room < 0 or one.received_ms < older_than_ms:
            break
        expected.insert(0, one)
    await database.run(lambda c: c.execute(delete(DEAD_LETTER)))
    await add(database, letters)
    dropped = await database.run(lambda c: dead_letters.prune(c, older_than_ms=older_than_ms, max_bytes=max_bytes))
    assert sorted(await all_kept(database)) == sorted(expected)
    assert dropped == len(letters) - len(expected)


async def test_prune_of_a_flood_is_exact(database: Database) -> None:
    """More letters than are looked at in one go: still as many go as must, and no more."""
    each = ROW_BYTES + 5
    await add(database, [letter(at) for at in range(2_500)])
    dropped = await database.run(lambda c: dead_letters.prune(c, older_than_ms=100, max_bytes=300 * each))
    assert dropped == 2_200
    assert [one.received_ms for one in await all_kept(database)] == list(range(2_200, 2_500))
