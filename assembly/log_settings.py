"""How the platform speaks.

Enters: values. Leaves: frozen settings, checked. Never: reads a file by itself.
"""

from typing import Annotated, Literal

from pydantic import Field

from assembly.section import Section


class LogSettings(Section):
    """What is told on standard error, one event a line, in UTC."""

    format: Annotated[
        Literal["text", "json"],
        Field(description="`text`: key=value, for people and journald. `json`: one object a line, for collectors."),
    ] = "text"
    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Field(
            description="The least that is told of our own parts; libraries speak from `warning` on. Higher: it is not "
            "seen when a connection came back. Lower: what matters stands between what does not."
        ),
    ] = "info"
