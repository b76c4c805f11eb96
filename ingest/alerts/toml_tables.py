"""Tables of a TOML file that a person made, each field with the line on which it stands.

Enters: the text and what tomllib made of it. Leaves: values of fields; what is wrong is noted, with line and name.
Never: what a field means, or a value in an error that its reader did not put there: it may be a secret.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from ingest.registry.csv_rows import RowError, WrongCell

_REQUIRED: Final = object()


class Table:
    """One table of an array of tables."""

    def __init__(self, section: str, number: int, raw: dict[str, Any], lines: Sequence[str], begins: int) -> None:
        self.raw = raw
        self.line = begins
        """Of its header, from 1; 0: it has none of its own."""
        self.errors: list[RowError] = []
        self._section = section
        self._number = number
        self._lines = lines

    def path(self, key: str) -> str:
        """What a person calls the field: `crews[2].hours`."""
        return f"{self._section}[{self._number}].{key}".rstrip(".")

    def line_of(self, key: str) -> int:
        """The line on which the field stands, or the table's."""
        for line, text in enumerate(self._lines[self.line :], start=self.line + 1):
            if re.match(r"\s*\[\[", text):
                break
            if re.match(rf"\s*{re.escape(key)}\s*[=.]", text):
                return line
        return self.line

    def note(self, key: str, problem: str, remedy: str) -> None:
        """Something is wrong with the field; an empty key: with the whole table."""
        self.errors.append(RowError(self.line_of(key) if key else self.line, self.path(key), problem, remedy))

    def refuse_others(self, known: Iterable[str]) -> None:
        """Fields that the table does not have are typing errors."""
        names = sorted(known)
        for key in self.raw:
            if key not in names:
                self.note(key, "unknown field", f"fields are {', '.join(names)}")

    def text(self, key: str, read: Callable[[str], Any], default: Any = _REQUIRED) -> Any:
        """What `read` makes of a text, or the default."""
        value = self._value(key, default)
        if value is default or value is None:
            return None if value is _REQUIRED else value
        return self._read(key, value, str, "a text in quotes", read)

    def texts(self, key: str, read: Callable[[Sequence[str]], Any]) -> Any:
        """What `read` makes of a list of texts; a field that is not given is an empty one."""
        value = self.raw.get(key, [])
        if isinstance(value, list) and not all(isinstance(one, str) for one in value):
            value = None
        return self._read(key, value, list, 'a list of texts, as ["one", "two"]', read)

    def number(self, key: str, least: float, most: float, default: float) -> float | None:
        """A number within bounds."""
        value = self.raw.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            self.note(key, "not a number in bounds", f"write a number from {least:g} to {most:g}")
            return None
        return float(value)

    def words(self, key: str, longest: int) -> dict[str, str]:
        """An inner table of texts."""
        value = self.raw.get(key, {})
        good = isinstance(value, dict) and all(isinstance(one, str) and len(one) <= longest for one in value.values())
        if not good:
            self.note(
                key, "not a table of texts", f'write {key} = {{ name = "text" }}, each up to {longest} characters'
            )
            return {}
        return dict(value)

    def inner(self, key: str, read: Callable[[dict[str, Any]], Any], whole: Callable[[list[Any]], Any]) -> Any:
        """What is made of a list of inner tables, each and together."""
        value = self.raw.get(key, [])
        if isinstance(value, list) and not all(isinstance(one, dict) for one in value):
            value = None
        return self._read(key, value, list, "a list of tables", lambda found: whole([read(one) for one in found]))

    def instant(self, key: str, read: Callable[[datetime], int]) -> int | None:
        """An instant; without an offset it is local."""
        value = self._value(key, _REQUIRED)
        if value is _REQUIRED:
            return None
        found: int | None = self._read(key, value, datetime, "a date and time, as 2026-12-01T08:00:00", read)
        return found

    def _value(self, key: str, default: Any) -> Any:
        value = self.raw.get(key, default)
        if value is _REQUIRED:
            self.note(key, "missing", f"write {key} = …")
        return value

    def _read(self, key: str, value: Any, kind: type, right: str, read: Callable[[Any], Any]) -> Any:
        if not isinstance(value, kind):
            self.note(key, "of the wrong type", f"write {right}")
            return None
        try:
            return read(value)
        except WrongCell as wrong:
            self.note(key, wrong.problem, wrong.remedy)
            return None


def tables_of(text: str, document: dict[str, Any], section: str, errors: list[RowError]) -> list[Table]:
    """The tables of `[[section]]`, in order; another shape is noted."""
    found = document.get(section, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        errors.append(RowError(0, section, "not a list of tables", f"begin each with a line [[{section}]]"))
        return []
    lines = text.splitlines()
    header = re.compile(rf"\s*\[\[\s*{section}\s*\]\]")
    begins = [line for line, one in enumerate(lines, start=1) if header.match(one)]
    begins += [0] * (len(found) - len(begins))
    return [Table(section, number, raw, lines, begins[number - 1]) for number, raw in enumerate(found, start=1)]
