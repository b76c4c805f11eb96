"""DingTalk's robots for groups (钉钉自定义机器人): Markdown, signed, with people mentioned by mobile number.

Enters: a message. Leaves: a request, and what the answer means. Never: takes HTTP 200 for success.
Secrets: `access_token` of the robot's address, `secret` where it signs. Options: `mobiles`, with commas between.
"""

from typing import Final
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
from ingest.alerts.markdown import TITLE_MAX, escaped
from ingest.alerts.work import ChannelSetting, Outgoing, SendResult

ADDRESS: Final = "https://oapi.dingtalk.com/robot/send"
TEXT_MAX_BYTES: Final = 15_000
"""The whole body may have 20,000. Larger: refused. Smaller: cut for nothing."""
THROTTLED_S: Final = 60.0
"""Larger: a crew waits for nothing. Smaller: asked again within the minute that is full, which makes it longer."""

_MEANINGS: Final = {
    310000: Meaning("check secret, keyword or list of addresses in the robot's security settings, and our clock"),
    300001: Meaning("check the access_token: no such robot"),
    300005: Meaning("check the access_token: no such robot"),
    400013: Meaning("the group is dissolved: make a robot in another"),
    400101: Meaning("check the access_token: no such robot"),
    400102: Meaning("the robot was switched off in its group"),
    400106: Meaning("the robot was taken out of its group"),
    130101: Meaning("more than 20 messages a minute", retry_after_s=THROTTLED_S),
    410100: Meaning("more than 20 messages a minute", retry_after_s=THROTTLED_S),
    660026: Meaning("more than 20 messages a minute", retry_after_s=THROTTLED_S),
    400105: Meaning("it will not take this message", retry=False),
    430101: Meaning("DingTalk thinks a link unsafe", retry=False),
    430102: Meaning("DingTalk thinks the text unfit", retry=False),
    430103: Meaning("DingTalk thinks an image unfit", retry=False),
    430104: Meaning("DingTalk thinks the text unfit", retry=False),
}


def check(setting: ChannelSetting) -> None:
    """Raises `WrongChannel`."""
    need_url(setting, ADDRESS)
    need_secret(setting, "access_token", "what stands behind access_token= in the robot's address")


def request(setting: ChannelSetting, message: Outgoing, now_ms: int) -> Request:
    """What is sent for a message at an instant; the signature holds for an hour."""
    token = need_secret(setting, "access_token", "")
    url = f"{need_url(setting, ADDRESS)}?access_token={quote(token, safe='')}"
    secret = setting.secrets.get("secret")
    if secret:
        url += f"&timestamp={now_ms}&sign={signatures.dingtalk(secret, now_ms)}"
    mobiles = listed(setting, "mobiles")
    text = cut(message.text, TEXT_MAX_BYTES, setting.language)
    if mobiles:
        # Only who stands in the text too is mentioned.
        text += "\n\n" + " ".join(f"@{mobile}" for mobile in mobiles)
    document = {
        "msgtype": "markdown",
        # Its Markdown knows a new line by the two blanks before it.
        "markdown": {
            "title": message.title,
            "text": f"#### {escaped(message.title, TITLE_MAX)}\n\n" + text.replace("\n", "  \n"),
        },
        "at": {"atMobiles": mobiles, "isAtAll": False},
    }
    return json_request(url, document)


def verdict(answer: Answer, now_ms: int) -> SendResult:
    """What it means."""
    return code_verdict(answer, now_ms, ("errcode",), _MEANINGS)


DINGTALK: Final = Service(check, request, verdict)
