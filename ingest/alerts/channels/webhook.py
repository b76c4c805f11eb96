"""Any HTTP receiver: Alertmanager's webhook document, version 4, so that what was written for it works here too.

Enters: a message. Leaves: a request, and what the answer means. Never: redirected: an operator moves a receiver.
Secrets: `secret` signs the body (X-Signature), `token` is sent as a bearer token. Both may be left out.
"""

from typing import Final

from ingest.alerts.channels import signatures
from ingest.alerts.channels.asking import Answer, Request, Service, failed_status, json_request, need_url
from ingest.alerts.payload import alertmanager_of
from ingest.alerts.work import ChannelSetting, Outgoing, SendResult


def check(setting: ChannelSetting) -> None:
    """Raises `WrongChannel`."""
    need_url(setting)


def request(setting: ChannelSetting, message: Outgoing, now_ms: int) -> Request:
    """What is sent for a message at an instant; the Idempotency-Key is the same for each try."""
    document = {"receiver": setting.name, **alertmanager_of(message.payload)}
    plain = json_request(setting.address, document)
    headers = {**plain.headers, "Idempotency-Key": message.notice.key}
    if setting.secrets.get("token"):
        headers["Authorization"] = f"Bearer {setting.secrets['token']}"
    if setting.secrets.get("secret"):
        headers["X-Signature"] = signatures.webhook(setting.secrets["secret"], now_ms // 1000, plain.body)
    return Request(plain.url, plain.body, headers)


def verdict(answer: Answer, now_ms: int) -> SendResult:
    """What it means: any 2xx, as for Alertmanager."""
    return failed_status(answer, now_ms) or SendResult(ok=True)


WEBHOOK: Final = Service(check, request, verdict)
