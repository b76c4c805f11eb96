"""The tree of administrative divisions: provinces, cities, districts.

Enters: regions.json, made by scripts/make_regions.py. Leaves: `Region`s, the path from the top, words for a wrong code.
Never: computes a parent from digits, keys on a name (there are four 鼓楼区), or knows streets.
"""

import json
import re
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any, Final, NamedTuple

from ingest.model import Level, Region

CODE_DIGITS: Final = 6
SUGGESTIONS: Final = 3
"""More than three and a line of an error list wraps; fewer and the right one is often missing."""
CORPS_CODE: Final = re.compile(r"66([0-9]{4})?")
CORPS_PROVINCE: Final = "650000"
"""66 is how the Xinjiang Production and Construction Corps is counted in statistics; its cities are divisions of 65."""


class UnknownRegion(ValueError):
    """No division has this code; the text names the likeliest ones."""


class Resolved(NamedTuple):
    """The division that a person meant by a code."""

    region: Region
    note: str | None
    """Why another code than the written one was taken; None when the code was a division's own."""


class RegionTree:
    """All divisions, by code and by parent."""

    def __init__(self, regions: Sequence[Region], *, source: str = "", as_of: str = "", sha256: str = "") -> None:
        self.source = source
        self.as_of = as_of
        self.sha256 = sha256
        """Of the table that the regions were taken from."""
        self._by_code = {region.code: region for region in regions}
        children: dict[str | None, list[Region]] = {}
        for region in regions:
            children.setdefault(region.parent, []).append(region)
        self._children = {parent: tuple(below) for parent, below in children.items()}
        self._headings = _headings(self)

    def __len__(self) -> int:
        return len(self._by_code)

    def __iter__(self) -> Iterator[Region]:
        return iter(self._by_code.values())

    def get(self, code: str) -> Region | None:
        """The division with exactly this code, or None."""
        return self._by_code.get(code)

    def children(self, parent: str | None = None) -> Sequence[Region]:
        """The provinces, or the divisions directly below `parent`; none for an unknown one."""
        return self._children.get(parent, ())

    def path_of(self, code: str) -> Sequence[Region]:
        """From the province down to the division itself; raises `UnknownRegion`."""
        path = [self._known(code)]
        while path[-1].parent is not None:
            path.append(self._known(path[-1].parent))
        return tuple(reversed(path))

    def full_name(self, code: str) -> str:
        """Chinese, with all levels: 广东省广州市天河区; raises `UnknownRegion`."""
        return "".join(region.name for region in self.path_of(code))

    def resolve(self, code: str) -> Resolved:
        """The division of a code; statistical headings are read as what they stand for. Raises `UnknownRegion`."""
        region = self._by_code.get(code)
        if region is not None:
            return Resolved(region, None)
        stands_for = self._headings.get(code)
        if stands_for is not None:
            region, heading = stands_for
            return Resolved(region, f"{code} ({heading}) is a statistical heading; read as {_named(region)}")
        if CORPS_CODE.fullmatch(code):
            region = self._known(CORPS_PROVINCE)
            note = f"{code}: 66 (新疆生产建设兵团) is a statistical code, not a division; read as {_named(region)}"
            return Resolved(region, note)
        return Resolved(self._known(code), None)

    def likely(self, text: str) -> Sequence[Region]:
        """Divisions that may have been meant by a wrong code or by a name, likeliest first."""
        if not any(character.isdecimal() for character in text):
            named = [region for region in self if text and text in (region.name, self.full_name(region.code))]
            return named[: SUGGESTIONS * 2]
        digits = "".join(character for character in text if character.isdecimal())
        digits = digits[:CODE_DIGITS].ljust(CODE_DIGITS, "0")
        return sorted(self, key=lambda region: _distance(digits, region.code))[:SUGGESTIONS]

    def _known(self, code: str) -> Region:
        region = self._by_code.get(code)
        if region is None:
            likely = "; ".join(f"{found.code} {self.full_name(found.code)}" for found in self.likely(code))
            raise UnknownRegion(f"no division has the code {code!r}" + (f"; perhaps {likely}" if likely else ""))
        return region


def load_regions() -> RegionTree:
    """The tree that the platform ships with; reads a file."""
    table = json.loads((resources.files("ingest.registry") / "regions.json").read_text(encoding="utf-8"))
    return RegionTree(_regions_of(table), source=table["source"], as_of=table["as_of"], sha256=table["sha256"])


def _regions_of(table: dict[str, Any]) -> list[Region]:
    regions = [Region(code, name, Level.PROVINCE, None, english) for code, name, english in table["provinces"]]
    for key, level in (("cities", Level.CITY), ("districts", Level.DISTRICT)):
        regions += [Region(code, name, level, parent) for code, name, parent in table[key]]
    return regions


def _headings(tree: RegionTree) -> dict[str, tuple[Region, str]]:
    """The codes under which statistics group districts, which are no divisions: what each stands for, and its name."""
    headings: dict[str, tuple[Region, str]] = {}
    for region in tree:
        if region.level is Level.CITY and tree.children(region.code):
            headings[f"{region.code[:4]}01"] = (region, "市辖区")
        if region.level is Level.DISTRICT and region.parent is not None:
            above = tree.path_of(region.parent)[-1]
            if above.level is Level.PROVINCE:
                group = region.code[2:4]
                direct = "自治区直辖县级行政区划" if above.name.endswith("自治区") else "省直辖县级行政区划"
                heading = {"01": "市辖区", "02": "县"}.get(group, direct)
                headings[f"{region.code[:4]}00"] = (above, heading)
    return {code: stands_for for code, stands_for in headings.items() if tree.get(code) is None}


def _distance(wrong: str, code: str) -> tuple[int, int, int]:
    """Smaller for a likelier slip: two neighbours swapped, one digit wrong, then what begins alike."""
    differing = [place for place in range(CODE_DIGITS) if wrong[place] != code[place]]
    match differing:
        case [first, second] if second == first + 1 and wrong[first] == code[second] and wrong[second] == code[first]:
            slips = 1
        case _:
            slips = len(differing)
    alike = differing[0] if differing else CODE_DIGITS
    return slips, -alike, abs(int(wrong) - int(code))


def _named(region: Region) -> str:
    return f"{region.code} {region.name}"
