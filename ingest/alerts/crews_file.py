"""Crews, channels and planned maintenance from a TOML file (docs/alerts.md): all of it is right, or none is taken.

Enters: the file, the tree of regions, the platform's calendar. Leaves: a `CrewsFile`, or words for the person.
Never: writes anything, looks up a secret, or lets one stand in an error.
"""

import hashlib
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from ingest.alerts import crew_fields as fields
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.shifts import Calendar
from ingest.alerts.silences import WrongSilence, checked
from ingest.alerts.toml_tables import Table, tables_of
from ingest.alerts.work import ChannelKind, ChannelSetting, Crew, EscalationStep, Silence
from ingest.registry.csv_rows import RowError, WrongCell
from ingest.registry.regions import RegionTree

SECTIONS: Final = ("channels", "crews", "maintenance")
LANGUAGES: Final = ("zh", "en")
PER_MINUTE_MOST: Final = 600.0
SECRET_LONGEST: Final = 4_096

ChannelCheck = Callable[[ChannelSetting], object]
"""Raises ValueError for a setting that cannot work, in words without a secret."""


@dataclass(frozen=True, slots=True)
class CrewsFile:
    """All that the file describes; nothing when there are errors."""

    crews: tuple[Crew, ...] = ()
    channels: tuple[ChannelSetting, ...] = ()
    maintenance: tuple[Silence, ...] = ()
    errors: tuple[RowError, ...] = ()
    """By line."""


def import_crews_file(
    source: bytes | str,
    regions: RegionTree,
    calendar: Calendar,
    now_ms: int,
    check: ChannelCheck = lambda _: None,
) -> CrewsFile:
    """What the file describes; never raises for what it holds."""
    try:
        text = source if isinstance(source, str) else source.decode("utf-8-sig")
        document = tomllib.loads(text)
    except UnicodeDecodeError:
        return CrewsFile(errors=(RowError(0, "", "the file is not UTF-8", "save it as UTF-8"),))
    except tomllib.TOMLDecodeError as error:
        return CrewsFile(errors=(RowError(0, "", f"not TOML: {error}", "correct that place"),))
    reader = _Reader(regions, calendar, now_ms, check)
    errors = [
        RowError(0, name, "unknown section", f"sections are {', '.join(f'[[{section}]]' for section in SECTIONS)}")
        for name in document
        if name not in SECTIONS
    ]
    tables = {section: tables_of(text, document, section, errors) for section in SECTIONS}
    channels = [reader.channel(table) for table in tables["channels"]]
    reader.known = {table.raw.get("name") for table in tables["channels"]}
    crews = [reader.crew(table) for table in tables["crews"]]
    maintenance = [reader.maintenance(table) for table in tables["maintenance"]]
    for section, key in (("channels", "name"), ("crews", "id")):
        errors += _repeated(tables[section], key)
    errors += [error for found in tables.values() for table in found for error in table.errors]
    if errors:
        return CrewsFile(errors=tuple(sorted(errors)))
    return CrewsFile(
        tuple(crew for crew in crews if crew is not None),
        tuple(channel for channel in channels if channel is not None),
        tuple(window for window in maintenance if window is not None),
    )


def _repeated(tables: Sequence[Table], key: str) -> list[RowError]:
    first: dict[Any, Table] = {}
    found = []
    for table in tables:
        value = str(table.raw.get(key))
        if first.setdefault(value, table) is not table:
            problem = f"{value} stands on line {first[value].line} already"
            found.append(RowError(table.line_of(key), table.path(key), problem, "give one of the two another"))
    return found


class _Reader:
    """Makes the nouns of tables; what is wrong is noted in the table, and None given."""

    def __init__(self, regions: RegionTree, calendar: Calendar, now_ms: int, check: ChannelCheck) -> None:
        self._regions = regions
        self._calendar = calendar
        self._now_ms = now_ms
        self._check = check
        self.known: set[Any] = set()
        """Names of channels."""

    def channel(self, table: Table) -> ChannelSetting | None:
        """One `[[channels]]`."""
        values = {
            "name": table.text("name", fields.id_of),
            "kind": table.text(
                "kind", lambda text: ChannelKind(fields.one_of(text, (one.value for one in ChannelKind)))
            ),
            "address": table.text("address", str, default=""),
            "language": table.text("language", partial(fields.one_of, choices=LANGUAGES), default="zh"),
            "per_minute": table.number("per_minute", 0.1, PER_MINUTE_MOST, default=20.0),
            "secrets": table.words("secrets", SECRET_LONGEST),
            "options": table.words("options", SECRET_LONGEST),
        }
        table.refuse_others(values)
        if table.errors:
            return None
        setting = ChannelSetting(**values)
        try:
            self._check(setting)
        except ValueError as wrong:
            table.note("", str(wrong), "see docs/alerts.md for what each kind of channel needs")
            return None
        return setting

    def crew(self, table: Table) -> Crew | None:
        """One `[[crews]]`."""
        values = {
            "id": table.text("id", fields.id_of),
            "name": table.text("name", fields.name_of),
            "regions": table.texts("regions", partial(fields.regions_of, tree=self._regions)),
            "kinds": table.texts("kinds", fields.kinds_of),
            "hours": table.text("hours", self._hours, default="24/7"),
            "channels": table.texts("channels", partial(fields.channels_of, known=self.known)),
            "chain": table.inner("chain", self._step, fields.chain_of),
            "digest_at": table.text("digest_at", fields.clock_of, default="08:00"),
        }
        table.refuse_others(values)
        return None if table.errors else Crew(**values)

    def maintenance(self, table: Table) -> Silence | None:
        """One `[[maintenance]]`: a silence, which keeps its id when the file is read again."""
        values = {
            "author": table.text("author", fields.name_of),
            "reason": table.text("reason", str),
            "starts_ms": table.instant("starts", self._instant_ms),
            "ends_ms": table.instant("ends", self._instant_ms),
            "station": table.text("station", str, default=None),
            "region": table.text("region", self._region, default=None),
            "rule": table.text("rule", partial(fields.one_of, choices=RULES), default=None),
            "part": table.text("part", str, default=None),
        }
        table.refuse_others([*values, "starts", "ends"])
        if table.errors:
            return None
        identity = "\n".join(str(value) for value in values.values())
        name = f"m-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
        try:
            return checked(Silence(id=name, created_ms=self._now_ms, **values))
        except WrongSilence as wrong:
            table.note("", str(wrong), "correct the window")
            return None

    def _hours(self, text: str) -> str:
        return fields.hours_of(text, self._calendar, self._now_ms)

    def _region(self, code: str) -> str:
        (found,) = fields.regions_of([code], self._regions)
        return found

    def _instant_ms(self, instant: datetime) -> int:
        return self._calendar.ms_of(instant)

    def _step(self, step: dict[str, Any]) -> EscalationStep:
        unknown = sorted(step.keys() - {"after", "channels", "least"})
        if unknown or not isinstance(step.get("channels"), list):
            problem = f"unknown {', '.join(unknown)}" if unknown else "no list of channels"
            raise WrongCell(problem, 'write { after = "15 min", channels = ["lead"], least = "critical" }')
        after, least = str(step.get("after", "")), str(step.get("least", ""))
        return fields.step_of(after, [str(name) for name in step["channels"]], least, self.known)
