"""Makes docs/asyncapi.yaml, protocol v1 for machines, from the payload models (python -m scripts.make_asyncapi).

Enters: the models of gateway/payloads.py, the topics. Leaves: AsyncAPI 3.0, from the platform's point of view.
Never: says more than the models hold. `--check` writes nothing and exits 1 when the file differs.
"""

import argparse
import sys
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.payloads import (
    BACKLOG_MAX_BYTES,
    BACKLOG_MAX_READINGS,
    BODIES,
    READING_MAX_BYTES,
    Receipt,
    Rejected,
    State,
)
from gateway.topics import DOWNLINK, PREFIX, STATION_ID, Channel

OUTPUT: Final = Path(__file__).resolve().parent.parent / "docs" / "asyncapi.yaml"
HEADER: Final = "# Made by scripts/make_asyncapi.py from gateway/payloads.py: change those, not this.\n"
SCHEMAS: Final = "#/components/schemas/"

MODELS: Final[dict[Channel, type[BaseModel]]] = {
    **{Channel(kind): body for kind, body in BODIES.items()},
    Channel.STATE: State,
    Channel.RECEIPT: Receipt,
    Channel.REJECTED: Rejected,
}
CHANNELS: Final = (*MODELS, Channel.BACKLOG)
"""config, command and reply are reserved: they are here as soon as they have models."""

QOS: Final = {channel: 0 if channel is Channel.REJECTED else 1 for channel in CHANNELS}


def document() -> dict[str, Any]:
    """The whole description."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Yizhan station protocol",
            "version": "1.0.0",
            "description": "What stations publish and what the platform answers. The page for people: protocol.md.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {str(channel): _channel(channel) for channel in CHANNELS},
        "operations": dict(_operation(channel) for channel in CHANNELS),
        "components": {"schemas": _schemas(), "messages": {_name(channel): _message(channel) for channel in CHANNELS}},
    }


def text() -> str:
    """The file."""
    body: str = yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=110)
    return HEADER + body


def _name(channel: Channel) -> str:
    return channel.value.capitalize()


def _channel(channel: Channel) -> dict[str, Any]:
    return {
        "address": f"{PREFIX}{{station}}/{channel}",
        "parameters": {"station": {"description": f"The station's id: {STATION_ID.pattern}"}},
        "messages": {_name(channel): {"$ref": f"#/components/messages/{_name(channel)}"}},
    }


def _operation(channel: Channel) -> tuple[str, dict[str, Any]]:
    action = "send" if channel in DOWNLINK else "receive"
    operation = {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{_name(channel)}"}],
        "bindings": {"mqtt": {"qos": QOS[channel], "retain": channel is Channel.STATE}},
    }
    return f"{action}{_name(channel)}", operation


def _message(channel: Channel) -> dict[str, Any]:
    limit = BACKLOG_MAX_BYTES if channel is Channel.BACKLOG else READING_MAX_BYTES
    return {
        "name": _name(channel),
        "contentType": "application/json",
        "description": f"At most {limit // 1024} KiB." if channel not in DOWNLINK else "From the platform.",
        "payload": {"$ref": SCHEMAS + (MODELS[channel].__name__ if channel in MODELS else _name(channel))},
    }


def _schemas() -> dict[str, Any]:
    _, made = models_json_schema([(model, "validation") for model in MODELS.values()], ref_template=SCHEMAS + "{model}")
    schemas: dict[str, Any] = made["$defs"]
    return {**dict(sorted(schemas.items())), "Backlog": _backlog()}


def _backlog() -> dict[str, Any]:
    of_kind = [
        {
            "required": ["kind"],
            "properties": {"kind": {"const": str(kind)}},
            "allOf": [{"$ref": SCHEMAS + body.__name__}],
        }
        for kind, body in BODIES.items()
    ]
    return {
        "type": "object",
        "description": "Readings kept while offline, oldest first; each is taken or refused by itself.",
        "required": ["readings"],
        "properties": {"readings": {"type": "array", "maxItems": BACKLOG_MAX_READINGS, "items": {"oneOf": of_kind}}},
    }


def main() -> int:
    """Write the file, or with --check compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the file differs")
    if not parser.parse_args().check:
        OUTPUT.write_text(text(), encoding="utf-8")
        return 0
    return int(not OUTPUT.exists() or OUTPUT.read_text(encoding="utf-8") != text())


if __name__ == "__main__":
    sys.exit(main())
