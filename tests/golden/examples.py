"""The golden messages: what protocol v1 takes and what it refuses, held against everything that speaks it.

Enters: the JSON files beside this one, one for each channel. Leaves: examples with their bytes. Never: judges one.
A file says `received_ms`, when the platform receives its examples. An example gives its bytes as `payload` (any JSON),
as `text` or as `hex`. A bad one names its `reason`, and `at` which field. `unknown`: fields that v1 does not know;
`taken` and `refused`: what becomes of the readings of a backlog.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Example:
    """One message."""

    channel: str
    name: str
    payload: bytes
    received_ms: int
    reason: str | None = None
    """Why it is refused; None for one that is taken."""
    at: str | None = None
    """The field that the refusal names, where it names one."""
    unknown: tuple[str, ...] = ()
    taken: int = 0
    refused: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.channel}: {self.name}"


def examples(*, bad: bool) -> list[Example]:
    """All that are taken, or all that are refused, of every channel."""
    found = []
    for file in sorted(FOLDER.glob("*.json")):
        golden = json.loads(file.read_text(encoding="utf-8"))
        found += [_example(golden, one) for one in golden["bad" if bad else "valid"]]
    return found


def _example(golden: dict[str, Any], one: dict[str, Any]) -> Example:
    if "hex" in one:
        payload = bytes.fromhex(one["hex"])
    elif "text" in one:
        payload = one["text"].encode()
    else:
        payload = json.dumps(one["payload"], ensure_ascii=False).encode()
    return Example(
        golden["channel"],
        one["name"],
        payload,
        golden.get("received_ms", 0),
        one.get("reason"),
        one.get("at"),
        tuple(one.get("unknown", ())),
        one.get("taken", 0),
        tuple(one.get("refused", ())),
    )


TAKEN: Final = examples(bad=False)
REFUSED: Final = examples(bad=True)
