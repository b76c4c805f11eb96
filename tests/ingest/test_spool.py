"""The spool: in order, whole, bounded, over crashes, torn ends and full disks. Real files throughout."""

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.payloads import ADAPTERS
from gateway.topics import Kind
from ingest import spool as spool_module
from ingest.model import Reading
from ingest.spool import Spool, SpoolFull

PLENTY = 1 << 30


def reading(seq: int, station: str = "st-000001") -> Reading:
    """The occupancy reading of a number."""
    body = {"ts": 1_795_330_800_000 + seq, "boot": 7, "seq": seq, "present": 1, "entered": seq, "left": 0, "epoch": 1}
    payload = json.dumps(body).encode()
    return Reading(station, Kind.OCCUPANCY, ADAPTERS[Kind.OCCUPANCY].validate_json(payload), payload, body["ts"] + 5)


def opened(folder: Path, max_bytes: int = PLENTY) -> Spool:
    """As a process that has just started finds it."""
    spool = Spool(folder, max_bytes)
    spool.open()
    return spool


def drained(spool: Spool, most: int = 3) -> list[Reading]:
    """All that waits, taken out."""
    out: list[Reading] = []
    while some := spool.oldest(most):
        out += some
        spool.drop_oldest()
    return out


def test_what_went_in_comes_out_in_order(tmp_path: Path) -> None:
    """Oldest first, equal in every field, and the disk is given back."""
    spool = opened(tmp_path)
    batches = [[reading(1), reading(2, "bj-chaoyang-01")], [reading(3)], [reading(4), reading(5), reading(6)]]
    for batch in batches:
        spool.append(batch)
    assert spool.readings == 6
    assert list(spool.every()) == list(chain(*batches))
    assert drained(spool) == list(chain(*batches))
    assert (spool.is_empty, spool.size_bytes, list(tmp_path.iterdir())) == (True, 0, [])


def test_oldest_gives_whole_batches_and_one_at_least(tmp_path: Path) -> None:
    """A batch is never cut: it was acknowledged as one."""
    spool = opened(tmp_path)
    spool.append([reading(1), reading(2)])
    spool.append([reading(3)])
    assert len(spool.oldest(1)) == 2
    assert len(spool.oldest(3)) == 3


def test_crash_between_writing_and_dropping_repeats_and_loses_nothing(tmp_path: Path) -> None:
    """What the store had taken, but was not dropped yet, comes once more; the store takes it once."""
    spool = opened(tmp_path)
    spool.append([reading(1)])
    spool.append([reading(2)])
    spool.oldest(1)
    again = opened(tmp_path)
    assert again.readings == 2
    assert drained(again) == [reading(1), reading(2)]


@given(st.integers(1, 400), st.binary(max_size=40))
@settings(max_examples=60, deadline=None)
def test_torn_end_is_dropped_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, cut: int, rubbish: bytes
) -> None:
    """A crash in the middle of a write: the batches before it are whole, and appending goes on behind them."""
    folder = tmp_path_factory.mktemp("spool")
    spool = opened(folder)
    spool.append([reading(1)])
    spool.append([reading(2)])
    (segment,) = folder.iterdir()
    whole = segment.read_bytes()
    torn = len(whole) - len(whole) // 2
    segment.write_bytes(whole[:torn] + whole[torn : torn + cut % (len(whole) - torn)] + rubbish)
    again = opened(folder)
    assert again.readings == 1
    again.append([reading(3)])
    assert drained(opened(folder)) == [reading(1), reading(3)]


def test_bound_is_kept_exactly_and_nothing_of_the_batch_stays(tmp_path: Path) -> None:
    """At the bound a batch is refused whole; what was there before is untouched, and draining makes room."""
    spool = opened(tmp_path)
    spool.append([reading(1)])
    bounded = opened(tmp_path, max_bytes=spool.size_bytes + 10)
    with pytest.raises(SpoolFull, match="of at most"):
        bounded.append([reading(2)])
    assert bounded.readings == 1
    assert drained(bounded) == [reading(1)]
    bounded.append([reading(2)])
    assert drained(bounded) == [reading(2)]


@contextmanager
def full_disk(at_bytes: int) -> Iterator[None]:
    """No file of this process may grow beyond this: the kernel refuses the write as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_full_disk_refuses_the_batch_and_keeps_the_rest(tmp_path: Path) -> None:
    """A write that the disk cuts short leaves no half batch behind, and goes through when there is room."""
    spool = opened(tmp_path)
    spool.append([reading(1)])
    with full_disk(spool.size_bytes + 50), pytest.raises(SpoolFull, match="disk"):
        spool.append([reading(2)])
    assert drained(opened(tmp_path)) == [reading(1)]
    spool = opened(tmp_path)
    spool.append([reading(2)])
    assert drained(spool) == [reading(2)]


Step = st.one_of(st.integers(1, 5).map(lambda size: ("append", size)), st.sampled_from([("drain", 1), ("crash", 0)]))


@given(st.lists(Step, max_size=40))
@settings(max_examples=60, deadline=None)
def test_spool_is_a_queue_over_segments_and_crashes(
    tmp_path_factory: pytest.TempPathFactory, script: list[tuple[str, int]]
) -> None:
    """Any order of appending, draining and starting anew, over small segments: nothing lost, order kept."""
    folder = tmp_path_factory.mktemp("spool")
    expected: list[list[Reading]] = []
    taken: list[Reading] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool_module, "SEGMENT_BYTES", 600)
        spool, seq = opened(folder), 0
        for action, size in script:
            match action:
                case "append":
                    batch = [reading(seq + place) for place in range(1, size + 1)]
                    seq += size
                    spool.append(batch)
                    expected.append(batch)
                case "drain":
                    some = spool.oldest(1)
                    if some:
                        assert some == expected.pop(0)
                        taken += some
                        spool.drop_oldest()
                case _:
                    spool.close()
                    spool = opened(folder)
                    waiting = list(spool.every())
                    # Of the oldest segment, what was drained comes again; nothing else does.
                    tail = list(chain(*expected))
                    assert waiting[len(waiting) - len(tail) :] == tail
                    assert all(one in taken for one in waiting[: len(waiting) - len(tail)])
                    while len(waiting) > len(tail):
                        waiting = waiting[len(spool.oldest(1)) :]
                        spool.drop_oldest()
        assert drained(spool) == list(chain(*expected))
