"""What the fields of an act's form say: words, and which alert is meant.

Enters: a form, a job with its alerts. Leaves: words, an alert, or a refusal. Never: words that were cut short.
"""

from ingest.alerts.board import ActRefused, NotThere
from ingest.alerts.model import Alert
from ingest.alerts.records import JobRecord


def words(given: dict[str, str], most: int, *, wanted: bool = False) -> str:
    """What somebody wrote, at most so many characters; raises `ActRefused`, also for nothing where it is wanted."""
    text = given.get("comment", "").strip()
    if len(text) > most:
        problem = f"the text has {len(text)} characters; at most {most} are kept"
        raise ActRefused(problem, "long", n=len(text), most=most)
    if wanted and not text:
        raise ActRefused("this wants a reason in words", "wordless")
    return text


def alert_of(record: JobRecord, given: dict[str, str]) -> Alert:
    """The alert of this job that the form names; raises `NotThere`."""
    alert = next((one for one in record.alerts if one.id == given.get("alert", "")), None)
    if alert is None:
        raise NotThere("this job has no such alert", "no_alert")
    return alert
