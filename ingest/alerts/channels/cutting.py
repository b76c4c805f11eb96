"""Texts that fit: cut at a character, with a word that something is missing.

Enters: a text and a bound in bytes of UTF-8. Leaves: a text within it. Never: half a character, or the last paragraph
lost before the others: it holds the links.
"""

from collections.abc import Mapping
from typing import Final

HINT: Final[Mapping[str, str]] = {"zh": "……（过长已截断，请打开链接查看）", "en": "… (cut, open the link for the rest)"}


def cut(text: str, most_bytes: int, language: str) -> str:
    """The text, or its beginning with a hint and its last paragraph, in at most so many bytes."""
    if len(text.encode()) <= most_bytes:
        return text
    hint = HINT.get(language, HINT["en"])
    head, gap, tail = text.rpartition("\n\n")
    ending = f"\n{hint}\n\n{tail}"
    if not gap or len(ending.encode()) > most_bytes // 2:
        head, ending = text, f"\n{hint}"
    room = most_bytes - len(ending.encode())
    if room < 0:
        return _first_bytes(text, most_bytes)
    return _first_bytes(head, room).rstrip() + ending


def _first_bytes(text: str, most: int) -> str:
    return text.encode()[:most].decode("utf-8", "ignore")
