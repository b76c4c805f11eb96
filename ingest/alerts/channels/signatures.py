"""How requests are signed, by each service's own published formula.

Enters: a secret, a time, a body. Leaves: the signature as it is sent. Never: one formula for two services: DingTalk's
key is the secret; Feishu's key is time and secret, and what it signs is nothing.
"""

import base64
import hashlib
import hmac
from urllib.parse import quote


def dingtalk(secret: str, now_ms: int) -> str:
    """HMAC-SHA256 with the secret as the key over ms, a new line and the secret, in base64, percent-encoded once.

    Encoded twice it is the classic cause of error 310000.
    """
    digest = hmac.new(secret.encode(), f"{now_ms}\n{secret}".encode(), hashlib.sha256).digest()
    return quote(base64.b64encode(digest).decode(), safe="")


def feishu(secret: str, now_s: int) -> str:
    """HMAC-SHA256 with s, a new line and the secret as the key over nothing, in base64."""
    return base64.b64encode(hmac.new(f"{now_s}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def webhook(secret: str, now_s: int, body: bytes) -> str:
    """The header X-Signature: `t={s},v1={hex}`, where hex is HMAC-SHA256 with the secret over `{s}.{body}`.

    The time is signed, so that a receiver can refuse what somebody plays again.
    """
    digest = hmac.new(secret.encode(), f"{now_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={now_s},v1={digest}"
