"""The server held to its own document by a tool that knows nothing of us: schemathesis, over a real socket."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from api.app import make_app
from api.openapi import DOCUMENT
from ingest.operating import Role
from tests.api.ops_world import MINTED
from tests.api.world import World

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
ENDLESS = ("/v1/stream", "/v1/ops/alerts/stream")
"""Streams never end, so nothing can be held against a whole answer."""
RUN_WITHIN_S = 150


@pytest.fixture
async def server(world: World) -> AsyncIterator[tuple[str, web.Application]]:
    """The small world on a free port."""
    app = make_app(world.platform())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}", app
    await runner.cleanup()


@pytest.mark.timeout(RUN_WITHIN_S + 30)
async def test_what_a_stranger_tries_is_answered_as_documented(
    server: tuple[str, web.Application], tmp_path: Path
) -> None:
    """No 500, no status, media type or body that the document does not name, whatever is sent to which address."""
    address, app = server
    document = json.loads(app[DOCUMENT])
    for path in ENDLESS:
        del document["paths"][path]
    described = tmp_path / "openapi.json"
    described.write_text(json.dumps(document), encoding="utf-8")
    command = [
        *(str(Path(sys.executable).parent / "schemathesis"), "run", str(described), "--url", address),
        *("--checks", CHECKS, "--max-examples", "8", "--phases", "examples,coverage,fuzzing"),
        *("--header", f"Authorization: Bearer {MINTED[Role.ADMIN].text}", "--suppress-health-check", "all"),
        *("--seed", "1", "--no-color"),
    ]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=tmp_path, env=os.environ | {"NO_COLOR": "1"}
    )
    async with asyncio.timeout(RUN_WITHIN_S):
        told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()[-6_000:]
