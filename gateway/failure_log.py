"""A failure that lasts, in few words: told when it begins, when its text changes, and when it is over.

Enters: each try that failed, and each that worked. Leaves: lines in the log, with how many tries failed meanwhile.
Never: a line for each try.
"""

import logging


class FailureLog:
    """Of one thing that is tried again and again, such as a connection."""

    def __init__(self, log: logging.Logger, subject: str) -> None:
        self._log = log
        self._subject = subject
        self._text = ""
        self._failures = 0

    def failed(self, text: str) -> None:
        """A try failed, with these words: no figure in them that changes from try to try."""
        if text != self._text:
            self._tell(logging.ERROR, text)
            self._text = text
        self._failures += 1

    def worked(self) -> None:
        """A try worked."""
        if self._text:
            self._tell(logging.WARNING, "works again")
            self._text = ""

    def _tell(self, level: int, words: str) -> None:
        self._log.log(level, "%s: %s", self._subject, words, extra={"failures": self._failures})
        self._failures = 0
