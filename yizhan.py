"""The command line: the one place where the rooms are wired together. `yizhan --help` begins the tour.

Enters: arguments, settings. Leaves: a running platform or an answer on the terminal; exit code 0, or 1 when what was
asked cannot be done, or 2 when it was asked wrongly. Never: a traceback for what a person can mend.
"""

import asyncio
import errno
import logging
import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape

from assembly.commands import alerts, crews, dead_letters, jobs, keeping, registry, tokens
from assembly.settings_sources import WrongSettings, load
from assembly.terminal import Config, err, fail, out, settings_of
from gateway.child_server import ServerFailed
from ingest.ports import StoreMisconfigured, TransientStoreError

UNUSABLE_ADDRESS: Final = {errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES}

log: Final = logging.getLogger("yizhan")
app: Final = typer.Typer(
    name="yizhan",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Yizhan (驿站): live telemetry for smart stations. New here? Start with `yizhan demo`.",
)
stations: Final = typer.Typer(no_args_is_help=True, help="The registry: which stations there are, and what they offer.")
articles: Final = typer.Typer(no_args_is_help=True, help="The medicine catalogue: what an article is called and needs.")
app.add_typer(stations, name="stations")
app.add_typer(articles, name="articles")
app.add_typer(registry.app, name="registry")
app.add_typer(tokens.app, name="tokens")
app.add_typer(alerts.app, name="alerts")
app.add_typer(jobs.app, name="jobs")
app.add_typer(crews.app, name="crews")
app.add_typer(dead_letters.app, name="dead-letters")
for command in (keeping.audit, keeping.backup, keeping.restore):
    app.command()(command)

CsvFile = Annotated[Path, typer.Argument(metavar="FILE", help="CSV file in UTF-8, or - for standard input.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check the file and change nothing.")]
RegionCode = Annotated[str | None, typer.Option(help="Only this province, city or district, by its code.")]


@app.command()
def demo(
    stations: Annotated[int, typer.Option(min=1, max=2000, help="How many stations are simulated.")] = 60,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0: a free one.")] = 8080,
    data: Annotated[Path | None, typer.Option(help="Folder to keep the data in; else a temporary one.")] = None,
    speed: Annotated[
        float, typer.Option(min=0.1, max=10, help="1: a reading of each kind every 10 s; 2: every 5 s.")
    ] = 1.0,
) -> None:
    """A first look: broker, store, platform and simulated stations in one go. Ctrl-C stops all of it.

    Nothing else needs to be installed or running, and nothing is left behind.

    Example: `yizhan demo --stations 200 --port 9000`
    """
    from assembly.demo import demo as run_demo
    from assembly.log_settings import LogSettings
    from assembly.logging_setup import configure
    from assembly.settings import Settings

    configure(Settings(log=LogSettings(level="warning")))
    asyncio.run(run_demo(stations=stations, port=port, data=data, speed=speed, console=out))


@app.command()
def serve(config: Config = None) -> None:
    """Run the platform against the broker and the stores of its settings, until SIGTERM or Ctrl-C.

    Example: `YIZHAN_MQTT__URL=mqtt://broker:1883 yizhan serve`
    """
    from assembly.logging_setup import configure
    from assembly.serve import serve as run_platform

    settings = settings_of(config)
    configure(settings)
    asyncio.run(run_platform(settings, lambda platform: log.info("serving", extra={"address": platform.address})))


@app.command("settings")
def show_settings(
    config: Config = None,
    *,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print docs/settings.md instead: the defaults.")] = False,
) -> None:
    """Print every setting: its value, who gave it, and what goes wrong when it is too large or too small.

    Example: `yizhan settings --config /etc/yizhan.toml`
    """
    from assembly import settings_page

    if markdown:
        out.file.write(settings_page.markdown())
    else:
        settings_page.show(load(config))


