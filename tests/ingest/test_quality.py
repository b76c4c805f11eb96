"""The data-quality records: names of unknown fields, bounded, and what a checkpoint keeps."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ingest.model import Kind
from ingest.quality import NAME_MAX, UNKNOWN_MAX, QualityBook, StationQuality, has_unknown
from tests.ingest.making import reading


def test_record_is_made_by_the_first_fault_only() -> None:
    """A station without fault has no record."""
    book = QualityBook()
    for kind in Kind:
        book.note_unknown(reading(kind))
    assert book.records == {}


def test_unknown_field_is_seen_wherever_it_stands() -> None:
    """A field that v1 does not know is found at the top, in a slot and in an item."""
    assert has_unknown(Kind.OCCUPANCY, reading(later=1).body)
    assert has_unknown(Kind.BATTERY, reading(Kind.BATTERY, slots=[{"slot": 1, "state": "empty", "later": 1}]).body)
    assert has_unknown(Kind.MEDICINE, reading(Kind.MEDICINE, items=[{"sku": "a", "qty": 1, "later": 1}]).body)
    assert not any(has_unknown(kind, reading(kind).body) for kind in Kind)


def test_names_are_bounded_in_number_and_length() -> None:
    """Whoever invents fields cannot fill our memory with their names."""
    book = QualityBook()
    for number in range(3):
        fields: dict[str, Any] = {f"{number}-{place}-{'x' * 500}": 1 for place in range(20)}
        book.note_unknown(reading(**fields))
    names = book.records["st-1"].unknown
    assert len(names) == UNKNOWN_MAX
    assert {len(name) for name in names} == {NAME_MAX}


def test_changed_records_are_given_once() -> None:
    """A checkpoint gets each change once, and a change after it again."""
    book = QualityBook()
    book.of("st-1").duplicates += 1
    book.of("st-2").late_wills += 1
    assert {station for station, _ in book.take_dirty()} == {"st-1", "st-2"}
    assert book.take_dirty() == []
    book.of("st-2").late_wills += 1
    assert [(station, record["late_wills"]) for station, record in book.take_dirty()] == [("st-2", 2)]


counts = st.integers(0, 2**53)


@given(
    st.dictionaries(st.sampled_from(["empty", "not_json"]), counts),
    st.lists(st.text(max_size=9)),
    st.tuples(*[counts] * 6),
)
def test_record_comes_back_as_it_was(refused: dict[str, int], unknown: list[str], numbers: tuple[int, ...]) -> None:
    """What is dumped is loaded the same, JSON in between."""
    record, back = StationQuality(), StationQuality()
    record.refused.update(refused)
    record.unknown = dict.fromkeys(unknown)
    record.duplicates, record.meter_went_back, record.boot_went_back = numbers[:3]
    record.late_wills, record.backlog_at_ms, record.backlog_readings = numbers[3:]
    back.load(json.loads(json.dumps(record.dump())))
    assert back.dump() == record.dump()
    back.refused["empty"] += 1
