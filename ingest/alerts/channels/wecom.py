"""WeCom's robots for groups (企业微信群机器人): Markdown, or plain text where people are mentioned by mobile number.

Enters: a message. Leaves: a request, and what the answer means. Never: more bytes than it takes.
Secret: `key` of the robot's address. Options: `mobiles` (makes it plain text), `users` (ids, in Markdown).
"""

from typing import Any, Final
from urllib.parse import quote

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
from ingest.alerts.markdown import TITLE_MAX, escaped, plain
from ingest.alerts.work import ChannelSetting, Outgoing, SendResult

ADDRESS: Final = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
MARKDOWN_MAX_BYTES: Final = 4_096
TEXT_MAX_BYTES: Final = 2_048
THROTTLED_S: Final = 60.0
"""Larger: a crew waits for nothing. Smaller: asked again within the minute that is full."""

_MEANINGS: Final = {
    93000: Meaning("check the key: no such robot, or it was taken out of its group"),
    93008: Meaning("the robot was taken out of its group"),
    45009: Meaning("more than 20 messages a minute", retry_after_s=THROTTLED_S),
    45033: Meaning("too many messages at once", retry_after_s=THROTTLED_S),
    40058: Meaning("it will not take this message", retry=False),
    44004: Meaning("it will not take this message", retry=False),
    45002: Meaning("it will not take this message: too long", retry=False),
}


def check(setting: ChannelSetting) -> None:
    """Raises `WrongChannel`."""
    need_url(setting, ADDRESS)
    need_secret(setting, "key", "what stands behind key= in the robot's address")


def request(setting: ChannelSetting, message: Outgoing, now_ms: int) -> Request:  # noqa: ARG001 - nothing is signed
    """What is sent for a message."""
    url = f"{need_url(setting, ADDRESS)}?key={quote(need_secret(setting, 'key', ''), safe='')}"
    mobiles, users = listed(setting, "mobiles"), listed(setting, "users")
    whole = f"**{escaped(message.title, TITLE_MAX)}**\n{message.text}"
    document: dict[str, Any]
    if mobiles:
        text = cut(plain(whole), TEXT_MAX_BYTES, setting.language)
        document = {"msgtype": "text", "text": {"content": text, "mentioned_mobile_list": mobiles}}
    else:
        mentions = "".join(f"<@{user}>" for user in users)
        # What is added at the end is counted first.
        room = MARKDOWN_MAX_BYTES - len(mentions.encode()) - 1
        content = cut(whole, room, setting.language) + (f"\n{mentions}" if mentions else "")
        document = {"msgtype": "markdown", "markdown": {"content": content}}
    return json_request(url, document)


def verdict(answer: Answer, now_ms: int) -> SendResult:
    """What it means."""
    return code_verdict(answer, now_ms, ("errcode",), _MEANINGS)


WECOM: Final = Service(check, request, verdict)
