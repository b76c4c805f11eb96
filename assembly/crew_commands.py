"""What `yizhan crews import` does with a file: it is read here, where its errors have lines, and sent as a whole.

Enters: a client of the platform, the file. Leaves: how many of each the platform has now. Never: a part of a file.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from assembly.operator_client import NotAnswered, OperatorClient
from assembly.settings import Settings
from ingest.alerts.crews_csv import import_crews
from ingest.alerts.crews_file import import_crews_file
from ingest.alerts.shifts import Calendar
from ingest.alerts.work import ChannelSetting, Crew, Silence
from ingest.registry.csv_rows import RowError
from ingest.registry.regions import load_regions


class WrongFile(Exception):
    """The file cannot be taken; `errors` say why, by line."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors


async def take_crews(
    client: OperatorClient, settings: Settings, content: bytes, *, is_csv: bool, dry_run: bool
) -> dict[str, int]:
    """Replace the platform's crews, and with TOML its channels; raises `WrongFile`, with nothing changed."""
    regions, now_ms = load_regions(), time.time_ns() // 1_000_000
    calendar = Calendar(ZoneInfo(settings.platform.time_zone), settings.platform.holidays)
    body: dict[str, Any]
    maintenance: Sequence[Silence] = ()
    if is_csv:
        known = [channel["name"] for channel in (await client.ask("GET", "crews"))["channels"]]
        read = import_crews(content, known, regions, calendar, now_ms)
        errors = read.errors
        body = {"crews": [_crew(crew) for crew in read.crews]}
        counts = {"crews": len(read.crews)}
    else:
        whole = import_crews_file(content, regions, calendar, now_ms)
        errors, maintenance = whole.errors, whole.maintenance
        body = {
            "crews": [_crew(crew) for crew in whole.crews],
            "channels": [_channel(channel) for channel in whole.channels],
        }
        counts = {"crews": len(whole.crews), "channels": len(whole.channels), "maintenance": len(maintenance)}
    if errors:
        raise WrongFile(errors)
    if not dry_run:
        to_come = [one for one in maintenance if one.ends_ms > now_ms]
        await _must_be_there(client, sorted({one.station for one in to_come if one.station is not None}))
        await client.ask("PUT", "crews", body=body)
        await _keep(client, to_come)
    return counts


async def _must_be_there(client: OperatorClient, stations: Iterable[str]) -> None:
    """The platform alone knows which there are; raises `NotAnswered` before anything is changed."""
    for station in stations:
        try:
            await client.ask("GET", f"stations/{quote(station, safe='')}/quality")
        except NotAnswered as refused:
            raise NotAnswered(f"maintenance of station {station}: {refused} Nothing was imported.") from refused


async def _keep(client: OperatorClient, maintenance: Sequence[Silence]) -> None:
    """Add the silences that the platform does not have yet: a file may be read again."""
    if not maintenance:
        return
    known = [_identity(one) for one in (await client.ask("GET", "silences"))["silences"]]
    for one in maintenance:
        body = _silence(one)
        if _identity({**body, "starts_at": body["starts"], "ends_at": body["ends"]}) not in known:
            await client.ask("POST", "silences", body=body)


def _identity(silence: Mapping[str, Any]) -> tuple[Any, ...]:
    times = (datetime.fromisoformat(silence[name]) for name in ("starts_at", "ends_at"))
    return (*times, *(silence.get(name) for name in ("reason", "station", "region", "rule", "part")))


def _silence(silence: Silence) -> dict[str, Any]:
    given = {
        "author": silence.author,
        "reason": silence.reason,
        "starts": _instant(silence.starts_ms),
        "ends": _instant(silence.ends_ms),
        "station": silence.station,
        "region": silence.region,
        "rule": silence.rule,
        "part": silence.part,
    }
    return {name: value for name, value in given.items() if value is not None}


def _crew(crew: Crew) -> dict[str, Any]:
    return {
        "id": crew.id,
        "name": crew.name,
        "regions": sorted(crew.regions),
        "kinds": sorted(crew.kinds),
        "hours": crew.hours,
        "channels": list(crew.channels),
        "chain": [
            {"after_s": step.after_s, "channels": list(step.channels), "least": step.least.value} for step in crew.chain
        ],
        "digest_at": crew.digest_at,
    }


def _channel(channel: ChannelSetting) -> dict[str, Any]:
    return {
        "name": channel.name,
        "kind": channel.kind.value,
        "address": channel.address,
        "secrets": dict(channel.secrets),
        "options": dict(channel.options),
        "per_minute": channel.per_minute,
        "language": channel.language,
    }


def _instant(instant_ms: int) -> str:
    return datetime.fromtimestamp(instant_ms / 1000, UTC).isoformat()
