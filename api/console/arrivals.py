"""When somebody expects to be at a station, as a form says it: minutes from now.

Enters: the text of a form's field. Leaves: minutes, or a refusal in words. Never: an instant, which phones type badly.
"""

from typing import Final

from api.language import Wording
from ingest.alerts.board import ActRefused

ARRIVALS_MIN: Final = (15, 30, 60)
"""Minutes to a station that a tap offers; another time is given on the job's own page."""
ARRIVAL_MIN_MAX: Final = 24 * 60


def minutes_of(text: str) -> int:
    """Whole minutes; raises `ActRefused`."""
    minutes = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(ARRIVAL_MIN_MAX)) else -1
    if not 0 <= minutes <= ARRIVAL_MIN_MAX:
        raise ActRefused(f"minutes must be a whole number from 0 to {ARRIVAL_MIN_MAX}", "minutes", most=ARRIVAL_MIN_MAX)
    return minutes


def refusal_in_words(say: Wording, refused: ActRefused) -> str:
    """Why an act was refused, in the page's language."""
    return say(f"refused.{refused.key}", **refused.values) if refused.key else str(refused)
