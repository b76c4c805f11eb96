"""Mail through a real SMTP server on loopback, which takes it, refuses it, or falls silent."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Final

import pytest
from aiohttp import ClientSession
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from ingest.alerts.channels.asking import WrongChannel
from ingest.alerts.channels.mail import Mailer
from ingest.alerts.channels.sender import Surroundings
from ingest.alerts.work import ChannelKind, ChannelSetting, SendResult
from tests.certificates import Certificates, make_certificates
from tests.ingest.alerts.messages import NOW_MS, SECRETS, channel, outgoing

PASSWORD: Final = SECRETS[ChannelKind.EMAIL]["password"]


class Inbox:
    """What arrives, and what the server says instead of taking it."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.on_recipient = "250 OK"
        self.on_data = "250 OK"
        self.silent = asyncio.Event()
        self.is_silent = False

    async def handle_RCPT(self, _s: Any, _ss: Session, envelope: Envelope, address: str, _o: list[str]) -> str:  # noqa: N802 - aiosmtpd's name
        """A recipient."""
        if self.on_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.on_recipient

    async def handle_DATA(self, _server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """A mail."""
        if self.is_silent:
            await self.silent.wait()
        if self.on_data.startswith("250"):
            assert isinstance(envelope.content, bytes)
            mail = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
        return self.on_data

    def authenticate(self, _s: Any, _ss: Any, _e: Any, _mechanism: str, credentials: Any) -> AuthResult:
        """Only the right password opens it."""
        is_right = credentials.password.decode() == PASSWORD
        return AuthResult(success=is_right, handled=is_right)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Made once: openssl takes a while."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
async def post(certificates: Certificates) -> AsyncIterator[tuple[Inbox, Callable[..., Mailer]]]:
    """A mail server with STARTTLS and passwords, and mailers that reach it."""
    inbox = Inbox()
    server_tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_tls.load_cert_chain(certificates.server, certificates.key)

    def protocol() -> SMTP:
        return SMTP(
            inbox, hostname="localhost", tls_context=server_tls, authenticator=inbox.authenticate, auth_required=True
        )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with ClientSession() as http:

        def make(timeout_s: float = 10.0, **changes: Any) -> Mailer:
            options = {"server": "127.0.0.1", "port": str(port), "from": "alerts@yizhan.example"}
            setting = channel(ChannelKind.EMAIL, "east@crew.example, lead@crew.example", options=options)
            mailer = Mailer(replace(setting, **changes), Surroundings(http, lambda: NOW_MS, timeout_s=timeout_s))
            mailer.tls_context = ssl.create_default_context(cafile=str(certificates.authority))
            return mailer

        yield inbox, make
    inbox.silent.set()
    server.close()


Post = tuple[Inbox, Callable[..., Mailer]]


async def test_a_mail_arrives_in_chinese(post: Post) -> None:
    """Title, text without markup, links as addresses; once for all recipients, with a stable id."""
    inbox, make = post
    assert await make().send(outgoing()) == SendResult(ok=True)
    assert await make().send(outgoing()) == SendResult(ok=True)
    first, second = inbox.mails
    assert first["Subject"] == "【警告】朝阳门驿站 电芯过热"
    assert "我来处理: https://yz.example/a/T" in first.get_content()
    assert "**" not in first.get_content()
    assert first["To"] == "east@crew.example, lead@crew.example"
    assert first["Message-ID"] == second["Message-ID"]


async def test_a_title_adds_no_header(post: Post) -> None:
    """A line break in a name ends no header."""
    inbox, make = post
    assert (await make().send(outgoing(title="驿站\r\nBcc: everyone@crew.example"))).ok
    assert inbox.mails[0]["Bcc"] is None


@pytest.mark.parametrize(
    ("said", "retry"), [("451 try later", True), ("554 5.7.1 we think it is spam", False), ("421 going down", True)]
)
async def test_a_refused_mail_is_tried_again_where_the_server_says_later(post: Post, said: str, retry: bool) -> None:
    """4xx is later, 5xx is never."""
    inbox, make = post
    inbox.on_data = said
    result = await make().send(outgoing())
    assert (result.ok, result.retry) == (False, retry)
    assert said[:3] in result.reason


async def test_refused_recipients_are_told(post: Post) -> None:
    """All of them unknown: the mail is given up, with the server's words."""
    inbox, make = post
    inbox.on_recipient = "550 no such user"
    result = await make().send(outgoing())
    assert (result.ok, result.retry) == (False, False)
    assert "no such user" in result.reason


async def test_a_wrong_password_waits_for_an_operator(post: Post) -> None:
    """The reason says what to check, and not what was tried."""
    _, make = post
    result = await make(secrets={"username": "alerts", "password": "wrong-päss"}).send(outgoing())
    assert (result.ok, result.retry) == (False, True)
    assert "check username and password" in result.reason
    assert "wrong" not in result.reason


async def test_a_server_that_nobody_vouches_for_gets_no_password(post: Post) -> None:
    """TLS is checked."""
    _, make = post
    mailer = make()
    mailer.tls_context = None
    result = await mailer.send(outgoing())
    assert (result.ok, result.retry) == (False, True)


async def test_a_silent_server_is_left_in_time(post: Post) -> None:
    """The mail may have arrived; it is tried again."""
    inbox, make = post
    inbox.is_silent = True
    result = await make(timeout_s=0.3).send(outgoing())
    assert (result.ok, result.retry) == (False, True)


async def test_no_server_is_tried_again(post: Post) -> None:
    """Nobody listens."""
    _, make = post
    options = {"server": "127.0.0.1", "port": "9", "from": "alerts@yizhan.example"}
    result = await make(options=options).send(outgoing())
    assert (result.ok, result.retry) == (False, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"address": ""},
        {"address": "not an address"},
        {"options": {}},
        {"options": {"server": "s", "from": "a@b.example", "security": "perhaps"}},
        {"options": {"server": "s", "from": "a@b.example", "port": "smtp"}},
        {"options": {"server": "s", "from": "a@b.example", "security": "none"}},
    ],
)
async def test_a_setting_that_cannot_work_is_refused(post: Post, changes: dict[str, Any]) -> None:
    """At the import, in words; never with the password."""
    _, make = post
    with pytest.raises(WrongChannel, match="email") as refused:
        make(**changes)
    assert PASSWORD not in str(refused.value)


def test_a_setting_is_shown_without_its_password() -> None:
    """By Python too."""
    assert PASSWORD not in repr(ChannelSetting("m", ChannelKind.EMAIL, secrets={"password": PASSWORD}))
