"""Each service on loopback, well and in each of its ways to fail; what is sent is held to the service's own formula."""

import logging
from collections.abc import Callable
from dataclasses import replace

import pytest

from ingest.alerts.channels.asking import WrongChannel
from ingest.alerts.channels.registry import sender_of
from ingest.alerts.channels.sender import Sender, Surroundings
from ingest.alerts.work import ChannelKind, ChannelSetting, SendResult
from tests.ingest.alerts.channels.conftest import Open
from tests.ingest.alerts.channels.fakes import Mood
from tests.ingest.alerts.messages import SECRETS, outgoing

Make = Callable[[ChannelSetting], Sender]
KINDS = [ChannelKind.DINGTALK, ChannelKind.WECOM, ChannelKind.FEISHU, ChannelKind.NTFY, ChannelKind.WEBHOOK]
CODED = [ChannelKind.DINGTALK, ChannelKind.WECOM, ChannelKind.FEISHU]

every_kind = pytest.mark.parametrize("kind", KINDS)
those_with_codes = pytest.mark.parametrize("kind", CODED)


def holds_no_secret(kind: ChannelKind, *texts: str) -> bool:
    """Whether none of the channel's secrets stands in a text."""
    return not [one for one in SECRETS[kind].values() for text in texts if one in text]


@every_kind
async def test_a_message_is_taken(kind: ChannelKind, service: Open, make: Make) -> None:
    """With the right token and signature, in Chinese, whole."""
    fake, setting = await service(kind)
    assert await make(setting).send(outgoing()) == SendResult(ok=True)
    [taken] = fake.taken
    assert kind is ChannelKind.WEBHOOK or "电芯过热" in str(taken)


@pytest.mark.parametrize(
    ("kind", "mood"),
    [
        (kind, mood)
        for kind in KINDS
        for mood in (Mood.BUSY, Mood.BROKEN, Mood.CUT, Mood.REDIRECT, Mood.NOT_JSON, Mood.HUGE)
        # Of a webhook's answer the status alone counts, as for Alertmanager.
        if kind is not ChannelKind.WEBHOOK or mood not in {Mood.NOT_JSON, Mood.HUGE}
    ],
)
async def test_a_failure_is_told_and_tried_again(kind: ChannelKind, mood: Mood, service: Open, make: Make) -> None:
    """Overload, outage, a cut, a page for people, a redirect, an answer without end: none is taken for success."""
    fake, setting = await service(kind)
    fake.mood = mood
    result = await make(setting).send(outgoing())
    assert (result.ok, result.retry) == (False, True)
    assert result.reason
    assert holds_no_secret(kind, result.reason)
    assert result.retry_after_s == (17.0 if mood is Mood.BUSY else None)
    assert fake.followed == 0


async def test_a_silent_service_is_given_up_in_time(surroundings: Surroundings, service: Open) -> None:
    """And whoever reads the reason knows that the message may have arrived."""
    fake, setting = await service(ChannelKind.DINGTALK)
    fake.mood = Mood.SILENT
    result = await sender_of(setting, replace(surroundings, timeout_s=0.05)).send(outgoing())
    assert (result.ok, result.retry) == (False, True)
    assert "0.05 s" in result.reason


@every_kind
async def test_nobody_listening_is_a_failure_to_try_again(kind: ChannelKind, make: Make, service: Open) -> None:
    """A port without a server, and a name without an address."""
    _, setting = await service(kind)
    for address in ("http://127.0.0.1:9", "http://nowhere.invalid:80", "http://[broken"):
        result = await make(replace(setting, address=address)).send(outgoing())
        assert (result.ok, result.retry) == (False, True)
        assert holds_no_secret(kind, result.reason)


@those_with_codes
async def test_http_200_with_an_error_code_is_no_success(kind: ChannelKind, service: Open, make: Make) -> None:
    """The reason holds the code and the service's words, without the secrets that it throws back at us."""
    fake, setting = await service(kind)
    fake.mood = Mood.CODE
    result = await make(setting).send(outgoing())
    assert (result.ok, result.retry) == (False, True)
    assert "99999" in result.reason
    assert holds_no_secret(kind, result.reason)
    assert fake.taken == []


@pytest.mark.parametrize(
    ("kind", "code"), [(ChannelKind.DINGTALK, 130101), (ChannelKind.WECOM, 45009), (ChannelKind.FEISHU, 11232)]
)
async def test_a_service_that_throttles_is_left_alone_for_a_minute(
    kind: ChannelKind, code: int, service: Open, make: Make
) -> None:
    """Its code for "too many" is HTTP 200 too, and names no time."""
    fake, setting = await service(kind)
    fake.mood, fake.error_code = Mood.CODE, code
    result = await make(setting).send(outgoing())
    assert (result.ok, result.retry, result.retry_after_s) == (False, True, 60.0)


