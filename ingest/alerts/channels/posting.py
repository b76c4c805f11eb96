"""Sends to whatever is reached by one POST.

Enters: a service, a channel's setting, messages. Leaves: results. Never: raises, follows a redirect, or reads an answer
without end.
"""

import asyncio
import logging
from typing import Final

import aiohttp

from ingest.alerts.channels.asking import Answer, Request, Service, one_line
from ingest.alerts.channels.sender import Surroundings, masked
from ingest.alerts.work import ChannelSetting, Outgoing, SendResult

log = logging.getLogger(__name__)

ANSWER_MAX_BYTES: Final = 64 * 1024
"""Larger: whatever answers there decides how much memory we take. Smaller: an honest answer is cut off."""


class Poster:
    """One channel of a service."""

    def __init__(self, service: Service, setting: ChannelSetting, world: Surroundings) -> None:
        service.check(setting)
        self._service = service
        self._setting = setting
        self._world = world

    async def send(self, message: Outgoing) -> SendResult:
        """See the port."""
        try:
            request = self._service.request(self._setting, message, self._world.now_ms())
            answer = await self._post(request)
            result = self._service.verdict(answer, self._world.now_ms())
        except TimeoutError:
            reason = f"no answer within {self._world.timeout_s:g} s; it may have arrived all the same"
            result = SendResult(ok=False, reason=reason, retry=True)
        except aiohttp.InvalidURL:
            # Its text is the URL, secrets included.
            result = SendResult(ok=False, reason="the address of the channel is no URL", retry=True)
        except (aiohttp.ClientError, OSError) as error:
            reason = f"connection failed: {one_line(str(error)) or type(error).__name__}"
            result = SendResult(ok=False, reason=reason, retry=True)
        except Exception as error:  # noqa: BLE001 - an error of ours in one channel must not end all of them
            # Not its text: nobody knows what stands in it.
            log.error("channel %s: an error of ours: %s", self._setting.name, type(error).__name__)  # noqa: TRY400
            result = SendResult(ok=False, reason=f"an error of ours: {type(error).__name__}", retry=True)
        return result._replace(reason=masked(result.reason, self._setting.secrets))

    async def _post(self, request: Request) -> Answer:
        async with (
            asyncio.timeout(self._world.timeout_s),
            self._world.http.post(
                request.url, data=request.body, headers=request.headers, allow_redirects=False
            ) as response,
        ):
            body = bytearray()
            while len(body) < ANSWER_MAX_BYTES and (chunk := await response.content.read(ANSWER_MAX_BYTES - len(body))):
                body += chunk
            return Answer(response.status, bytes(body), response.headers.get("Retry-After"))