@app.command()
def regions(
    text: Annotated[str | None, typer.Argument(help="A code, or part of a name. None: the provinces.")] = None,
) -> None:
    """Look up administrative divisions: the codes that a file of stations needs.

    Examples: `yizhan regions 海淀`, `yizhan regions 110000`
    """
    from assembly.region_table import find, show_regions
    from ingest.registry.regions import load_regions

    tree = load_regions()
    found = find(tree, text)
    if not found:
        likely = ", ".join(f"{region.code} {region.name}" for region in tree.likely(text or ""))
        fail(f"no division is called {text}" + (f"; perhaps {likely}" if likely else ""))
    show_regions(tree, found)


@stations.command("import")
def import_stations(file: CsvFile, config: Config = None, *, dry_run: DryRun = False) -> None:
    """Add and change stations from a CSV file; with one bad row nothing is imported.

    A column that the file leaves out keeps what the registry has. A running platform sees the change within seconds.

    Example: `yizhan stations import stations.csv`. Its columns are those of `yizhan stations export`.
    """
    from assembly.registry_commands import take_stations

    result = asyncio.run(take_stations(settings_of(config), content_of(file), dry_run=dry_run))
    for note in result.notes:
        err.print(f"[yellow]note[/] {escape(str(file))}: {escape(str(note))}")
    refuse_rows(file, [str(error) for error in result.errors])
    would = "would be " if dry_run else ""
    out.print(f"{would}added {len(result.added)}, {would}changed {len(result.changed)}, unchanged {result.unchanged}")


@stations.command("list")
def list_stations(
    config: Config = None,
    region: RegionCode = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show.")] = 100,
) -> None:
    """Show stations of the registry, in order of their ids.

    Example: `yizhan stations list --region 110108`
    """
    from assembly.registry_commands import show_stations, stations_in
    from ingest.registry.regions import load_regions

    found = asyncio.run(stations_in(settings_of(config), region))
    show_stations(found[:limit], load_regions())
    if len(found) > limit:
        out.print(f"{limit} of {len(found)}; more with --limit")


@stations.command("export")
def export_stations(
    config: Config = None,
    region: RegionCode = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; else standard output.")] = None,
) -> None:
    """Write the registry as the CSV file that `import` reads.

    Example: `yizhan stations export -o stations.csv`
    """
    from assembly.registry_commands import stations_in
    from ingest.registry.stations_export import export_stations as lines_of

    text = "".join(lines_of(asyncio.run(stations_in(settings_of(config), region))))
    if output is None:
        out.file.write(text)
    else:
        output.write_text(text, encoding="utf-8")


@articles.command("import")
def import_articles(file: CsvFile, config: Config = None, *, dry_run: DryRun = False) -> None:
    """Make the catalogue exactly what a CSV file says; with one bad row nothing is changed.

    Example: `yizhan articles import catalogue.csv`
    """
    from assembly.registry_commands import take_articles

    result = asyncio.run(take_articles(settings_of(config), content_of(file), dry_run=dry_run))
    refuse_rows(file, [str(error) for error in result.errors])
    out.print(f"the catalogue {'would have' if dry_run else 'has'} {len(result.articles)} articles")


@articles.command("list")
def list_articles(config: Config = None) -> None:
    """Show the catalogue.

    Example: `yizhan articles list`
    """
    from assembly.registry_commands import articles as all_articles
    from assembly.registry_commands import show_articles

    show_articles(asyncio.run(all_articles(settings_of(config))))


def content_of(file: Path) -> bytes:
    """The bytes of a file; of standard input for -."""
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}", code=2)


def refuse_rows(file: Path, errors: list[str]) -> None:
    """End with every error of a file, if there is one."""
    if errors:
        lines = [f"{file}: {error}" for error in errors]
        fail("\n".join([*lines, f"nothing was imported: correct {len(errors)} of these and try again"]))


def main() -> None:
    """The installed command. What a person can mend is told in words."""
    try:
        app(prog_name="yizhan")
    except WrongSettings as wrong:
        fail(str(wrong), code=2)
    except (StoreMisconfigured, TransientStoreError, ServerFailed) as failed:
        fail(str(failed))
    except OSError as failed:
        if failed.errno not in UNUSABLE_ADDRESS:
            raise
        fail(f"{failed.strerror}: choose another port (--port, or api.port)")


if __name__ == "__main__":
    main()
