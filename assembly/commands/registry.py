"""`yizhan registry`: an invented registry, for a look at the whole country, for tests and benches.

Enters: arguments. Leaves: the CSV file that `yizhan stations import` reads. Never: a real station.
"""

from pathlib import Path
from typing import Annotated, Final

import typer

from assembly.terminal import out

app: Final = typer.Typer(no_args_is_help=True, help="An invented registry, in true proportion by province.")

_STATIONS_MAX: Final = 1_000_000


@app.callback()
def registry() -> None:
    """An invented registry, in true proportion by province."""


@app.command("synth")
def synth(
    stations: Annotated[
        int, typer.Option(min=1, max=_STATIONS_MAX, help="186100: exactly the numbers published for 2024.")
    ] = 186_100,
    seed: Annotated[int, typer.Option(help="The same seed gives the same stations.")] = 1,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; else standard output.")] = None,
) -> None:
    """Write invented stations as the CSV file that `yizhan stations import` reads.

    Example: `yizhan registry synth --stations 186100 | yizhan stations import -`
    """
    from ingest.registry.stations_export import export_stations
    from ingest.registry.synth import synthetic_stations

    lines = export_stations(synthetic_stations(stations, seed))
    if output is None:
        out.file.writelines(lines)
        return
    with output.open("w", encoding="utf-8") as file:
        file.writelines(lines)
