"""What `yizhan regions` shows: divisions by name or code, and what is below them.

Enters: the tree of regions and what a person typed. Leaves: a table. Never: computes a parent from digits.
"""

from collections.abc import Sequence

from rich.table import Table

from ingest.model import Region
from ingest.registry.regions import RegionTree


def find(tree: RegionTree, text: str | None) -> Sequence[Region]:
    """The divisions meant: the provinces for None, one by its code, or all whose name holds the text."""
    if text is None:
        return tree.children()
    by_code = tree.get(text)
    if by_code is not None:
        return (by_code, *tree.children(text))
    return [region for region in tree if text in region.name or text.lower() in (region.name_en or "").lower()]


def region_table(tree: RegionTree, regions: Sequence[Region]) -> Table:
    """For a terminal."""
    shown = Table("code", "level", "name", "in full", "English")
    for region in regions:
        full = tree.full_name(region.code)
        shown.add_row(region.code, region.level.value, region.name, full, region.name_en or "")
    return shown
