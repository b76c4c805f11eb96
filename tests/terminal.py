"""A terminal for tests of the command line: types commands, reads what was printed.

Enters: arguments. Leaves: the output, after the exit code was held to what is expected. Never: a process of its own.
"""

import json
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

import yizhan


class Terminal:
    """Runs commands in this process, as the installed program does, in a folder of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.chdir(folder)
        monkeypatch.setenv("COLUMNS", "240")  # so that no cell of a table is folded

    def run(self, *arguments: str, stdin: str = "", code: int = 0) -> str:
        """What was printed, on both outputs; the exit code must be `code`."""
        printed, said = self._run(arguments, stdin, code)
        return printed + said

    def json(self, *arguments: str, code: int = 0) -> Any:
        """What a command printed for programs, which is all that stands on its standard output."""
        return json.loads(self._run((*arguments, "--json"), "", code)[0])

    def printed(self, *arguments: str) -> str:
        """The standard output alone."""
        return self._run(arguments, "", 0)[0]

    def _run(self, arguments: tuple[str, ...], stdin: str, code: int) -> tuple[str, str]:
        self._monkeypatch.setattr(sys, "argv", ["yizhan", *arguments])
        self._monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(stdin.encode()), encoding="utf-8"))
        with pytest.raises(SystemExit) as ended:
            yizhan.main()
        captured = self._capsys.readouterr()
        assert (ended.value.code or 0) == code, captured.out + captured.err
        assert "Traceback" not in captured.err
        return captured.out, captured.err
