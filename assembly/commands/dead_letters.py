"""`yizhan dead-letters`: the messages that a running platform refused, asked over HTTP with a token.

Enters: arguments, YIZHAN_TOKEN. Leaves: an answer on the terminal; exit code 1 when something is still refused.
Never: a database: the platform is the one that writes.
"""

from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

from assembly.commands.asking import Url, run
from assembly.listing import show_list
from assembly.settings import Settings
from assembly.terminal import AsJson, Config, fail, out, print_json, printable, settings_of

if TYPE_CHECKING:  # it needs aiohttp, which --help does not
    from assembly.letter_commands import Wanted
    from assembly.operator_client import OperatorClient

app: Final = typer.Typer(no_args_is_help=True, help="Messages that were refused: to be looked at, replayed, dropped.")

Reason = Annotated[str | None, typer.Option(help="Only with this reason, such as out_of_range.")]
Station = Annotated[str | None, typer.Option(help="Only of this station.")]
First = Annotated[
    str | None, typer.Option("--from", help="Only received then or later: 2026-11-22, or 2026-11-22T06:00:00Z.")
]
Last = Annotated[str | None, typer.Option("--to", help="Only received before: a day means its beginning.")]
Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="Their numbers; else what the filters say.")]


@app.command("list")
def list_letters(
    reason: Reason = None,
    station: Station = None,
    first: First = None,
    last: Last = None,
    limit: Annotated[int, typer.Option(min=1, help="Letters to show, newest first.")] = 100,
    url: Url = None,
    config: Config = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show refused messages, newest first.

    Example: `YIZHAN_TOKEN=… yizhan dead-letters list --reason clock_future --from 2026-11-20`
    """
    settings = settings_of(config)
    wanted = filters(settings, reason, station, first, last)

    async def ask(client: "OperatorClient") -> list[dict[str, Any]]:
        return [letter async for letter in client.letters(wanted, limit + 1)]

    found = run(settings, url, ask)
    if as_json:
        print_json(found[:limit])
        return
    columns = ("id", "received_at", "station", "topic", "reason", "detail", "boot", "seq", "payload_bytes")
    rows = [tuple(letter[name] for name in columns) for letter in found[:limit]]
    show_list(("id", "received", "station", "topic", "reason", "detail", "boot", "seq", "bytes"), rows)
    if len(found) > limit:
        out.print(f"the newest {limit}; more with --limit")


@app.command("show")
def show_letter(
    letter_id: Annotated[int, typer.Argument(metavar="ID", help="Its number.")],
    url: Url = None,
    config: Config = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show one refused message, whole.

    Example: `YIZHAN_TOKEN=… yizhan dead-letters show 42`
    """
    letter = run(settings_of(config), url, lambda client: client.letter(letter_id))
    if as_json:
        print_json(letter)
        return
    for name, value in letter.items():
        if value is not None and name != "payload":
            out.print(f"{name}: {printable(str(value))}", markup=False, highlight=False, soft_wrap=True)
    if letter["payload"] is not None:
        out.print(printable(letter["payload"]), markup=False, highlight=False, soft_wrap=True)


@app.command("replay")
def replay_letters(
    ids: Ids = None,
    reason: Reason = None,
    station: Station = None,
    first: First = None,
    last: Last = None,
    url: Url = None,
    config: Config = None,
    *,
    accept_clock: Annotated[
        bool,
        typer.Option("--accept-clock", help="Even if the station's clock was off by more than the bound."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send refused messages through all steps once more. What is taken is dropped from the dead letters.

    What is still refused stays, with exit code 1.

    Examples: `YIZHAN_TOKEN=… yizhan dead-letters replay 42`, `… replay --reason clock_past --accept-clock`
    """
    from assembly.letter_commands import ids_of, replay_all

    settings = settings_of(config)
    wanted = choice(settings, ids, reason, station, first, last)

    async def ask(client: "OperatorClient") -> list[dict[str, Any]]:
        numbers = await ids_of(client, wanted)
        return [
            {"id": letter_id, **result}
            async for letter_id, result in replay_all(client, numbers, accept_clock=accept_clock)
        ]

    results = run(settings, url, ask)
    missing = sorted(set(wanted.ids) - {one["id"] for one in results})
    if as_json:
        print_json(results)
    else:
        rows = [
            (
                one["id"],
                one["outcome"],
                one["taken"],
                one["duplicates"],
                "; ".join(f"{refusal['reason']}: {refusal['detail']}" for refusal in one["refused"]) or None,
            )
            for one in results
        ]
        show_list(("id", "outcome", "taken", "known", "still refused"), rows)
    if missing:
        fail(f"not kept (any more): {', '.join(map(str, missing))}")
    if any(one["outcome"] == "refused" for one in results):
        raise typer.Exit(1)


@app.command("drop")
def drop_letters(
    ids: Ids = None,
    reason: Reason = None,
    station: Station = None,
    first: First = None,
    last: Last = None,
    url: Url = None,
    config: Config = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before dropping what filters found.")] = False,
) -> None:
    """Forget refused messages, for good.

    Examples: `YIZHAN_TOKEN=… yizhan dead-letters drop 42 43`, `… drop --station bj-chaoyang-01 --to 2026-11-01`
    """
    from assembly.letter_commands import drop_all, ids_of

    settings = settings_of(config)
    wanted = choice(settings, ids, reason, station, first, last)
    numbers = run(settings, url, lambda client: ids_of(client, wanted))
    if numbers and not wanted.ids and not yes:
        typer.confirm(f"Drop {len(numbers)} messages for good?", abort=True)
    dropped = run(settings, url, lambda client: drop_all(client, numbers))
    out.print(f"dropped {dropped}")
    if wanted.ids and dropped < len(numbers):
        fail(f"{len(numbers) - dropped} of these were not kept (any more)")


def filters(
    settings: Settings, reason: str | None, station: str | None, first: str | None, last: str | None
) -> dict[str, str]:
    """As the API takes them; days are those of the platform."""
    from assembly.letter_commands import WrongInstant, instant

    zone = ZoneInfo(settings.platform.time_zone)
    given = {"reason": reason, "station": station}
    try:
        given |= {"from": first and instant(first, zone), "to": last and instant(last, zone)}
    except WrongInstant as wrong:
        fail(str(wrong), code=2)
    return {name: value for name, value in given.items() if value}


def choice(
    settings: Settings,
    ids: list[int] | None,
    reason: str | None,
    station: str | None,
    first: str | None,
    last: str | None,
) -> "Wanted":
    """Numbers or filters, and one of the two: all letters at once must be asked for by a time."""
    from assembly.letter_commands import Wanted

    found = filters(settings, reason, station, first, last)
    if bool(ids) == bool(found):
        fail("name letters by number, or give at least one filter (--reason, --station, --from, --to)", code=2)
    return Wanted(ids or (), found)