@pytest.mark.parametrize(
    ("kind", "code"), [(ChannelKind.DINGTALK, 430104), (ChannelKind.WECOM, 40058), (ChannelKind.FEISHU, 9499)]
)
async def test_a_message_that_is_refused_for_itself_is_not_tried_again(
    kind: ChannelKind, code: int, service: Open, make: Make
) -> None:
    """The same text would be refused for ever."""
    fake, setting = await service(kind)
    fake.mood, fake.error_code = Mood.CODE, code
    assert not (await make(setting).send(outgoing())).retry


@every_kind
@pytest.mark.parametrize("which", [0, 1])
async def test_a_wrong_secret_is_told_with_what_to_check(
    kind: ChannelKind, which: int, service: Open, make: Make
) -> None:
    """The service refuses; the message stays good for when an operator has put it right."""
    _, setting = await service(kind)
    name = sorted(setting.secrets)[min(which, len(setting.secrets) - 1)]
    secrets = {**setting.secrets, name: "quite-another"}
    result = await make(replace(setting, secrets=secrets)).send(outgoing())
    assert not result.ok
    assert holds_no_secret(kind, result.reason)
    if not (kind is ChannelKind.NTFY and name == "topic"):
        assert result.retry
        assert "check" in result.reason


@every_kind
async def test_no_secret_is_shown_or_logged(
    kind: ChannelKind, service: Open, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """At any level, by us or the library, well or not; nor in what Python shows of a setting or a request."""
    fake, setting = await service(kind)
    caplog.set_level(logging.DEBUG)
    for mood in (Mood.WELL, Mood.CODE, Mood.BROKEN, Mood.CUT, Mood.REDIRECT):
        fake.mood = mood
        await make(setting).send(outgoing())
    assert holds_no_secret(kind, caplog.text, repr(setting), str(setting), repr(make(setting)))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not ChannelKind.WEBHOOK])
async def test_a_channel_without_its_secret_cannot_be_made(kind: ChannelKind, make: Make) -> None:
    """The text names the secret that is missing."""
    with pytest.raises(WrongChannel, match=r"east-robot .* no secret `\w+`"):
        make(ChannelSetting("east-robot", kind))


async def test_an_address_without_a_scheme_cannot_be_used(make: Make) -> None:
    """A bare host is told at once and not at the first emergency."""
    with pytest.raises(WrongChannel, match="https://"):
        make(ChannelSetting("hook", ChannelKind.WEBHOOK, "example.org/alerts"))


@those_with_codes
async def test_people_are_mentioned(kind: ChannelKind, service: Open, make: Make) -> None:
    """By mobile number, or by id where the service wants ids."""
    fake, setting = await service(kind)
    options = {"users": "ou_1, ou_2"} if kind is ChannelKind.FEISHU else {"mobiles": "13800000000, 13900000000"}
    assert (await make(replace(setting, options=options)).send(outgoing())).ok
    [taken] = fake.taken
    assert all(one.strip() in str(taken) for one in next(iter(options.values())).split(","))


@pytest.mark.parametrize("kind", [ChannelKind.WECOM, ChannelKind.DINGTALK, ChannelKind.FEISHU, ChannelKind.NTFY])
@pytest.mark.parametrize("options", [{}, {"mobiles": "13800000000"}, {"users": "zhang"}])
async def test_a_long_text_is_cut_and_keeps_its_links(
    kind: ChannelKind, options: dict[str, str], service: Open, make: Make
) -> None:
    """At a character, with a hint, within the service's bound in bytes."""
    fake, setting = await service(kind)
    text = "驿站😀" * 20_000 + "\n\n[我来处理](https://yz.example/a/T)"
    assert (await make(replace(setting, options=options)).send(outgoing(text=text))).ok
    [taken] = fake.taken
    assert "https://yz.example/a/T" in str(taken)
    assert "截断" in str(taken)
    assert "\ufffd" not in str(taken)


async def test_each_try_carries_the_same_key(service: Open, make: Make) -> None:
    """A receiver can throw away what it has already."""
    fake, setting = await service(ChannelKind.WEBHOOK)
    sender = make(setting)
    for _ in range(2):
        assert (await sender.send(outgoing())).ok
    assert [headers["Idempotency-Key"] for headers in fake.headers] == ["k-1", "k-1"]


async def test_ntfy_has_buttons_that_only_open_pages(service: Open, make: Make) -> None:
    """A touch in a pocket acknowledges nothing."""
    fake, setting = await service(ChannelKind.NTFY)
    assert (await make(setting).send(outgoing())).ok
    [taken] = fake.taken
    assert [(button["action"], button["label"]) for button in taken["actions"]] == [
        ("view", "我来处理"),
        ("view", "查看驿站"),
    ]
    assert taken["click"] == "https://yz.example/s/bj-cy-001"
