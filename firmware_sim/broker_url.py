"""The address of a broker: `mqtt://host:1883`, `mqtts://user:password@host`.

Enters: a text. Leaves: its parts. Never: a connection.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class BrokerUrl:
    """Where a broker is and how it is spoken to."""

    host: str
    port: int
    tls: bool = False
    username: str | None = None
    """For connections that carry many stations; a station's own is its id."""
    password: str | None = None
    cafile: str | None = None
    """Certificates to trust; None: the system's."""

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


def parse_broker_url(text: str, cafile: str | None = None) -> BrokerUrl:
    """The parts of an address; raises ValueError with an example of a right one."""
    parts = urlsplit(text)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"not a broker's address: {text!r}; write mqtt://127.0.0.1:1883 or mqtts://user@host")
    return BrokerUrl(
        parts.hostname,
        parts.port or _PORTS[parts.scheme],
        parts.scheme == "mqtts",
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        cafile,
    )
