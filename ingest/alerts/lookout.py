"""The engine among real clocks: fed by the pipeline, sweeping in the background, told when the platform sees nothing.

Enters: what the steps call newest, looks at the broker and the pipeline. Leaves: a word to the desk when something
changed. Never: lets an error of a rule stop a reading; it is logged, and /readyz says so for a while.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from ingest.alerts.engine import Engine
from ingest.alerts.sight import Sight, Turn
from ingest.live.station import LiveStation
from ingest.model import Reading
from ingest.ports import Check

log = logging.getLogger(__name__)

SWEEP_EVERY_S: Final = 15.0
"""Between two sweeps. Larger: silence is seen later, of the five minutes that it is given. Smaller: CPU (186,100
stations take about a second)."""
SIGHT_EVERY_S: Final = 1.0
SLICE_S: Final = 0.002
"""Given away between two slices of a sweep. Larger: a sweep takes longer. Smaller: readings wait behind it."""
FAILED_FOR_MS: Final = 600_000
"""How long an error of a rule is shown. Larger: /readyz tells old stories. Smaller: nobody sees it."""


class Lookout:
    """The `Watch` of the steps, and two loops beside it."""

    def __init__(
        self,
        engine: Engine,
        on_change: Callable[[], None],
        trouble: Callable[[], str],
        now_ms: Callable[[], int],
    ) -> None:
        """`trouble` says why nothing is heard of any station; empty while all is well."""
        self._engine = engine
        self._on_change = on_change
        self._trouble = trouble
        self._now_ms = now_ms
        self._sight = Sight()
        self._failed_ms: int | None = None
        self._failure = ""

    # ---- the Watch port ----

    def reading(self, live: LiveStation, reading: Reading, now_ms: int) -> None:
        """See the port."""
        try:
            self._engine.reading(live, reading, now_ms)
        except Exception as error:  # noqa: BLE001 - a rule that fails must not stop readings of all stations
            self._note(f"{reading.kind} of {live.id}", error)
        if self._engine.alerts.has_changes:
            self._on_change()

    def state(self, live: LiveStation, now_ms: int, *, is_birth: bool) -> None:
        """See the port."""
        try:
            self._engine.state(live, now_ms, is_birth=is_birth)
        except Exception as error:  # noqa: BLE001 - as above
            self._note(f"state of {live.id}", error)
        if self._engine.alerts.has_changes:
            self._on_change()

    # ---- beside the readings ----

    async def run(self) -> None:
        """Sweep and look for the broker until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_sweeping(), name="alert sweep")
            tasks.create_task(self._keep_looking(), name="alert sight")

    async def _keep_sweeping(self) -> None:
        while True:
            try:
                for _ in self._engine.sweep(self._now_ms()):
                    await asyncio.sleep(SLICE_S)
            except Exception as error:  # noqa: BLE001 - as above
                self._note("a sweep", error)
            self._note_mishap()
            self._on_change()
            await asyncio.sleep(SWEEP_EVERY_S)

    async def _keep_looking(self) -> None:
        while True:
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 - as above
                self._note("a look for the broker", error)
            self._note_mishap()
            await asyncio.sleep(SIGHT_EVERY_S)

    def _look(self) -> None:
        now_ms = self._now_ms()
        turn = self._sight.look(now_ms, self._trouble())
        if turn is Turn.BLIND and self._sight.blind_since_ms is not None:
            log.error("alerts stand still: %s", self._sight.why)
            self._engine.blind(now_ms, self._sight.blind_since_ms, self._sight.why)
            self._on_change()
        elif turn is Turn.SIGHTED:
            log.warning("alerts go on")
            self._engine.sighted(now_ms)
            self._on_change()

    def check(self, now_ms: int) -> Check:
        """For /readyz."""
        if self._sight.blind_since_ms is not None:
            return Check(ok=False, detail=f"nothing is judged: {self._sight.why}", since_ms=self._sight.blind_since_ms)
        if self._failed_ms is not None and now_ms - self._failed_ms < FAILED_FOR_MS:
            return Check(ok=True, is_degraded=True, detail=self._failure, since_ms=self._failed_ms)
        return Check(ok=True, detail="looking at every station")

    def _note_mishap(self) -> None:
        mishap = self._engine.mishaps.take()
        if mishap is not None:
            self._note(mishap.about, mishap.error)

    def _note(self, about: str, error: Exception) -> None:
        failure = f"rules failed on {about}: {type(error).__name__}"
        if failure != self._failure:
            log.error("%s", failure, exc_info=error)
        self._failure, self._failed_ms = failure, self._now_ms()
