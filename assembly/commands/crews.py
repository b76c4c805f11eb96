"""`yizhan crews`: who looks after which stations, and by which channels they are told.

Enters: arguments, YIZHAN_TOKEN, a file of crews. Leaves: an answer on the terminal. Never: a secret on the screen.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from assembly.commands.asking import Url, run
from assembly.listing import show_list
from assembly.terminal import AsJson, Config, fail, out, print_json, settings_of

if TYPE_CHECKING:  # it needs aiohttp, which --help does not
    from assembly.operator_client import OperatorClient

app: Final = typer.Typer(no_args_is_help=True, help="Crews: regions, hours, channels, escalation, their mean times.")


@app.command("show")
def show_crews(
    days: Annotated[int, typer.Option(min=1, max=366, help="Figures of the jobs opened in so many days.")] = 30,
    url: Url = None,
    config: Config = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show crews with their mean times, and channels without their secrets.

    Example: `YIZHAN_TOKEN=… yizhan crews show --days 7`
    """
    found = run(settings_of(config), url, lambda client: client.ask("GET", "crews", {"days": str(days)}))
    if as_json:
        print_json(found)
        return
    rows = [
        (
            crew["id"],
            crew["name"],
            " ".join(crew["regions"]) or "all",
            " ".join(crew["kinds"]) or "all",
            crew["hours"],
            " ".join(crew["channels"]),
            crew["jobs"],
            minutes(crew["mean_acknowledge_s"]),
            minutes(crew["mean_repair_s"]),
        )
        for crew in found["crews"]
    ]
    show_list(("id", "name", "regions", "kinds", "hours", "channels", "jobs", "min to ack", "min to repair"), rows)
    channels = ("name", "kind", "address", "language", "per_minute")
    show_list(channels, [tuple(one[name] for name in channels) for one in found["channels"]])


@app.command("import")
def import_crews(
    file: Annotated[Path, typer.Argument(help="TOML with crews, channels and maintenance; or CSV with crews alone.")],
    url: Url = None,
    config: Config = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is wrong; change nothing.")] = False,
) -> None:
    """Make crews exactly what a file says; with one error nothing is changed. Wants the role admin.

    A TOML file replaces crews and channels, and adds its maintenance. A CSV file replaces crews alone.
    A secret is better named than written: `secret = "env:DINGTALK_SECRET"` is a variable of the platform.

    Example: `YIZHAN_TOKEN=… yizhan crews import crews.toml`. docs/alerts.md describes both files.
    """
    from assembly.crew_commands import WrongFile, take_crews

    settings, content = settings_of(config), content_of(file)

    async def ask(client: "OperatorClient") -> dict[str, Any]:
        return await take_crews(client, settings, content, is_csv=file.suffix.lower() == ".csv", dry_run=dry_run)

    try:
        taken = run(settings, url, ask)
    except WrongFile as wrong:
        lines = [f"{file}: {error}" for error in wrong.errors]
        fail("\n".join([*lines, f"nothing was imported: correct {len(wrong.errors)} of these and try again"]))
    would = "would have" if dry_run else "has"
    told = ", ".join(f"{what} {number}" for what, number in taken.items())
    out.print(f"the platform {would}: {told}", markup=False, highlight=False)


def minutes(seconds: float | None) -> str | None:
    """As people compare them."""
    return None if seconds is None else f"{seconds / 60:.1f}"


def content_of(file: Path) -> bytes:
    """The bytes of a file; of standard input for -, which is TOML."""
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}", code=2)
