"""`yizhan jobs`: what crews have to do, and what they did, asked of a running platform with a token.

Enters: arguments, YIZHAN_TOKEN. Leaves: an answer on the terminal. Never: a database.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

from assembly.commands.asking import Url, instant_of, run
from assembly.listing import Row, lines_of, local_time, show_list
from assembly.terminal import AsJson, Config, out, print_json, printable, settings_of

if TYPE_CHECKING:  # it needs aiohttp, which --help does not
    from assembly.operator_client import OperatorClient

app: Final = typer.Typer(no_args_is_help=True, help="Jobs of crews: all that is wrong at one place, until it is good.")

JobId = Annotated[str, typer.Argument(metavar="JOB", help="Its id, as `yizhan jobs list` shows it.")]
Comment = Annotated[str, typer.Option(help="A remark for the record.")]
InMinutes = Annotated[int | None, typer.Option("--in", min=0, help="When you expect to be there: minutes from now.")]
Until = Annotated[
    str | None,
    typer.Option(help="Until when you look after it: 2026-11-26T18:00. None: to the end of the shift."),
]


@app.command("list")
def list_jobs(
    state: Annotated[str | None, typer.Option(help="Only open, acknowledged, in_progress, repaired or closed.")] = None,
    severity: Annotated[str | None, typer.Option(help="Only info, warning, critical or emergency.")] = None,
    crew: Annotated[str | None, typer.Option(help="Only of this crew.")] = None,
    station: Annotated[str | None, typer.Option(help="Only of this station.")] = None,
    region: Annotated[str | None, typer.Option(help="Only of this region, by its code.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Jobs to show.")] = 100,
    url: Url = None,
    config: Config = None,
    *,
    past: Annotated[bool, typer.Option("--past", help="All jobs ever, newest first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show jobs of now, worst first.

    Example: `YIZHAN_TOKEN=… yizhan jobs list --region 110101 --state open`
    """
    filters = {"state": state, "severity": severity, "crew": crew, "station": station, "region": region}
    columns = ("id", "how bad", "opened", "where", "crew", "who goes")

    def row(job: dict[str, Any], zone: ZoneInfo) -> Row:
        arrival = job["arrival_at"] and f"there at {local_time(job['arrival_at'], zone)}"
        return (
            job["id"],
            lines_of(job["severity"], job["state"]),
            local_time(job["opened_at"], zone),
            lines_of(job["place_name"], job["address"]),
            job["crew"],
            lines_of(job["acknowledged_by"], arrival),
        )

    show_entries("jobs", "nothing is open", filters, columns, row, limit, url, config, past=past, as_json=as_json)


@app.command("show")
def show_job(job_id: JobId, url: Url = None, config: Config = None, *, as_json: AsJson = False) -> None:
    """Show one job: its alerts, what to bring, what people did, what they were told.

    Example: `YIZHAN_TOKEN=… yizhan jobs show j-4711`
    """
    job = run(settings_of(config), url, lambda client: client.ask("GET", f"jobs/{quoted(job_id)}"))
    if as_json:
        print_json(job)
        return
    lists = {"alerts", "done_alerts", "alert_details", "bring", "acts", "messages"}
    show_fields({name: value for name, value in job.items() if name not in lists})
    alerts = ("id", "severity", "state", "rule", "part", "value", "since")
    tell("alerts", alerts, job["alert_details"])
    tell("to bring", ("what", "name", "pieces"), job["bring"])
    tell("done", ("at", "who", "what", "detail"), job["acts"])
    tell("told", ("created_at", "channel", "why", "state", "title", "reason"), job["messages"])


