"""Messages, jobs and channels for the tests of sending: whole and plausible; each test changes what it is about.

Enters: changes of fields. Leaves: nouns of ingest.alerts.work. Never: a text made by the code under test.
"""

import json
from dataclasses import replace
from typing import Any, Final

from ingest.alerts.model import Severity
from ingest.alerts.work import ChannelKind, ChannelSetting, Delivery, Notice, Outgoing, Why

NOW_MS: Final = 1_795_330_800_000
"""2026-11-22 15:00 in Beijing."""

SECRETS: Final = {
    ChannelKind.WEBHOOK: {"secret": "whsec-7f3a/+&", "token": "wh-token-55aa"},
    ChannelKind.DINGTALK: {"access_token": "dt-token-0a1b2c", "secret": "SEC5f+/9c"},
    ChannelKind.WECOM: {"key": "wc-key-693axxx6"},
    ChannelKind.FEISHU: {"hook": "fs-hook-77d1", "secret": "fs+secret/1"},
    ChannelKind.NTFY: {"topic": "crew-east-q8x", "token": "tk_ntfy_99"},
    ChannelKind.EMAIL: {"username": "alerts", "password": "pä$$-word 1"},
}
"""With signs that a URL and a form spell otherwise."""


def channel(kind: ChannelKind, address: str, **changes: Any) -> ChannelSetting:
    """A channel of a kind at an address, with all its secrets."""
    whole = ChannelSetting("east-robot", kind, address, SECRETS.get(kind, {}))
    return replace(whole, **changes)


def notice(key: str = "k-1", **changes: Any) -> Notice:
    """That a job was opened."""
    whole = Notice(key, "east", "east-robot", Why.OPENED, ("j-1",), Severity.WARNING, NOW_MS)
    return whole._replace(**changes)


PAYLOAD: Final = json.dumps(
    {
        "alertmanager": {"version": "4", "status": "firing", "alerts": []},
        "jobs": [{"place": "bj-cy-001", "state": "open", "name": "驿站"}],
        "links": {"acknowledge": "https://yz.example/a/T", "station": "https://yz.example/s/bj-cy-001"},
    }
)


def outgoing(number: int = 1, **changes: Any) -> Outgoing:
    """A message that waits; fields of its notice may be changed too."""
    own = {name: changes.pop(name) for name in list(changes) if name in Notice._fields and name != "key"}
    whole = Outgoing(
        id=number,
        notice=notice(f"k-{number}", **own),
        title="【警告】朝阳门驿站 电芯过热",
        text="**3 号仓** 电芯过热 47.5 °C\n朝阳门外大街 1 号\n\n[我来处理](https://yz.example/a/T)",
        payload=PAYLOAD,
        created_ms=NOW_MS,
        state=Delivery.WAITING,
        next_ms=NOW_MS,
    )
    return replace(whole, **changes)
