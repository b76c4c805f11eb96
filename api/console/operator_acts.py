"""What an operator does about a job and no crew may: give it to another crew, end an alert, silence a rule here.

Enters: a visitor, a job, a form. Leaves: acts upon the board in their name. Never: a silence without a rule or an end.
"""

from datetime import datetime
from typing import Final

from api.console.fields import alert_of, words
from api.console.gate import Visitor
from ingest.alerts.board import ActRefused, AlertBoard
from ingest.alerts.model import PLATFORM_PLACE, Scope
from ingest.alerts.records import JobRecord
from ingest.alerts.work import Silence

SILENCE_HOURS: Final = (1, 4, 8, 24)
_HOUR_MS: Final = 3_600_000
_REASON_CHARS_MAX: Final = 500
"""What the field of the form takes, and a silence keeps."""


async def assign(board: AlertBoard, visitor: Visitor, record: JobRecord, given: dict[str, str]) -> None:
    """To another crew, from the beginning."""
    await board.assign(record.job.id, visitor.holder.name, given.get("crew", ""))


async def resolve(board: AlertBoard, visitor: Visitor, record: JobRecord, given: dict[str, str]) -> None:
    """End one alert of the job, for a reason."""
    await board.resolve(alert_of(record, given).id, visitor.holder.name, _reason(given))


async def silence(board: AlertBoard, visitor: Visitor, record: JobRecord, given: dict[str, str]) -> None:
    """Silence the rule of one alert at its place, for hours or until a minute of the stations' clock."""
    key, now_ms = alert_of(record, given).key, visitor.platform.now_ms()
    await board.silence(
        Silence(
            id="",
            author=visitor.holder.name,
            reason=_reason(given),
            starts_ms=now_ms,
            ends_ms=_ends_ms(visitor, given, now_ms),
            station=key.place if key.scope is Scope.STATION else None,
            region=key.place if key.scope is not Scope.STATION and key.place != PLATFORM_PLACE else None,
            rule=key.rule,
        ),
        visitor.holder.name,
    )


def _reason(given: dict[str, str]) -> str:
    return words(given, _REASON_CHARS_MAX, wanted=True)


def _ends_ms(visitor: Visitor, given: dict[str, str], now_ms: int) -> int:
    until, hours = given.get("until", "").strip(), given.get("hours", "")
    if until:
        try:
            wall = datetime.fromisoformat(until)
        except ValueError as wrong:
            raise ActRefused("until when is not a time", "no_time") from wrong
        return round(wall.replace(tzinfo=visitor.platform.settings.zone).timestamp() * 1_000)
    if hours not in {str(one) for one in SILENCE_HOURS}:
        raise ActRefused("say for how many hours, or until when", "no_end")
    return now_ms + int(hours) * _HOUR_MS
