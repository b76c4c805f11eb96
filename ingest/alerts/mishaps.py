"""Errors of ours: held at the step they happen in, so that the steps beside it are taken, and shown afterwards.

Enters: steps that may fail, each with what is to be done that it is not forgotten. Leaves: which failed, and how.
Never: hides one: whoever takes the steps also takes what failed, and shows it to /readyz and the log.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Mishap(NamedTuple):
    """One step that failed."""

    about: str
    """What it was about, for people: `rules on battery of bj-0001`."""
    error: Exception


class Mishaps:
    """Those of one book, until they are taken. The first is held, the others are counted: a storm may make many."""

    def __init__(self) -> None:
        self._first: Mishap | None = None
        self._count = 0

    @contextmanager
    def spare(self, about: str, again: Callable[[], object] | None = None) -> Iterator[None]:
        """Around one step. If it fails, `again` remembers what is to be done another time; all behind it goes on."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - one job that nobody foresaw must not silence a province
            self.note(about, error)
            if again is not None:
                again()

    def note(self, about: str, error: Exception) -> None:
        """A step failed, and somebody knows how to go on without it."""
        self._count += 1
        self._first = self._first or Mishap(about, error)

    def take(self) -> Mishap | None:
        """The first that failed since this was asked last, with how many more there were; None: all went well."""
        first, more = self._first, self._count - 1
        self._first, self._count = None, 0
        return first._replace(about=f"{first.about} and {more} more") if first is not None and more else first
