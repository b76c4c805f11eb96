"""Markdown as chat robots read it: bold, links, lines. Nothing else, because no two of them agree on the rest.

Enters: names and words from outside. Leaves: text that no robot takes for markup. Never: a backslash escape: half of
the robots show the backslash, so a sign with a meaning becomes its full-width twin.
"""

import re
import unicodedata
from typing import Final

NAME_MAX: Final = 80
"""Characters of a name from outside. Larger: one name pushes the fault off the screen. Smaller: addresses lose their
number."""
TITLE_MAX: Final = 200
"""Characters of a title, which is a name and a fault."""

_TWINS: Final = str.maketrans(
    {sign: chr(ord(sign) + 0xFEE0) for sign in "*_`[]<>#~|\\@"} | {"$": "＄"},
)
_BOLD: Final = re.compile(r"\*\*(.+?)\*\*")
_LINK: Final = re.compile(r"\[([^\]\n]+)\]\(([^)\s]+)\)")


def bare(text: str, most: int = NAME_MAX) -> str:
    """A name on one line, without signs that cannot be seen or turn the direction of what follows."""
    seen = "".join(" " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign for sign in text[: 4 * most])
    shown = "".join(sign for sign in seen if unicodedata.category(sign) not in {"Cf", "Cs", "Co", "Cn"})
    words = " ".join(shown.split())
    return words if len(words) <= most else f"{words[: most - 1]}…"


def escaped(text: str, most: int = NAME_MAX) -> str:
    """A name that is shown as it is: no link, no bold, nobody mentioned by it."""
    return bare(text, most).translate(_TWINS).replace("://", "：//")


def plain(text: str) -> str:
    """The same words without markup, for mail and plain text; of a link the address stays."""
    return _BOLD.sub(r"\1", _LINK.sub(r"\1: \2", text))
