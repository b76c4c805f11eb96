"""ntfy, of one's own or ntfy.sh: a push to phones with buttons.

Enters: a message. Leaves: a request, and what the answer means. Never: text in a header: those do not carry Chinese,
so all goes as JSON to the server's root, which is the address. Secrets: `topic` (who knows it reads along), and where
the server wants them `token`, or `username` and `password`.
"""

import base64
from typing import Any, Final

from ingest.alerts.channels.asking import (
    NOT_JSON,
    Answer,
    Request,
    Service,
    failed_status,
    json_of,
    json_request,
    need_secret,
    need_url,
)
from ingest.alerts.channels.cutting import cut
from ingest.alerts.model import Severity
from ingest.alerts.payload import links_of
from ingest.alerts.work import ChannelSetting, Outgoing, SendResult, Why

ADDRESS: Final = "https://ntfy.sh"
TEXT_MAX_BYTES: Final = 4_000
"""4,096 are shown; a longer one becomes an attachment, which nobody opens while walking. Smaller: cut for nothing."""
BUTTONS_MAX: Final = 3

_PRIORITIES: Final = {Severity.INFO: 2, Severity.WARNING: 3, Severity.CRITICAL: 4, Severity.EMERGENCY: 5}
_TAGS: Final = {
    Severity.INFO: "information_source",
    Severity.WARNING: "warning",
    Severity.CRITICAL: "rotating_light",
    Severity.EMERGENCY: "fire",
}
_OVER: Final = {Why.RESOLVED: "white_check_mark", Why.CLOSED: "ballot_box_with_check"}
_BUTTONS: Final = {
    "zh": {"acknowledge": "我来处理", "station": "查看驿站", "map": "地图"},
    "en": {"acknowledge": "I take it", "station": "Open station", "map": "Map"},
}


def check(setting: ChannelSetting) -> None:
    """Raises `WrongChannel`."""
    need_url(setting, ADDRESS)
    need_secret(setting, "topic", "what phones subscribe to on the server")


def request(setting: ChannelSetting, message: Outgoing, now_ms: int) -> Request:  # noqa: ARG001 - nothing is signed
    """What is sent for a message."""
    links = links_of(message.payload)
    why, severity = message.notice.why, message.notice.severity
    words = _BUTTONS.get(setting.language, _BUTTONS["en"])
    document: dict[str, Any] = {
        "topic": need_secret(setting, "topic", ""),
        "title": message.title,
        "message": cut(message.text, TEXT_MAX_BYTES, setting.language),
        "priority": 3 if why in _OVER else _PRIORITIES[severity],
        "tags": [_OVER.get(why, _TAGS[severity])],
        "markdown": True,
        # `view` opens the page with the button: `http` would act on one touch in a pocket.
        "actions": [{"action": "view", "label": words[name], "url": links[name]} for name in words if links.get(name)][
            :BUTTONS_MAX
        ],
    }
    click = links.get("station") or links.get("acknowledge")
    if click:
        document["click"] = click
    return json_request(need_url(setting, ADDRESS), document, _credentials(setting))


def _credentials(setting: ChannelSetting) -> dict[str, str]:
    secrets = setting.secrets
    if secrets.get("token"):
        return {"Authorization": f"Bearer {secrets['token']}"}
    if secrets.get("username"):
        pair = f"{secrets['username']}:{secrets.get('password', '')}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    return {}


def verdict(answer: Answer, now_ms: int) -> SendResult:
    """What it means: the message comes back with an id."""
    wrong = failed_status(answer, now_ms)
    if wrong is not None:
        return wrong
    found = json_of(answer)
    return SendResult(ok=True) if found is not None and found.get("id") else NOT_JSON


NTFY: Final = Service(check, request, verdict)
