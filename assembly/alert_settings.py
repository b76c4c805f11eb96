"""What an operator sets about alerts: rules, how long news waits, what links lead to.

Enters: values. Leaves: frozen settings, checked. Never: reads a file by itself, or holds a crew (those are imported).
"""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from assembly.section import Section
from ingest.alerts.rules.settings import AlertSettings, Override, RuleChange


def _public_url(text: str | None) -> str | None:
    if text is None:
        return None
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be like https://stations.example, without anything behind the path")
    return text.rstrip("/")


class AlertsSettings(Section, AlertSettings):
    """Alerts, jobs and messages; crews and channels are imported with `yizhan crews import`."""

    enabled: Annotated[bool, Field(description="Off: nothing is judged and nobody is told.")] = True
    public_url: Annotated[
        str | None,
        AfterValidator(_public_url),
        Field(
            description="Where people reach this platform from outside, for links in messages: "
            "`https://stations.example`. Unset: messages have no links."
        ),
    ] = None
    group_wait_s: Annotated[
        float,
        Field(
            ge=0,
            le=3_600,
            description="Seconds that news about a job waits for company. Too small: one fault makes several messages. "
            "Too large: a crew hears late. Emergencies wait for nothing.",
        ),
    ] = 30.0
    group_interval_s: Annotated[
        float,
        Field(
            ge=0,
            le=86_400,
            description="Seconds between messages to a channel that can wait. Too small: a bad hour is forty messages. "
            "Too large: a second fault is told late.",
        ),
    ] = 300.0
    repeat_s: Annotated[
        float,
        Field(
            ge=60,
            le=30 * 86_400,
            description="Seconds until a job that nobody acknowledged is told again. Too small: noise. Too large: who "
            "missed it misses it.",
        ),
    ] = 4 * 3_600.0
    close_after_s: Annotated[
        float,
        Field(
            ge=0,
            le=86_400,
            description="Seconds that all alerts of a job must be resolved before it closes. Too small: a loose "
            "contact closes and opens it. Too large: crews carry jobs that are done.",
        ),
    ] = 300.0
    reopen_s: Annotated[
        float,
        Field(
            ge=0,
            le=30 * 86_400,
            description="Seconds within which a fault that returns is the same alert and the same job. Too small: a "
            "repair that did not hold looks like a new fault. Too large: two faults count as one.",
        ),
    ] = 4 * 3_600.0
    keep_days: Annotated[
        int,
        Field(
            ge=1,
            le=3_650,
            description="Days that alerts, jobs, messages and acts are kept once they are over. Too small: nobody can "
            "look back. Too large: they fill the disk of the database.",
        ),
    ] = 400
    rules: Annotated[
        dict[str, RuleChange],
        Field(
            description="Rules set otherwise for all stations, by code, as docs/alerts.md shows: `[alerts.rules.CODE]`."
        ),
    ] = Field(default_factory=dict)
    overrides: Annotated[
        tuple[Override, ...],
        Field(description="Rules set otherwise for some stations, as docs/alerts.md shows: `[[alerts.overrides]]`."),
    ] = ()
