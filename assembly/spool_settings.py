"""Where readings wait while the store is away.

Enters: values. Leaves: frozen settings, checked. Never: reads a file by itself.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from assembly.section import Section


class SpoolSettings(Section):
    """Where readings wait on disk while the store is away."""

    folder: Annotated[
        Path,
        Field(description="Folder of the spool; on a disk that survives a restart, and not the store's own."),
    ] = Path("data/spool")
    max_mib: Annotated[
        int,
        Field(
            ge=1,
            le=1_048_576,
            description="MiB that may wait. Too small: a long outage fills it, reading stops and the broker has to "
            "hold the rest. Too large: it fills the disk.",
        ),
    ] = 4096
    after_s: Annotated[
        float,
        Field(
            ge=0,
            le=3_600,
            description="Seconds that the store is tried again before a batch goes to the spool. Too small: a hiccup "
            "is an outage. Too large: stations wait for their acknowledgements.",
        ),
    ] = 2.0
