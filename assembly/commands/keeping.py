"""`yizhan audit`, `backup` and `restore`: whether the counts are true, and copies of the operational database.

Enters: arguments. Leaves: an answer on the terminal; exit code 1 when counts differ or a copy failed, 2 when another
program must be used. Never: a copy of the raw readings, which are in a store of their own.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.progress import Progress

from assembly.listing import show_list
from assembly.settings import Settings
from assembly.terminal import AsJson, Config, err, fail, out, print_json, settings_of

if TYPE_CHECKING:
    from assembly.audit import Report
    from ingest.model import DayCount

DAY_FORMATS: Final = ["%Y-%m-%d"]

Day = datetime | None
CopyFile = Annotated[Path, typer.Argument(metavar="FILE", help="The copy.")]


def audit(
    first: Annotated[
        Day, typer.Option("--from", formats=DAY_FORMATS, help="First local day; else seven days up to --to.")
    ] = None,
    last: Annotated[
        Day, typer.Option("--to", formats=DAY_FORMATS, help="Last local day, included; else today.")
    ] = None,
    config: Config = None,
    *,
    mend: Annotated[bool, typer.Option("--mend", help="Let the ledger learn what the readings know.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare the published counts with the ledger, and the ledger with the raw readings. The platform may run.

    A ledger that knows more than the readings is right: old readings may have been deleted. One that knows less is not.
    Exit code 1 when anything differs, with --mend when anything still does.

    Example: `yizhan audit --from 2026-11-01 --to 2026-11-30`
    """
    from assembly.audit import audit as run_audit

    settings = settings_of(config)
    if first is not None and last is not None and first > last:
        fail(f"{_day(first)} is after {_day(last)}", code=2)
    with Progress(console=err, transient=True, disable=not err.is_terminal) as bars:
        bar = bars.add_task("stations", total=None)
        report = asyncio.run(
            run_audit(
                settings,
                _day(first),
                _day(last),
                mend=mend,
                on_progress=lambda done, of_all: bars.update(bar, completed=done, total=of_all),
            )
        )
    if as_json:
        print_json(_document(report))
    else:
        _show(report, mend=mend)
    if report.left:
        raise typer.Exit(1)


def backup(
    file: CopyFile,
    config: Config = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it is there.")] = False,
) -> None:
    """Copy the operational database into one file, checked, while the platform runs.

    Example: `yizhan backup /backup/yizhan-$(date +%F).db`
    """
    from ingest.database.copies import CopyFailed, back_up

    database = _sqlite_file(
        settings_of(config), lambda url: f"pg_dump --format=custom --file={quote(str(file))} --dbname={url}"
    )
    try:
        facts = back_up(database, file, force=force)
    except CopyFailed as failed:
        fail(str(failed))
    out.print(f"{file}: whole, schema {facts.revision}, newest entry {_instant(facts.newest_ms)}", soft_wrap=True)


def restore(
    file: CopyFile,
    config: Config = None,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Even if the database is newer than FILE, or cannot be read.")
    ] = False,
) -> None:
    """Make the operational database what a copy holds. The platform must be stopped; what was there is kept aside.

    Afterwards `yizhan audit --mend` brings the counts up to what the raw readings know.

    Example: `yizhan restore /backup/yizhan-2026-11-22.db`
    """
    from ingest.database.copies import CopyFailed, put_back

    options = "--clean --if-exists --no-owner --single-transaction"
    database = _sqlite_file(settings_of(config), lambda url: f"pg_restore {options} --dbname={url} {quote(str(file))}")
    try:
        kept = put_back(file, database, force=force, stamp=f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}")
    except CopyFailed as failed:
        fail(str(failed))
    out.print(f"{database} is what {file} holds", soft_wrap=True)
    if kept is not None:
        out.print(f"what was there is kept as {kept}", soft_wrap=True)


def _sqlite_file(settings: Settings, other_tool: Callable[[str], str]) -> Path:
    """The database's file; ends with the command to run for one that is none, made with its quoted address."""
    from sqlalchemy import make_url

    url = make_url(settings.database.url)
    if url.get_backend_name() != "sqlite":
        address = quote(url.set(password=None).render_as_string())
        fail(
            "the operational database is in PostgreSQL, whose own tools copy it; its password belongs into PGPASSWORD "
            f"or ~/.pgpass. Run:\n  {other_tool(address)}",
            code=2,
        )
    return Path(url.database or "")


def _show(report: "Report", *, mend: bool) -> None:
    if report.found:
        columns = ("station", "day", "published", "the ledger says", "with the readings", "the ledger lacks")
        rows = [
            (
                one.station,
                one.day,
                _told(one.published),
                _told(one.by_ledger),
                _told(one.by_readings),
                "; ".join(one.lacks),
            )
            for one in report.found
        ]
        show_list(columns, rows)
    compared = f"{report.first} to {report.last}: {report.stations} stations, {report.readings} readings of occupancy"
    mended = f", {len(report.left)} after mending" if mend and report.found else ""
    out.print(f"{compared}, {len(report.found)} days differ{mended}", soft_wrap=True)


def _document(report: "Report") -> dict[str, Any]:
    def shown(count: "DayCount | None") -> dict[str, Any] | None:
        if count is None:
            return None
        return {"visits": count.visits, "carried": count.carried, "quality": count.quality.value}

    return {
        "from": report.first.isoformat(),
        "to": report.last.isoformat(),
        "stations": report.stations,
        "readings": report.readings,
        "differences": [
            {
                "station": one.station,
                "day": one.day.isoformat(),
                "published": shown(one.published),
                "ledger": shown(one.by_ledger),
                "readings": shown(one.by_readings),
                "lacks": list(one.lacks),
                "left": one.station in {left.station for left in report.left if left.day == one.day},
            }
            for one in report.found
        ],
    }


def _told(count: "DayCount | None") -> str:
    if count is None:
        return ""
    carried = f", {count.carried} carried" if count.carried else ""
    return f"{count.visits} {count.quality}{carried}"


def _day(given: Day) -> date | None:
    return None if given is None else given.date()


def _instant(instant_ms: int) -> str:
    return f"{datetime.fromtimestamp(instant_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}" if instant_ms else "none"
