"""A desk for stories: its board and a real database, under a clock that is moved by hand, over a fleet.

Enters: a fleet, seconds. Leaves: what stands on the board and in the queue. Never: sleeps.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import ClientSession

from gateway.topics import Kind
from ingest.alerts.channels.sender import Surroundings
from ingest.alerts.composing import Composer
from ingest.alerts.desk import Books, Desk
from ingest.alerts.desk_board import DeskBoard, Parts
from ingest.alerts.directory import Directory
from ingest.alerts.job_settings import JobSettings
from ingest.alerts.jobs import JobBook
from ingest.alerts.links import LinkKey
from ingest.alerts.places import Places
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.shifts import Calendar
from ingest.alerts.silences import Silences
from ingest.alerts.teller import Teller
from ingest.alerts.telling import Terms
from ingest.alerts.texts import Texts
from ingest.alerts.work import ChannelKind, ChannelSetting, Crew, Outgoing
from ingest.alerts.writ import remembered
from ingest.database import outbox
from ingest.database.database import Database
from tests.ingest.alerts.fleet_story import Fleet, cabinet

ZONE = ZoneInfo("Asia/Shanghai")
EAST = Crew("east", "东片班组", frozenset({"110105"}), channels=("hook",))
HOOK = ChannelSetting("hook", ChannelKind.WEBHOOK, "http://127.0.0.1:9/hook")


@dataclass
class Office:
    """One life of the desk over a fleet and a database."""

    fleet: Fleet
    database: Database
    desk: Desk
    board: DeskBoard
    second: float = 0.0

    def at(self, second: float) -> None:
        """The clock stands here from now on."""
        self.second = second

    async def turn(self, second: float) -> None:
        """One turn of the desk."""
        self.at(second)
        await self.desk.turn()

    async def queued(self) -> list[Outgoing]:
        """All messages, oldest first."""
        return (await self.database.read(lambda c: outbox.newest(c, 100)))[::-1]


@contextlib.asynccontextmanager
async def office(fleet: Fleet, folder: Path, second: float = 0.0) -> AsyncIterator[Office]:
    """A desk that begins with what the database remembers; gone at the end as a kill leaves it."""
    database = Database(f"sqlite:///{folder}/yizhan.db")
    await database.open()
    async with ClientSession() as http:
        known = await database.read(remembered)
        clock = [second]
        now = fleet.ms
        fleet.make_engine(now(second)).restore(known.alerts, known.notes, now(second))
        places, calendar = Places(fleet.registry), Calendar(ZONE)
        directory = Directory(Surroundings(http, lambda: now(clock[0])), lambda r: RULES[r].subject.value, places.path)
        jobs = JobBook(directory.load(known.crews, known.channels), calendar, JobSettings(60), known.jobs, known.alerts)
        teller = Teller(calendar, Terms(group_wait_s=0), known.told, known.paces, known.digested)
        composer = Composer(
            directory,
            places,
            fleet.registry.articles,
            Texts(ZONE, RULES),
            LinkKey(bytes(32)),
            "https://stations.example",
            lambda: jobs,
        )
        books = Books(fleet.engine, jobs, teller, Silences(places.path, known.silences))
        made: list[Office] = []
        desk = Desk(books, database, composer.message, lambda: None, lambda: now(made[0].second))
        board = DeskBoard(Parts(desk, fleet.engine, directory, composer, lambda: now(made[0].second)))
        made.append(Office(fleet, database, desk, board, second))
        try:
            yield made[0]
        finally:
            desk.broadcast.close()
            await database.close()


async def on_fire(one: Office) -> str:
    """A crew, and smoke at its station; the job of it."""
    await one.board.set_crews([EAST], [HOOK], "admin")
    one.fleet.born(0)
    one.fleet.sends(0, Kind.BATTERY, cabinet(25, smoke=True))
    await one.turn(1)
    [job] = one.board.jobs()
    return job.id
