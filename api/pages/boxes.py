"""What is in a station's swap cabinet and medicine box, in words.

Enters: the newest readings, the catalogue, a wording. Leaves: lines of text, and when they were true.
Never: what only the operator may know; see `api.readings`.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from api.instants import local
from api.language import Language, Wording
from api.offer import sampled_ms
from api.pages.cards import Tone
from api.station_view import Viewpoint
from ingest.model import Article, Battery, Kind, Medicine, Seen, StationStatus

_SOON: Final = timedelta(days=30)
"""Before its last day a medicine is said to expire soon: what pharmacies sort by. Larger: everything is soon. Smaller:
who takes some home is not warned."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing, how many of it, and a word beside."""

    name: str
    value: str
    note: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Box:
    """The lines of a cabinet or box. A stale one has none: nobody knows what is in it now."""

    lines: tuple[Line, ...]
    said: str
    """When this was true, or since when it is unknown."""
    is_stale: bool


def battery_box(view: Viewpoint, say: Wording, status: StationStatus) -> Box | None:
    """The slots of the swap cabinet by state; None where the station has not told of one."""
    seen = status.seen.get(Kind.BATTERY)
    if seen is None or not isinstance(seen.body, Battery):
        return None
    states = Counter(slot.state for slot in seen.body.slots)
    lines = tuple(
        Line(
            say(f"slot.{state}"),
            say("slots_n", n=states[state]) if states[state] else say("none"),
            "",
            Tone.PLAIN if state != "ready" else Tone.GOOD if states[state] else Tone.BAD,
        )
        for state in ("ready", "charging", "reserved", "empty", "fault", "disabled")
        if states[state] or state == "ready"
    )
    return _box(view, say, seen, lines)


def medicine_box(view: Viewpoint, say: Wording, status: StationStatus) -> Box | None:
    """The articles of the medicine box by lot; None where the station has not told of one."""
    seen = status.seen.get(Kind.MEDICINE)
    if seen is None or not isinstance(seen.body, Medicine):
        return None
    lines = []
    for item in seen.body.items:
        article = view.articles.get(item.sku)
        name = item.sku if article is None else article.name
        if article is not None and say.language is Language.EN:
            name = article.name_en or article.name
        unit = say("piece") if article is None else _unit(say, article)
        value = say("pieces_n", n=item.qty, unit=unit) if item.qty else say("none")
        note, tone = "", Tone.GOOD if item.qty else Tone.BAD
        if item.expires is not None:
            is_expired = item.expires < view.today
            note = say("expired_on" if is_expired else "expires_on", day=item.expires)
            if is_expired:
                tone = Tone.BAD
            elif item.expires - view.today <= _SOON:
                tone = Tone.UNKNOWN
        lines.append(Line(name, value, note, tone))
    return _box(view, say, seen, tuple(lines))


def _unit(say: Wording, article: Article) -> str:
    """The catalogue gives both languages: `支 / vial`."""
    chinese, _, english = article.unit.partition("/")
    return (english if say.language is Language.EN else chinese).strip() or chinese.strip() or say("piece")


def _box(view: Viewpoint, say: Wording, seen: Seen, lines: tuple[Line, ...]) -> Box:
    as_of = say.time(local(sampled_ms(seen), view.platform.settings.zone), view.now)
    if seen.is_stale:
        return Box((), say("unknown_since", time=as_of), is_stale=True)
    return Box(lines, say("heard_at", time=as_of), is_stale=False)
