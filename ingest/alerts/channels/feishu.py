"""Feishu's and Lark's robots for groups (飞书自定义机器人): a card whose colour is the severity.

Enters: a message. Leaves: a request, and what the answer means. Never: takes HTTP 200 for success.
Secrets: `hook`, the last part of the robot's address, `secret` where it signs. Option: `users`, open ids to mention.
For Lark the address is https://open.larksuite.com/open-apis/bot/v2/hook.
"""

from typing import Any, Final
from urllib.parse import quote

from ingest.alerts.channels import signatures
from ingest.alerts.channels.asking import (
    Answer,
    Meaning,
    Request,
    Service,
    code_verdict,
    json_request,
    listed,
    need_secret,
    need_url,
)
from ingest.alerts.channels.cutting import cut
from ingest.alerts.model import Severity
from ingest.alerts.work import ChannelSetting, Outgoing, SendResult, Why

ADDRESS: Final = "https://open.feishu.cn/open-apis/bot/v2/hook"
TEXT_MAX_BYTES: Final = 15_000
"""The whole body may have 20 KB. Larger: refused. Smaller: cut for nothing."""
THROTTLED_S: Final = 60.0
"""Larger: a crew waits for nothing. Smaller: asked again within the minute that is full."""

_COLOURS: Final = {
    Severity.INFO: "blue",
    Severity.WARNING: "yellow",
    Severity.CRITICAL: "orange",
    Severity.EMERGENCY: "red",
}
_OVER: Final = {Why.RESOLVED: "green", Why.CLOSED: "grey"}
"""What a person closed is not proven to be good."""

_MEANINGS: Final = {
    19001: Meaning("check the hook: no such robot"),
    19021: Meaning("check the secret and our clock: it may be off by an hour at most"),
    19022: Meaning("put our address on the robot's list"),
    19024: Meaning("check the keywords in the robot's security settings"),
    11232: Meaning("too many messages a minute", retry_after_s=THROTTLED_S),
    9499: Meaning("it will not take this message", retry=False),
    11246: Meaning("it will not take this message", retry=False),
}


def check(setting: ChannelSetting) -> None:
    """Raises `WrongChannel`."""
    need_url(setting, ADDRESS)
    need_secret(setting, "hook", "what stands behind /hook/ in the robot's address")


def request(setting: ChannelSetting, message: Outgoing, now_ms: int) -> Request:
    """What is sent for a message at an instant; the signature holds for an hour."""
    url = f"{need_url(setting, ADDRESS)}/{quote(need_secret(setting, 'hook', ''), safe='')}"
    text = cut(message.text, TEXT_MAX_BYTES, setting.language)
    mentions = "".join(f"<at id={user}></at>" for user in listed(setting, "users"))
    colour = _OVER.get(message.notice.why, _COLOURS[message.notice.severity])
    document: dict[str, Any] = {
        "msg_type": "interactive",
        "card": {
            "config": {"wide_screen_mode": True},
            "header": {"title": {"tag": "plain_text", "content": message.title}, "template": colour},
            "elements": [{"tag": "markdown", "content": f"{text}\n{mentions}" if mentions else text}],
        },
    }
    secret = setting.secrets.get("secret")
    if secret:
        now_s = now_ms // 1000
        document |= {"timestamp": str(now_s), "sign": signatures.feishu(secret, now_s)}
    return json_request(url, document)


def verdict(answer: Answer, now_ms: int) -> SendResult:
    """What it means. Older robots say StatusCode."""
    return code_verdict(answer, now_ms, ("code", "StatusCode"), _MEANINGS)


FEISHU: Final = Service(check, request, verdict)
