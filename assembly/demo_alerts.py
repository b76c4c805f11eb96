"""What breaks in the demonstration, who mends it, and what is said of it on the terminal.

Enters: the demonstration's stations. Leaves: faults for the simulator, two crews with a channel each, lines about jobs.
Never: a message that leaves this machine: the crews' channels are topics of the demonstration's own broker.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.markup import escape

from ingest.alerts.board import AlertBoard
from ingest.alerts.model import Severity
from ingest.alerts.records import BoardEvent
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.work import ChannelKind, ChannelSetting, Crew, EscalationStep, Job, JobState
from ingest.model import Station

FAULTS_A_DAY: Final = 480.0
"""Over all stations: one in three minutes. Larger: more than anybody can look at. Smaller: nothing happens while a
visitor watches."""
WEIGHTS: Final = {"overheat": 3, "mains": 2, "warm": 1, "theft": 2, "death": 2, "clock": 1}
"""How often each comes, against the others. Smoke comes once, early: it stays until somebody confirms it."""
LASTS: Final = "240..900"
"""Seconds: long enough for every hold-off but that of the darkest, short enough to see it mended."""

STYLES: Final = {
    Severity.INFO: "dim",
    Severity.WARNING: "yellow",
    Severity.CRITICAL: "red",
    Severity.EMERGENCY: "bold red",
}


def fault_lines(stations: Sequence[Station]) -> Iterator[str]:
    """Values of the simulator's `--fault`: one of each kind soon, then again and again, in live time only."""
    cabinets = [station.id for station in stations if "battery_swap" in station.services]
    boxes = [station.id for station in stations if "medicine" in station.services]
    if cabinets:
        yield f"overheat,after=30,lasts=600,station={cabinets[0]}"
        yield f"smoke,after=90,lasts=300,station={cabinets[-1]}"
    if boxes:
        yield f"theft,after=60,lasts=1500,station={boxes[-1]}"
    each = FAULTS_A_DAY / len(stations) / sum(WEIGHTS.values())
    for fault, weight in WEIGHTS.items():
        yield f"{fault},per_day={each * weight:g},lasts={LASTS},from=live"


def demo_crews(stations: Sequence[Station]) -> tuple[list[Crew], list[ChannelSetting]]:
    """An eastern and a western crew, each with half of the districts."""
    districts = sorted({station.district for station in stations if station.district is not None})
    half = (len(districts) + 1) // 2
    named = (("east", "东片班组", districts[:half]), ("west", "西片班组", districts[half:]))
    channels = [ChannelSetting(f"handhelds-{crew_id}", ChannelKind.MQTT, per_minute=600) for crew_id, _, _ in named]
    crews = [
        Crew(
            crew_id,
            name,
            frozenset(codes),
            channels=(channel.name,),
            chain=(EscalationStep(900, (channel.name,)),),
        )
        for (crew_id, name, codes), channel in zip(named, channels, strict=True)
        if codes
    ]
    return crews, channels


class JobTeller:
    """Says on the terminal what happens to jobs."""

    def __init__(self, board: AlertBoard, console: Console, name_of: Callable[[str], str]) -> None:
        self._board = board
        self._console = console
        self._name_of = name_of
        self._said: dict[str, JobState] = {}

    async def run(self) -> None:
        """Until cancelled."""
        async for event in self._board.subscribe():
            line = self._line(event)
            if line is not None:
                self._console.print(line)

    def _line(self, event: BoardEvent) -> str | None:
        job = event.job
        if job is None or self._said.get(job.id) is job.state:
            return None
        self._said[job.id] = job.state
        faults = escape(", ".join(self._faults(job)))
        style = STYLES[job.severity]
        who = f" · {job.crew}" if job.crew else ""
        return f"[{style}]{job.state:<12}[/] {escape(self._name_of(job.place))}: {faults} ({job.severity}){who}"

    def _faults(self, job: Job) -> list[str]:
        views = [self._board.view(one) for one in sorted(job.alerts or job.done_alerts)]
        rules = [RULES[view.alert.key.rule] for view in views if view is not None and view.alert.key.rule in RULES]
        return list(dict.fromkeys(f"{rule.zh} {rule.en}" for rule in rules))
