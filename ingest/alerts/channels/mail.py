"""E-mail over SMTP, with STARTTLS unless told otherwise.

Enters: a message. Leaves: a result. Never: raises; sends a password over a line that anybody can read.
The address holds the recipients, with commas between. Options: `server`, `port`, `from`, `security` (`starttls`, `tls`,
`none`). Secrets: `username`, `password`.
"""

import ssl
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from typing import Final

import aiosmtplib

from ingest.alerts.channels.asking import WrongChannel, one_line
from ingest.alerts.channels.sender import Surroundings, masked
from ingest.alerts.markdown import plain
from ingest.alerts.work import ChannelSetting, Outgoing, SendResult

PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
PERMANENT: Final = range(500, 600)
"""Replies from here on are no (RFC 5321 §4.2.1); below, the server says: later."""
CREDENTIALS: Final = (530, 534, 535, 538)
"""No to who we are (RFC 4954 §6), which an operator can mend."""


class Mailer:
    """One list of recipients."""

    def __init__(self, setting: ChannelSetting, world: Surroundings) -> None:
        self._setting = setting
        self._world = world
        options = setting.options
        self._to = [one.strip() for one in setting.address.split(",") if one.strip()]
        self._from = options.get("from", "")
        self._security = options.get("security", "starttls")
        self._server = options.get("server", "")
        port = options.get("port") or str(PORTS.get(self._security, 0))
        if not self._to or not self._server or not self._from:
            raise WrongChannel(f"channel {setting.name} (email) needs an address, options.server and options.from")
        if self._security not in PORTS or not port.isdigit():
            raise WrongChannel(f"channel {setting.name} (email): security is starttls, tls or none; port is a number")
        if self._security == "none" and setting.secrets.get("password"):
            raise WrongChannel(f"channel {setting.name} (email): a password is not sent without starttls or tls")
        self._port = int(port)
        try:
            for one in (self._from, *self._to):
                Address(addr_spec=one)
        except ValueError as error:
            raise WrongChannel(f"channel {setting.name} (email): not a mail address: {error}") from None
        self.tls_context: ssl.SSLContext | None = None
        """None: the authorities of the system."""

    async def send(self, message: Outgoing) -> SendResult:
        """See the port."""
        secrets = self._setting.secrets
        try:
            await aiosmtplib.send(
                letter(message, self._from, self._to),
                hostname=self._server,
                port=self._port,
                username=secrets.get("username"),
                password=secrets.get("password"),
                use_tls=self._security == "tls",
                start_tls=self._security == "starttls",
                tls_context=self.tls_context,
                timeout=self._world.timeout_s,
            )
        except aiosmtplib.SMTPException as error:
            result = _failed(error)
        except OSError as error:
            result = SendResult(ok=False, reason=f"connection failed: {one_line(str(error))}", retry=True)
        else:
            return SendResult(ok=True)
        return result._replace(reason=masked(result.reason, secrets))


def letter(message: Outgoing, sender: str, recipients: list[str]) -> EmailMessage:
    """The message as a mail in UTF-8; each try has the same Message-ID, by which mail programs throw copies away."""
    mail = EmailMessage()
    mail["Subject"] = one_line(message.title)
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.created_ms / 1000, UTC))
    mail["Message-ID"] = f"<{sha256(message.notice.key.encode()).hexdigest()[:32]}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # so that an absence note does not answer (RFC 3834)
    mail.set_content(plain(message.text) + "\n", charset="utf-8")
    return mail


def _failed(error: aiosmtplib.SMTPException) -> SendResult:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = [refusal.code for refusal in error.recipients]
        words = "; ".join(f"{refusal.code} {one_line(refusal.message)}" for refusal in error.recipients)
        return SendResult(
            ok=False, reason=f"no recipient was taken: {words}", retry=not all(c in PERMANENT for c in codes)
        )
    if isinstance(error, aiosmtplib.SMTPResponseException):
        is_ours_to_mend = error.code in CREDENTIALS
        advice = "; check username and password" if is_ours_to_mend else ""
        reason = f"SMTP {error.code}: {one_line(error.message)}{advice}"
        return SendResult(ok=False, reason=reason, retry=is_ours_to_mend or error.code not in PERMANENT)
    return SendResult(ok=False, reason=f"SMTP failed: {one_line(str(error))}", retry=True)
