"""Importing stations: every bad row is told, and nothing is half imported."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.model import Access, Station
from ingest.registry.regions import load_regions
from ingest.registry.stations_csv import import_stations
from ingest.registry.stations_export import export_stations
from ingest.registry.synth import synthetic_stations
from tests.ingest.registry.csv_text import GOOD, HEADER, file_of

TREE = load_regions()
SANLITUN = Station(
    id="bj-sanlitun-01",
    name="三里屯户外劳动者驿站",
    name_en="Sanlitun Rest Station",
    lat=39.9371,
    lon=116.4548,
    province="110000",
    city=None,
    district="110105",
    address="北京市朝阳区三里屯路7号",
    capacity=20,
    services=frozenset({"rest", "water"}),
    hours="Mo-Su 08:00-20:00",
    access=Access.BUSINESS,
    smart=True,
    model=False,
)


def only(source: bytes | str) -> Station:
    """The one new station of a good file."""
    result = import_stations(source, {}, TREE)
    assert result.errors == ()
    (station,) = result.added
    return station


def told(source: bytes | str) -> list[str]:
    """What a bad file is told; it must bring nothing in."""
    result = import_stations(source, {}, TREE)
    assert result.errors
    assert result.to_save == ()
    assert result.notes == ()
    assert result.unchanged == 0
    return [str(error) for error in result.errors]


def test_good_row_becomes_the_station() -> None:
    """Every column arrives."""
    assert only(file_of({})) == SANLITUN


def test_default_tree_is_the_shipped_one() -> None:
    """The caller need not bring the regions."""
    assert import_stations(file_of({}), {}).added == (SANLITUN,)


@pytest.mark.parametrize(
    "raw",
    [
        file_of({}).encode("utf-8-sig"),
        file_of({}).encode(),
        file_of({}).replace("\r\n", "\n").encode(),
        file_of({}).replace("\r\n", "\r").encode(),
        (file_of({}) + ",,,,,,,,,,,,\r\n\r\n").encode(),
        file_of({}).replace("id,name", "ID, Name").encode(),
    ],
    ids=["bom", "crlf", "lf", "cr", "empty rows at the end", "header in capitals"],
)
def test_spreadsheets_may_write_it_their_way(raw: bytes) -> None:
    """A byte order mark, any line ends, empty rows and a header in capitals are read all the same."""
    assert only(raw) == SANLITUN


def test_order_of_columns_is_free() -> None:
    """Cells follow the header, wherever a column stands."""
    names = sorted(GOOD, reverse=True)
    assert only(",".join(names) + "\n" + ",".join(GOOD[name] for name in names)) == SANLITUN


def test_columns_left_out_have_their_defaults() -> None:
    """Five columns are enough for a new station."""
    station = only("id,name,lat,lon,region\nabc,某站,39.9371,116.4548,110105\n")
    assert station == Station("abc", "某站", 39.9371, 116.4548, "110000", None, "110105")


def test_columns_left_out_keep_what_is_known() -> None:
    """A file with fewer columns changes only what it names; an empty cell means unknown."""
    existing = {SANLITUN.id: replace(SANLITUN, access=Access.EXTENDED, model=True)}
    fewer = "id,name,lat,lon,region,capacity\nbj-sanlitun-01,新名,39.9371,116.4548,110105,\n"
    result = import_stations(fewer, existing, TREE)
    assert result.changed == (replace(existing[SANLITUN.id], name="新名", capacity=0),)
    always = "id,name,lat,lon,region,hours\nbj-sanlitun-01,新名,39.9371,116.4548,110105,24/7\n"
    (changed,) = import_stations(always, existing, TREE).changed
    assert (changed.hours, changed.access) == ("24/7", Access.ALL_DAY)
    longer = "id,name,lat,lon,region,hours\nbj-sanlitun-01,新名,39.9371,116.4548,110105,06:00-23:00\n"
    (changed,) = import_stations(longer, existing, TREE).changed
    assert (changed.hours, changed.access) == ("06:00-23:00", Access.EXTENDED)


def test_result_says_what_is_new_changed_and_the_same() -> None:
    """Rows are counted against what the registry has."""
    other = replace(SANLITUN, id="bj-guomao-01")
    existing = {SANLITUN.id: SANLITUN, other.id: replace(other, capacity=3)}
    text = file_of({}, {"id": "bj-guomao-01"}, {"id": "bj-new-01"})
    result = import_stations(text, existing, TREE)
    assert result.added == (replace(SANLITUN, id="bj-new-01"),)
    assert result.changed == (other,)
    assert result.unchanged == 1
    assert result.to_save == result.added + result.changed


def test_export_comes_back_unchanged() -> None:
    """What a file is made of is what it brings in, for a whole invented country in small."""
    stations = list(synthetic_stations(2_000))
    file = "".join(export_stations(stations))
    result = import_stations(file.encode(), {}, TREE)
    assert result.errors == ()
    assert list(result.added) == stations
    assert import_stations(file, {one.id: one for one in stations}, TREE).unchanged == 2_000


@pytest.mark.parametrize(
    ("region", "codes"),
    [
        ("440106", ("440000", "440100", "440106")),
        ("441900", ("440000", "441900", None)),
        ("429004", ("420000", None, "429004")),
        ("540000", ("540000", None, None)),
    ],
)
def test_levels_come_from_the_region(region: str, codes: tuple[str, str | None, str | None]) -> None:
    """The station's codes are those of the region's path, None where a level does not exist."""
    place = {"440106": ("23.1318", "113.3215"), "441900": ("23.0205", "113.7519")}
    place |= {"429004": ("30.3621", "113.4536"), "540000": ("29.6521", "91.1172")}
    lat, lon = place[region]
    station = only(file_of({"region": region, "lat": lat, "lon": lon}))
    assert (station.province, station.city, station.district) == codes


def test_statistical_code_is_noted() -> None:
    """A heading of the statistics is taken for what it stands for, and the person is told."""
    result = import_stations(file_of({"region": "110100"}), {}, TREE)
    assert result.added == (replace(SANLITUN, district=None),)
    assert "110000 北京市" in str(result.notes[0])
    assert result.notes[0].line == 2


@pytest.mark.parametrize(
    ("hours", "access", "expected"),
    [
        ("24/7", "", Access.ALL_DAY),
        ("00:00-24:00", "", Access.ALL_DAY),
        ("Mo-Su,PH 00:00-24:00", "", Access.ALL_DAY),
        ("Mo-Fr 08:00-18:00", "", Access.BUSINESS),
        ("", "", Access.BUSINESS),
        ("", "24h", Access.ALL_DAY),
        ("06:00-23:00", "extended", Access.EXTENDED),
        ("06:00-23:00", "EXTENDED", Access.EXTENDED),
    ],
)
def test_access_follows_from_the_hours(hours: str, access: str, expected: Access) -> None:
    """Where access is empty, round the clock is 24h and all else business; what is written counts."""
    assert only(file_of({"hours": hours, "access": access})).access is expected


@pytest.mark.parametrize(
    ("cells", "column", "says"),
    [
        ({"id": ""}, "id", "empty"),
        ({"id": "BJ_01"}, "id", "bj-01"),
        ({"id": "x"}, "id", "3 to 32"),
        ({"id": "驿站"}, "id", "3 to 32"),
        ({"name": ""}, "name", "empty"),
        ({"name": "长" * 121}, "name", "120 at most"),
        ({"name": "两\n行"}, "name", "one line"),
        ({"lat": ""}, "lat", "empty"),
        ({"lat": "39,9371"}, "lat", "39.9087"),
        ({"lat": "39°56′"}, "lat", "39.9087"),
        ({"lat": "nan"}, "lat", "39.9087"),
        ({"lat": "１"}, "lat", "39.9087"),
        ({"lat": "0", "lon": "0"}, "lat", "outside China"),
        ({"lat": "116.4548", "lon": "39.9371"}, "lat", "write lat 39.9371, lon 116.455"),
        ({"lat": "31.2304", "lon": "121.4737"}, "lat", "1067 km from the capital of 北京市"),
        ({"lat": "39.9", "lon": "116.4"}, "lat", "too coarse"),
        ({"region": "朝阳区"}, "region", "110105 北京市朝阳区"),
        ({"region": "110501"}, "region", "110101 北京市东城区"),
        ({"region": "440100"}, "region", "440103 荔湾区"),
        ({"region": ""}, "region", "empty"),
        ({"capacity": "-1"}, "capacity", "0 to 10000"),
        ({"capacity": "12.5"}, "capacity", "0 to 10000"),
        ({"capacity": "１２"}, "capacity", "0 to 10000"),
        ({"capacity": "9" * 5000}, "capacity", "0 to 10000"),
        ({"services": "rest;watr"}, "services", "water for watr"),
        ({"services": "饮用水"}, "services", "water for 饮用水"),
        ({"services": "xyzzy"}, "services", "known are: rest"),
        ({"hours": "08：00~20：00"}, "hours", "for example 08:00-20:00"),
        ({"hours": "24小时"}, "hours", "for example 24/7"),
        ({"hours": "早八晚八"}, "hours", "Mo-Fr 08:00-20:00"),
        ({"hours": "08:00-20:00;" * 40}, "hours", "200 at most"),
        ({"access": "always"}, "access", "24h, extended, business"),
        ({"access": "24h"}, "access", "write extended or business"),
        ({"hours": "24/7", "access": "business"}, "access", "write 24h"),
        ({"smart": "maybe"}, "smart", "true or false"),
        ({"address": "x" * 301}, "address", "300 at most"),
    ],
)
def test_bad_cell_is_told(cells: dict[str, str], column: str, says: str) -> None:
    """A bad cell is named by line and column, with what would be right."""
    (error,) = told(file_of({"id": "bj-good-01"}, cells))
    assert error.startswith(f"line 3, {column}: ")
    assert says in error


def test_all_bad_rows_are_told_in_order() -> None:
    """One bad row of many keeps all out, and every bad cell is named at once, by line."""
    errors = told(file_of({"id": "aaa"}, {"id": "b", "capacity": "x"}, {"id": "ccc"}, {"id": "ddd", "smart": "?"}))
    assert [error.split(":")[0] for error in errors] == ["line 3, capacity", "line 3, id", "line 5, smart"]


def test_repeated_id_names_both_lines() -> None:
    """Two rows with one id are told together, counted in lines of the file even behind a cell of several lines."""
    text = HEADER + "\n" + '"bj-a",x\n'.replace("x\n", '"a\nb"' + "," * 11 + "\n")
    text += file_of({}, {}).split("\r\n", 1)[1]
    errors = told(text)
    assert any(error.startswith("line 5, id: bj-sanlitun-01 stands on line 4 already") for error in errors)


def test_wrong_number_of_cells_is_told() -> None:
    """An unquoted comma shifts the cells and is named; other rows are still checked."""
    lines = file_of({}, {"id": "!"}).splitlines()
    errors = told("\n".join([lines[0], lines[1].replace("三里屯路7号", "三里屯路,7号"), lines[2]]))
    assert errors[0].startswith("line 2: 14 cells where the header names 13 columns")
    assert errors[1].startswith("line 3, id")


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (file_of({}).encode("gb18030"), "looks like GBK"),
        (b"id,name\n\xff\x00,\n", "not UTF-8"),
        (file_of({}).encode("utf-16"), "UTF-16"),
        (b"", "the file is empty"),
        (b"\r\n \r\n", "the file is empty"),
        (HEADER.encode(), "no rows"),
        (HEADER.replace(",", ";").encode(), "separated by commas"),
        (b"id,name,lat,lon,region,colour\n", "unknown column colour"),
        (b"id,name,lat,lon,region,\n", "unknown column (empty)"),
        (b"id,name,lat,lon,region,name\n", "column name stands twice"),
        (b"id,name,lat\n", "column lon, region is missing"),
        (HEADER.encode() + b'\n"abc', "line 2: from here on it is not CSV"),
        (HEADER.encode() + b"\n" + b"x" * 200_000, "line 2: from here on it is not CSV"),
    ],
)
def test_unreadable_file_is_told(raw: bytes, says: str) -> None:
    """A file of which nothing can be read gets one error that says what to do."""
    (error,) = told(raw)
    assert says in error


@given(st.binary() | st.text().map(lambda text: f"{HEADER}\n{text}"))
def test_no_file_makes_it_raise(source: bytes | str) -> None:
    """Whatever a file holds is answered with errors or stations."""
    result = import_stations(source, {}, TREE)
    assert bool(result.errors) != bool(result.added)


@given(
    st.fixed_dictionaries(
        {}, optional={column: st.sampled_from(["", "0", "1", "-", "24/7", "110100", "；", "x"]) for column in GOOD}
    )
)
def test_wrong_rows_bring_nothing_in(cells: dict[str, str]) -> None:
    """A row is either a station in China with known services and codes, or it is told and nothing comes in."""
    result = import_stations(file_of({"id": "bj-good-01"}, cells), {}, TREE)
    assert bool(result.errors) == (result.to_save == ())
    for station in result.added:
        assert TREE.get(station.province) is not None
        assert 39 < station.lat < 41
