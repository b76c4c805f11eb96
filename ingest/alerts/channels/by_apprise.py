"""All that has no sender of ours, through the library apprise: `pip install yizhan[apprise]`.

Enters: a message. Leaves: a result. Never: imported before a channel wants it; nor is its success more than "something
answered well": for DingTalk, WeCom and Feishu it takes an error for success, so those have senders of ours.
Secret: `url`, as apprise writes it, such as `bark://host/key`.
"""

import asyncio
from typing import Any

from ingest.alerts.channels.asking import WrongChannel, need_secret, one_line
from ingest.alerts.channels.sender import Surroundings, masked
from ingest.alerts.markdown import plain
from ingest.alerts.work import ChannelSetting, Outgoing, SendResult


class AppriseSender:
    """One URL of apprise. It blocks, so it sends in a thread."""

    def __init__(self, setting: ChannelSetting, world: Surroundings) -> None:
        self._setting = setting
        self._world = world
        url = need_secret(setting, "url", "an address as apprise writes it, such as bark://host/key")
        try:
            import apprise  # noqa: PLC0415 - an extra, and 35 MB of memory that only those pay who want it
        except ImportError:
            words = f"channel {setting.name} (apprise): the library is missing, install yizhan[apprise]"
            raise WrongChannel(words) from None
        self._apprise: Any = apprise.Apprise()
        if not self._apprise.add(url):
            raise WrongChannel(f"channel {setting.name} (apprise): apprise does not understand its url")

    async def send(self, message: Outgoing) -> SendResult:
        """See the port. A thread cannot be stopped: what took too long may arrive all the same."""
        notify = self._apprise.notify
        try:
            async with asyncio.timeout(2 * self._world.timeout_s):  # it waits for connect and answer, each its own time
                is_sent = await asyncio.to_thread(notify, title=message.title, body=plain(message.text))
        except TimeoutError:
            return SendResult(ok=False, reason="apprise did not end in time; it may have arrived", retry=True)
        except Exception as error:  # noqa: BLE001 - 180 plugins by others
            words = masked(one_line(str(error)), self._setting.secrets)
            return SendResult(ok=False, reason=f"apprise failed: {words}", retry=True)
        if is_sent:
            return SendResult(ok=True)
        return SendResult(ok=False, reason="apprise could not send it, and does not say why", retry=True)
