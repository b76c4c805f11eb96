"""Files of deploy/ in a test: read as they are, with places of the machine replaced by places of the test.

Enters: the name of a file, what to replace. Leaves: its text. Never: a replacement that finds nothing.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

DEPLOY: Final = Path(__file__).parents[2] / "deploy"


def text_of(name: str) -> str:
    """A file of deploy/."""
    return (DEPLOY / name).read_text(encoding="utf-8")


def placed(text: str, places: Mapping[str, str]) -> str:
    """The text with paths, ports and addresses of a test; each of them must stand in it as a whole."""
    for there, here in sorted(places.items(), key=lambda place: len(place[0]), reverse=True):
        text, found = re.subn(rf"(?<![\w.]){re.escape(there)}(?![\w.])", here, text)
        assert found, f"{there} does not stand in the file"
    return text
