"""What `yizhan regions` shows: divisions by name or code, and what is below them.

Enters: the tree of regions and what a person typed. Leaves: a table. Never: computes a parent from digits.
"""

from collections.abc import Sequence

from assembly.listing import show_list
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


def show_regions(tree: RegionTree, regions: Sequence[Region]) -> None:
    """On a terminal."""
    rows = [(one.code, one.level.value, one.name, tree.full_name(one.code), one.name_en) for one in regions]
    show_list(("code", "level", "name", "in full", "English"), rows)
