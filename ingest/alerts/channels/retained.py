"""MQTT for handhelds and displays: one retained message for each open job, an empty one when it is closed.

Enters: a message. Leaves: a result, when the broker has it. Never: a topic below yizhan/v1/: the platform reads that
tree, and `alerts` could be the id of a station there. The address is the topic; a job's place is added to it.
"""

import asyncio
import re
from typing import Final

from gateway.topics import PREFIX
from ingest.alerts.channels.asking import WrongChannel, one_line
from ingest.alerts.channels.sender import Surroundings
from ingest.alerts.payload import handheld_documents
from ingest.alerts.work import ChannelSetting, Outgoing, SendResult, Why

ROOT: Final = "yizhan/alerts/v1"
"""Where a channel without an address publishes, with its name added."""
_TOPIC: Final = re.compile(r"[^\s+#$/\x00][^\s+#\x00]*")


class Retainer:
    """One topic. Retained messages say how things stand, so the last one must be the last: see `Lane.follow`."""

    def __init__(self, setting: ChannelSetting, world: Surroundings) -> None:
        self._topic = (setting.address or f"{ROOT}/{setting.name}").rstrip("/")
        self._world = world
        if not _TOPIC.fullmatch(self._topic):
            raise WrongChannel(f"channel {setting.name} (mqtt): a topic has no blanks, + or #, and begins with a name")
        if f"{self._topic}/".startswith(PREFIX):
            raise WrongChannel(f"channel {setting.name} (mqtt): {PREFIX} is for stations; use {ROOT}/{setting.name}")

    async def send(self, message: Outgoing) -> SendResult:
        """See the port."""
        publish = self._world.publish
        if publish is None:
            return SendResult(ok=False, reason="this process has no broker to publish to", retry=True)
        documents = handheld_documents(message.payload)
        if message.notice.why is Why.TRIAL:
            documents = [("trial", b'{"why": "trial"}'), ("trial", b"")]
        try:
            async with asyncio.timeout(self._world.timeout_s):
                for place, document in documents:
                    await publish(f"{self._topic}/{place}", document)
        except TimeoutError:
            reason = f"the broker did not take it within {self._world.timeout_s:g} s"
            return SendResult(ok=False, reason=reason, retry=True)
        except OSError as error:
            return SendResult(ok=False, reason=one_line(str(error)), retry=True)
        return SendResult(ok=True)
