"""Lines: every reading as points of fixed types that it can be rebuilt from, whatever text a station puts into it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from gateway.payloads import Battery, Medicine
from gateway.topics import Kind
from ingest.model import Article, DayCount, Quality, Reading, Station
from ingest.store.influx.influxql import BODY_FIELDS
from ingest.store.influx.lines import Lines
from ingest.store.influx.points import point_ns
from ingest.store.influx.rows import reading_of
from ingest.visits.local_day import LocalDays
from tests.ingest.store.line_protocol import Field, Point, points
from tests.ingest.store.readings import NOW_MS, any_reading, reading

DAYS = LocalDays("Asia/Shanghai")
TYPES: dict[str, dict[str, type[Field]]] = {
    "occupancy": {"present": int, "entered": int, "left": int, "epoch": int},
    "battery": {
        "ready": int,
        "charging": int,
        "empty": int,
        "fault": int,
        "cell_temp_max": float,
        "cabinet_temp": float,
        "smoke": bool,
        "mains": bool,
        "suppress": str,
        "swaps": int,
        "epoch": int,
        "slots_json": str,
    },
    "battery_slot": {"state": str, "soc": float, "soh": float, "cell_temp": float},
    "medicine": {
        "items": int,
        "low": int,
        "out": int,
        "expired": int,
        "days_to_expiry": int,
        "temp": float,
        "humidity": float,
        "door": str,
        "items_json": str,
    },
    "exchange": {"on_shelf": int, "donated": int, "claimed": int, "epoch": int},
}
OF_EVERY_READING: dict[str, type[Field]] = {"boot": int, "seq": int, "received": int, "payload": str}
ARTICLE = Article(sku="hxzq-10ml", name="藿香正气水", name_en="", unit="支", par=20, minimum=5, essential=True)


@dataclass
class Known:
    """A registry of one station."""

    province: str = "110000"
    catalogue: Sequence[Article] = ()
    version: int = 1
    asked: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return 1

    def station(self, station_id: str) -> Station | None:
        """`bj-000001` is known."""
        self.asked.append(station_id)
        if station_id != "bj-000001":
            return None
        return Station(station_id, "", 39.9, 116.4, province=self.province, city=None, district=None)

    def articles(self) -> Sequence[Article]:
        """The catalogue."""
        return self.catalogue


def points_of(*readings: Reading, known: Known | None = None) -> list[Point]:
    """What InfluxDB is told."""
    return points("\n".join(Lines(known or Known(), DAYS).of_readings(readings)))


def row_of(point: Point, kind: Kind) -> list[Any]:
    """What InfluxDB would answer."""
    columns = ("boot", "seq", "received", "payload", *BODY_FIELDS[kind])
    return [point.time_ns, point.tags["station"], *(point.fields.get(name) for name in columns)]


@given(any_reading())
def test_any_reading_comes_back_from_its_point(sampled: Reading) -> None:
    """Body and name come back whole, unknown fields and all, and the time of receipt to the minute."""
    point, *_ = points_of(sampled)
    back = reading_of(sampled.kind, row_of(point, sampled.kind))
    assert back is not None
    assert (back.station, back.kind, back.body) == sampled[:3]
    assert back.body.__pydantic_extra__ == sampled.body.__pydantic_extra__
    assert from_json(back.payload) == from_json(sampled.payload)
    assert abs(back.received_ms - sampled.received_ms) < 60_000


@given(any_reading())
def test_fields_have_the_types_of_the_schema(sampled: Reading) -> None:
    """No field changes its type, whatever a station sends: InfluxDB would refuse it from then on."""
    point, *slots = points_of(sampled)
    allowed = TYPES[point.measurement] | OF_EVERY_READING
    assert {name: type(value) for name, value in point.fields.items()}.items() <= allowed.items()
    assert {"boot", "seq"} <= point.fields.keys()
    for slot in slots:
        assert slot.measurement == "battery_slot"
        assert {name: type(value) for name, value in slot.fields.items()}.items() <= TYPES["battery_slot"].items()


@given(any_reading(), any_reading())
def test_reading_has_the_same_point_in_any_company(sampled: Reading, other: Reading) -> None:
    """Measurement, tags and time are the reading's own, so that a retry in another batch overwrites the same point."""
    alone, among = points_of(sampled), points_of(other, sampled)[-len(points_of(sampled)) :]
    assert alone == among
    assert alone[0].key == (
        sampled.kind.value,
        frozenset({("station", sampled.station), ("province", "110000")}),
        point_ns(sampled.body.ts, sampled.body.boot, sampled.body.seq),
    )


