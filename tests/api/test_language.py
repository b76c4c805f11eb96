"""The two catalogues, and times in words."""

import re
import string
from datetime import datetime
from pathlib import Path

import pytest

import api
from api.language import Language, wording
from api.wishes import Good
from ingest.model import Access, Quality, Region
from tests.api.stillness import NOW, ZONE
from tests.api.world import REGIONS

ROOM = Path(api.__file__).parent
ZH, EN = wording(Language.ZH), wording(Language.EN)


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_catalogues_have_the_same_keys() -> None:
    """What is said in one language is said in the other, in the same order of the file."""
    assert list(ZH.catalogue) == list(EN.catalogue)


@pytest.mark.parametrize("key", ZH.catalogue)
def test_both_say_it_about_the_same_things(key: str) -> None:
    """A text names the same values in both languages, and is not empty."""
    assert _placeholders(ZH.catalogue[key]) == _placeholders(EN.catalogue[key])
    assert ZH.catalogue[key].strip()
    assert EN.catalogue[key].strip()


def test_english_is_english() -> None:
    """No Chinese text was left in the English catalogue."""
    left = [key for key, text in EN.catalogue.items() if re.search(r"[\u4e00-\u9fff]", text)]
    assert left == []


def test_every_text_is_used_and_every_used_text_is_there() -> None:
    """The catalogue holds exactly what code and templates ask for: by name, or by the stem of a family."""
    sources = [*ROOM.rglob("*.py"), *ROOM.rglob("*.html")]
    source = "\n".join(path.read_text("utf-8") for path in sources)
    asked = set(re.findall(r'(?:say|wording|self)\(\s*"([a-z_0-9.]+)"[,)]', source))
    assert asked <= set(ZH.catalogue)
    named = set(re.findall(r'"([a-z_0-9.]+)"', source))
    stems = {"bring."} | set(re.findall(r'say\(f?"([a-z_]+\.)(?:\{|" ~)', source)) | {"quality.", "access."}
    units = {f"{icon}_n" for icon in ("seat", "battery", "medicine")}
    unused = [key for key in set(ZH.catalogue) - named - units if not any(key.startswith(stem) for stem in stems)]
    assert sorted(unused) == []


@pytest.mark.parametrize("family", [Quality, Access, Good])
def test_families_are_whole(family: type[Quality | Access | Good]) -> None:
    """Every member of a vocabulary has its words."""
    stem = {Quality: "quality", Access: "access", Good: "has"}[family]
    assert {f"{stem}.{member}" for member in family} <= set(ZH.catalogue)


@pytest.mark.parametrize(
    ("at", "zh", "en"),
    [
        ("2026-11-22 22:00", "22:00", "22:00"),
        ("2026-11-23 00:00", "24:00", "24:00"),
        ("2026-11-23 06:00", "明天 06:00", "tomorrow 06:00"),
        ("2026-11-21 14:02", "昨天 14:02", "yesterday 14:02"),
        ("2026-11-19 14:02", "11-19 14:02", "11-19 14:02"),
        ("2025-11-19 14:02", "2025-11-19 14:02", "2025-11-19 14:02"),
    ],
)
def test_a_time_is_said_as_people_say_it(at: str, zh: str, en: str) -> None:
    """The day is named only where it is not today, the year only where it may be mistaken."""
    instant = datetime.fromisoformat(at).replace(tzinfo=ZONE)
    assert ZH.time(instant, NOW) == zh
    assert EN.time(instant, NOW) == en


def test_a_region_has_its_chinese_name_where_there_is_no_english_one() -> None:
    """English falls back to the name that stands on the door."""
    assert EN.region(REGIONS[0]) == "Beijing"
    assert ZH.region(REGIONS[0]) == "北京市"
    tibet: Region = REGIONS[-1]
    assert EN.region(tibet) == "西藏自治区"


def test_a_service_has_a_name_in_both_languages() -> None:
    """The vocabulary gives the names; an unknown code is shown as it is."""
    assert ZH.service("battery_swap") == "电动自行车换电"
    assert EN.service("battery_swap") == "E-bike battery swap"
    assert EN.service("teleport") == "teleport"
