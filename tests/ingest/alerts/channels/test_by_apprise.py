"""All other services through apprise, the real library, to a server of the test's own."""

import asyncio
import sys
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from ingest.alerts.channels.asking import WrongChannel
from ingest.alerts.channels.registry import sender_of
from ingest.alerts.channels.sender import Surroundings
from ingest.alerts.work import ChannelKind, ChannelSetting
from tests.ingest.alerts.channels.conftest import Open
from tests.ingest.alerts.channels.fakes import Mood
from tests.ingest.alerts.messages import outgoing

# Its plugins import what Python is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
SETTING = ChannelSetting("east-robot", ChannelKind.APPRISE, secrets={"url": "json://127.0.0.1:9/hidden-path"})


async def test_what_apprise_cannot_send_is_tried_again(
    surroundings: Surroundings, service: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """Its answer is yes or no; nothing of its URL is told by us."""
    fake, other = await service(ChannelKind.WEBHOOK)
    fake.mood = Mood.BROKEN
    setting = replace(SETTING, secrets={"url": f"json://{urlsplit(other.address).netloc}/hidden-path"})
    result = await sender_of(setting, surroundings).send(outgoing())
    assert (result.ok, result.retry) == (False, True)
    assert fake.asked == 1
    assert "hidden-path" not in result.reason


async def test_what_apprise_sends_does_not_hold_the_loop(surroundings: Surroundings, service: Open) -> None:
    """The server stands in the same loop: it could not answer if apprise blocked it."""
    fake, other = await service(ChannelKind.WEBHOOK)
    fake.mood = Mood.NOT_JSON  # a plain 200
    setting = replace(SETTING, secrets={"url": f"json://{urlsplit(other.address).netloc}/hidden-path"})
    async with asyncio.timeout(20):
        assert (await sender_of(setting, surroundings).send(outgoing())).ok


async def test_a_url_that_apprise_does_not_know_is_refused(surroundings: Surroundings) -> None:
    """In words, and without it."""
    with pytest.raises(WrongChannel, match="apprise") as refused:
        sender_of(replace(SETTING, secrets={"url": "nosuch://key-17"}), surroundings)
    assert "key-17" not in str(refused.value)


async def test_without_the_extra_it_says_what_to_install(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Apprise is an option; nobody else pays for it."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(WrongChannel, match=r"yizhan\[apprise\]"):
        sender_of(SETTING, surroundings)