def test_occupancy_is_written_out() -> None:
    """The line of a reading of people, to the letter: it is what most of the disk is filled with."""
    sampled = reading(boot=7, seq=4711, received_ms=NOW_MS + 250)
    (line,) = Lines(Known(), DAYS).of_readings([sampled])
    tags, fields, time_ns = line.split(" ")
    assert tags == "occupancy,station=bj-000001,province=110000"
    assert fields == "present=12i,entered=10234i,left=10222i,epoch=1i,boot=7i,seq=4711i"
    assert time_ns == f"{NOW_MS}571300"


def test_battery_is_summed_and_each_slot_has_a_point() -> None:
    """A cabinet is counted by state; a slot without battery has a state and no charge."""
    cabinet, ready, _, empty, fault = points_of(reading(kind=Kind.BATTERY))
    assert {name: cabinet.fields[name] for name in ("ready", "charging", "empty", "fault", "cell_temp_max")} == {
        "ready": 1,
        "charging": 1,
        "empty": 1,
        "fault": 1,
        "cell_temp_max": 34.0,
    }
    assert ready.tags == {"station": "bj-000001", "province": "110000", "slot": "1"}
    assert ready.fields == {"state": "ready", "soc": 97.5, "soh": 93.0, "cell_temp": 29.5}
    assert (empty.fields, fault.fields) == ({"state": "empty"}, {"state": "fault"})
    assert {slot.time_ns for slot in (ready, empty, fault)} == {cabinet.time_ns}


def test_page_names_every_field_of_the_schema() -> None:
    """docs/influxdb.md has a row for each measurement, with all its fields and no other."""
    page = (Path(__file__).parents[4] / "docs" / "influxdb.md").read_text(encoding="utf-8")
    rows = {row[0]: row[1:] for line in page.splitlines() if (row := re.findall(r"`(\w+)`", line)) and line[0] == "|"}
    for measurement, fields in TYPES.items():
        tags = ["station", "province", *(["slot"] if measurement == "battery_slot" else [])]
        assert rows[measurement][: len(tags)] == tags
        assert sorted(rows[measurement][len(tags) :]) == sorted(fields)
    assert all(f"`{name}`" in page for name in OF_EVERY_READING)


def item(sku: str, qty: int, expires: str | None = None) -> dict[str, Any]:
    """One lot."""
    return {"sku": sku, "qty": qty, **({"expires": expires} if expires else {})}


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([], {"items": 0, "low": 0, "out": 1, "expired": 0}),
        ([item("hxzq-10ml", 6)], {"items": 6, "low": 0, "out": 0, "expired": 0}),
        ([item("hxzq-10ml", 5)], {"items": 5, "low": 1, "out": 0, "expired": 0}),
        ([item("hxzq-10ml", 0)], {"items": 0, "low": 0, "out": 1, "expired": 0}),
        ([item("hxzq-10ml", 3), item("hxzq-10ml", 3)], {"items": 6, "low": 0, "out": 0, "expired": 0}),
        ([item("hxzq-10ml", 9), item("unknown", 1)], {"items": 10, "low": 0, "out": 0, "expired": 0}),
        ([item("hxzq-10ml", 9), item("unknown", 0)], {"items": 9, "low": 0, "out": 1, "expired": 0}),
        ([item("hxzq-10ml", 9, "2026-11-21")], {"items": 9, "low": 0, "out": 1, "expired": 9}),
        (
            [item("hxzq-10ml", 9, "2026-11-22")],
            {"items": 9, "low": 0, "out": 0, "expired": 0, "days_to_expiry": 0},
        ),
        (
            [item("hxzq-10ml", 9, "2027-01-01"), item("hxzq-10ml", 1, "2026-11-30"), item("x", 0, "2026-11-23")],
            {"items": 10, "low": 0, "out": 1, "expired": 0, "days_to_expiry": 8},
        ),
    ],
)
def test_medicine_is_counted_in_pieces_and_shortages(items: list[dict[str, Any]], told: dict[str, int]) -> None:
    """Pieces, articles at their minimum, articles that are gone, expired pieces, days to the next expiry."""
    (point,) = points_of(reading(kind=Kind.MEDICINE, items=items), known=Known(catalogue=[ARTICLE]))
    names = ("items", "low", "out", "expired", "days_to_expiry")
    assert {name: point.fields[name] for name in names if name in point.fields} == told