@app.command("ack")
def acknowledge_job(
    job_id: JobId,
    in_minutes: InMinutes = None,
    until: Until = None,
    comment: Comment = "",
    url: Url = None,
    config: Config = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Somebody goes: nobody else is called, until the acknowledgement expires.

    Example: `YIZHAN_TOKEN=… yizhan jobs ack j-4711 --in 30`
    """
    settings = settings_of(config)
    body = {"in_minutes": in_minutes, "until": instant_of(settings, until), "comment": comment}
    act(f"jobs/{quoted(job_id)}/acknowledge", body, url, config, as_json=as_json)


@app.command("start")
def start_job(job_id: JobId, url: Url = None, config: Config = None, *, as_json: AsJson = False) -> None:
    """Somebody is there and works.

    Example: `YIZHAN_TOKEN=… yizhan jobs start j-4711`
    """
    act(f"jobs/{quoted(job_id)}/start", {}, url, config, as_json=as_json)


@app.command("repaired")
def repaired_job(
    job_id: JobId, comment: Comment = "", url: Url = None, config: Config = None, *, as_json: AsJson = False
) -> None:
    """Somebody says that it is done; readings prove it, or the job goes on.

    Example: `YIZHAN_TOKEN=… yizhan jobs repaired j-4711 --comment "fan replaced"`
    """
    act(f"jobs/{quoted(job_id)}/repaired", {"comment": comment}, url, config, as_json=as_json)


@app.command("close")
def close_job(
    job_id: JobId,
    reason: Annotated[str, typer.Option(help="Why it is over although no reading has proven it.")],
    url: Url = None,
    config: Config = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Close a job that readings cannot close.

    Example: `YIZHAN_TOKEN=… yizhan jobs close j-4711 --reason "station was taken down"`
    """
    act(f"jobs/{quoted(job_id)}/close", {"reason": reason}, url, config, as_json=as_json)


def show_entries(
    name: str,
    nothing: str,
    filters: dict[str, str | None],
    columns: Sequence[str],
    row: Callable[[dict[str, Any], ZoneInfo], Row],
    limit: int,
    url: str | None,
    config: Config,
    *,
    past: bool,
    as_json: bool,
) -> None:
    """Ask for a list (`jobs`, `alerts`), and show at most so many of it; of an empty one say `nothing`, and of whom."""
    given = {name: value for name, value in filters.items() if value} | ({"past": "true"} if past else {})

    async def ask(client: "OperatorClient") -> list[dict[str, Any]]:
        return [entry async for entry in client.entries(name, name, given, limit + 1)]

    settings = settings_of(config)
    found = run(settings, url, ask)
    if as_json:
        print_json(found[:limit])
        return
    zone = ZoneInfo(settings.platform.time_zone)
    rows = [row(entry, zone) for entry in found[:limit]]
    show_list(columns, rows, f"{nothing} that your token may see and the filters let through")
    if len(found) > limit:
        out.print(f"the first {limit}; more with --limit")


def act(path: str, body: dict[str, Any], url: str | None, config: Config, *, as_json: bool) -> None:
    """Do something to a job or an alert, and show how it is afterwards."""
    given = {name: value for name, value in body.items() if value is not None}
    after = run(settings_of(config), url, lambda client: client.ask("POST", path, body=given))
    if as_json:
        print_json(after)
    else:
        out.print(printable(f"{after['id']} ({after['place_name']}): {after['state']}"), markup=False, highlight=False)


def quoted(name: str) -> str:
    """An id as part of an address: what is typed wrongly asks for nothing else."""
    from urllib.parse import quote

    return quote(name, safe="")


def show_fields(fields: dict[str, Any]) -> None:
    """One a line; what is not there is left out."""
    for name, value in fields.items():
        if value not in (None, "", []):
            out.print(f"{name}: {printable(str(value))}", markup=False, highlight=False, soft_wrap=True)


def tell(title: str, columns: tuple[str, ...], entries: list[dict[str, Any]]) -> None:
    """A table with its title; nothing where there are no entries."""
    if entries:
        out.print(f"\n{title}", markup=False, highlight=False)
        show_list(columns, [tuple(entry[name] for name in columns) for entry in entries])
