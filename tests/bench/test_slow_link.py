"""The slow link: what it does to answers, and that it leaves requests alone."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bench.slow_link import Behaviour, SlowLink
from gateway.child_server import LOOPBACK

ANSWER = b"x" * 64


@pytest.fixture
def asked() -> list[bytes]:
    """What has reached the server."""
    return []


@pytest.fixture
async def link(asked: list[bytes]) -> AsyncIterator[SlowLink]:
    """A link to a server that answers every request with 64 bytes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.read(1000):
            asked.append(request)
            writer.write(ANSWER)
        writer.close()

    server = await asyncio.start_server(answer, LOOPBACK, 0)
    async with SlowLink(server.sockets[0].getsockname()[1]) as link:
        yield link
    server.close()
    await server.wait_closed()


async def pieces(link: SlowLink) -> list[tuple[float, bytes]]:
    """What comes back for one request, and how long after it."""
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection(LOOPBACK, link.port)
    began_s, got = loop.time(), list[tuple[float, bytes]]()
    writer.write(b"request")
    while sum(len(piece) for _, piece in got) < len(ANSWER) and (piece := await reader.read(1000)):
        got.append((loop.time() - began_s, piece))
    writer.close()
    await writer.wait_closed()
    return got


async def test_prompt_link_changes_nothing(link: SlowLink, asked: list[bytes]) -> None:
    """Request and answer pass whole, and nothing counts as disturbed."""
    assert b"".join(piece for _, piece in await pieces(link)) == ANSWER
    assert (asked, link.disturbed) == ([b"request"], 0)


async def test_late_answer_comes_whole_after_the_delay(link: SlowLink, asked: list[bytes]) -> None:
    """The server was asked at once."""
    link.behaviour, link.delay_s = Behaviour.LATE, 0.2
    ((after_s, answer),) = await pieces(link)
    assert answer == ANSWER
    assert after_s >= 0.2
    assert (asked, link.disturbed, link.has_disturbed.is_set()) == ([b"request"], 1, True)


async def test_trickling_answer_comes_in_drops(link: SlowLink) -> None:
    """Sixteen bytes at a time, and all of them in the end."""
    link.behaviour, link.delay_s = Behaviour.TRICKLING, 0.05
    got = await pieces(link)
    assert [piece for _, piece in got] == [ANSWER[:16]] * 4
    assert got[-1][0] >= 0.15


async def test_cut_answer_never_comes_though_the_server_was_asked(link: SlowLink, asked: list[bytes]) -> None:
    """The asker sees its connection end and cannot know that the deed is done."""
    link.behaviour = Behaviour.CUT
    assert await pieces(link) == []
    assert asked == [b"request"]