def test_medicine_expires_by_the_local_day() -> None:
    """At 07:00 on the day after in Shanghai it is still the day before in UTC, and the lot has expired."""
    day_after_ms = NOW_MS + 16 * 3_600_000  # 23:00 UTC on the 22nd, 07:00 on the 23rd in Shanghai
    (point,) = points_of(reading(kind=Kind.MEDICINE, ts=day_after_ms, items=[item("x", 2, "2026-11-22")]))
    assert point.fields["expired"] == 2


@pytest.mark.parametrize(
    "text",
    [
        b'[{"sku":"a]","qty":1},{"sku":"b","qty":2}]',
        b'[{"sku":"[a","qty":1}]',
        b'[\n{"sku":"a",\r\n"qty":1}]',
        b'[{"sku":"a","qty":1,"tags":["x"]}]',
        b'[{"sku":"a\\"b\\\\","qty":1}]',
        '[{"sku":"藿香正气水","qty":1}]'.encode(),
        b'[],"items":[{"sku":"twice","qty":1}]',
        b"[]",
    ],
)
def test_lots_are_kept_as_json_however_they_were_laid_out(text: bytes) -> None:
    """Brackets in texts, line ends, nested arrays and a repeated key give the JSON of what was understood."""
    payload = b'{"ts":%d,"boot":1,"seq":1,"items":%s}' % (NOW_MS, text)
    sampled = reading(kind=Kind.MEDICINE, payload=payload)
    (point,) = points_of(sampled)
    kept = Medicine.model_validate_json(
        b'{"ts":1,"boot":1,"seq":1,"items":%s}' % str(point.fields["items_json"]).encode()
    )
    assert isinstance(sampled.body, Medicine)
    assert kept.items == sampled.body.items


def test_faults_of_a_slot_are_kept() -> None:
    """What has no field of its own stands in the JSON of the slots."""
    sampled = reading(kind=Kind.BATTERY)
    slots = from_json(str(points_of(sampled)[0].fields["slots_json"]))
    assert isinstance(sampled.body, Battery)
    assert [slot.get("faults", []) for slot in slots] == [list(slot.faults) for slot in sampled.body.slots]


def test_unknown_station_has_no_province_until_it_is_registered() -> None:
    """The tags follow the registry: they are asked for once, and again when the registry has changed."""
    known = Known()
    lines = Lines(known, DAYS)
    stranger = reading(station="stranger")

    def tags_of(sampled: Reading) -> dict[str, str]:
        return points("\n".join(lines.of_readings([sampled])))[0].tags

    assert tags_of(stranger) == tags_of(stranger) == {"station": "stranger"}
    assert tags_of(reading())["province"] == "110000"
    known.province = "440000"
    assert tags_of(reading())["province"] == "110000"
    known.version += 1
    assert tags_of(reading())["province"] == "440000"
    assert known.asked == ["stranger", "bj-000001", "bj-000001"]


def test_catalogue_follows_the_registry() -> None:
    """A minimum that was raised is used from the next batch on."""
    known = Known(catalogue=[ARTICLE])
    lines = Lines(known, DAYS)
    box = reading(kind=Kind.MEDICINE, items=[item("hxzq-10ml", 9)])
    assert points(lines.of_readings([box])[0])[0].fields["low"] == 0
    known.catalogue, known.version = [replace(ARTICLE, minimum=10)], 2
    assert points(lines.of_readings([box])[0])[0].fields["low"] == 1


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(Quality))
def test_count_stands_at_the_start_of_its_local_day(visits: int, carried: int, quality: Quality) -> None:
    """A day has one point a station, at its first instant, so that a count that changes overwrites itself."""
    count = DayCount("bj-000001", date(2026, 11, 22), visits, carried, quality)
    (point,) = points(*Lines(Known(), DAYS).of_counts([count]))
    assert point == Point(
        "visits",
        {"station": "bj-000001"},
        {"visits": visits, "carried": carried, "quality": quality.value},
        1_795_276_800_000 * 1_000_000,  # 2026-11-21T16:00:00Z
    )
