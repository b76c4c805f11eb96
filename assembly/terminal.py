"""What all commands share: where they print, how they find their settings, how they end in words.

Enters: options, texts from anywhere. Leaves: lines on a terminal, an exit code.
Never: a control character of somebody else's on the terminal.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from assembly.settings import Settings
from assembly.settings_sources import CONFIG_VARIABLE, load

PIPE_COLUMNS: Final = 10_000
"""How wide a line may be that no terminal shows. Smaller: a pipe gets tables that were cut for a screen."""

# No emoji: `aa:ab:cc` of somebody's address is no blood group.
out: Final = Console(width=None if sys.stdout.isatty() else PIPE_COLUMNS, emoji=False)
err: Final = Console(stderr=True, soft_wrap=True, emoji=False)

Config = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", envvar=CONFIG_VARIABLE, help="TOML file with settings; else yizhan.toml if there is one."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead, for programs.")]


def settings_of(config: Path | None) -> Settings:
    """What is in force; raises `WrongSettings`."""
    return load(config).settings


def fail(text: str, code: int = 1) -> NoReturn:
    """Say why, and end."""
    err.print(f"[red]error[/] {escape(text)}")
    sys.exit(code)


def note(text: str) -> None:
    """Say something beside the answer itself."""
    err.print(f"[yellow]note[/] {escape(text)}")


def print_json(document: Any) -> None:
    """One line; control characters are escaped by JSON itself."""
    out.file.write(json.dumps(document) + "\n")


def printable(text: str) -> str:
    """What a station sent may hold codes that move the cursor or rename the window: shown as what they are."""
    return "".join(one if one.isprintable() or one == "\n" else repr(one)[1:-1] for one in text)
