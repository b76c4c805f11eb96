"""Readings and published counts as line protocol, at less than a microsecond for a reading of people.

Enters: readings, what the registry knows. Leaves: lines; times in ns. Never: I/O, or a field that changes its type.
The same reading gives the same point, whenever it is written: measurement, tags and time come from it alone, but for
the province, which the registry gives: see DECISIONS.md on what a station's move means.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from gateway.topics import Kind
from ingest.model import Article, DayCount, Reading, Station
from ingest.store.influx import battery, medicine
from ingest.store.influx.points import BOOT_STEP, NS_PER_MS, PLACES, tags
from ingest.store.influx.raw_json import payload_field
from ingest.visits.local_day import LocalDays

NEAR_MS: Final = 60_000
"""A reading received so close to its sampling is stored without the time of its receipt. Larger: after a restart, a
station seems heard at a time that is out by as much. Smaller: one more field in every reading of a slow network."""


class KnownStations(Protocol):
    """What is asked of the registry."""

    version: int
    """Another number: what it said before may have changed."""

    def station(self, station_id: str) -> Station | None:
        """The entry, or None."""

    def articles(self) -> Sequence[Article]:
        """The medicine catalogue."""

    def __len__(self) -> int:
        """How many stations there are."""


class Lines:
    """Makes lines; remembers the tags of stations until the registry changes."""

    def __init__(self, registry: KnownStations, days: LocalDays) -> None:
        self._registry = registry
        self._days = days
        self._version: int | None = None
        self._tags: dict[str, str] = {}
        self._catalogue = medicine.Catalogue()

    def of_readings(self, readings: Iterable[Reading]) -> list[str]:
        """One text a reading, of one line or of several, without the last line end."""
        self._follow_registry()
        known = self._tags
        texts: list[str] = []
        for station, kind, body, payload, received_ms in readings:
            of = body.__dict__  # reading from it is twice as fast as asking the model
            ts_ms, boot, seq = of["ts"], of["boot"], of["seq"]
            time_ns = (ts_ms * 10_000 + (boot * BOOT_STEP + seq) % PLACES) * 100  # points.point_ns without a call
            end = f"boot={boot}i,seq={seq}i"
            if not -NEAR_MS < received_ms - ts_ms < NEAR_MS:
                end += f",received={received_ms}i"
            if body.__pydantic_extra__:
                end += f",payload={payload_field(payload)}"
            its_tags = known.get(station) or self._learn(station)
            # Compared with `is`: the hash of an enum's member is computed in Python, and a table would need it.
            if kind is Kind.OCCUPANCY:
                texts.append(
                    f"occupancy,{its_tags} present={of['present']}i,entered={of['entered']}i,left={of['left']}i,"
                    f"epoch={of['epoch']}i,{end} {time_ns}"
                )
            elif kind is Kind.MEDICINE:
                fields = medicine.fields(of, body, payload, self._days.of(ts_ms), self._catalogue)
                texts.append(f"medicine,{its_tags} {fields},{end} {time_ns}")
            elif kind is Kind.EXCHANGE:
                texts.append(
                    f"exchange,{its_tags} on_shelf={of['on_shelf']}i,donated={of['donated']}i,"
                    f"claimed={of['claimed']}i,epoch={of['epoch']}i,{end} {time_ns}"
                )
            else:
                fields = battery.fields(of, body, payload)
                slots = battery.slot_lines(of["slots"], its_tags, time_ns)
                texts.append("\n".join((f"battery,{its_tags} {fields},{end} {time_ns}", *slots)))
        return texts

    def of_counts(self, counts: Iterable[DayCount]) -> list[str]:
        """One line a station and day, at the first instant of the day: a count that changes overwrites itself."""
        return [
            f'visits,{tags(station, None)} visits={visits}i,carried={carried}i,quality="{quality.value}" '
            f"{self._days.start_ms(day) * NS_PER_MS}"
            for station, day, visits, carried, quality in counts
        ]

    def _follow_registry(self) -> None:
        if self._registry.version != self._version:
            self._version = self._registry.version
            self._tags = {}
            self._catalogue = medicine.Catalogue(self._registry.articles())

    def _learn(self, station_id: str) -> str:
        station = self._registry.station(station_id)
        learned = tags(station_id, station.province if station is not None else None)
        self._tags[station_id] = learned
        return learned
