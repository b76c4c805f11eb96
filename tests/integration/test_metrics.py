"""Names of figures: those that pages, alarms and charts use are those that a running platform exposes."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from assembly.platform import open_platform
from gateway.broker import EmbeddedBroker
from tests.integration.conftest import settings_in

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
NAME: Final = r"\b((?:yizhan|process)_[a-z_]+[a-z])\b(?!\.)"
SUFFIX: Final = {"counter": "_total", "gauge": "", "histogram": ""}


@pytest.fixture
async def exposed(embedded_broker: EmbeddedBroker, tmp_path: Path) -> AsyncIterator[set[str]]:
    """The names that are asked for: of counters with _total, of a histogram without its parts."""
    async with (
        open_platform(settings_in(tmp_path, embedded_broker.url_v5)) as platform,
        aiohttp.ClientSession() as http,
    ):
        async with http.get(f"{platform.address}/healthz"):
            pass
        async with http.get(f"{platform.address}/metrics") as answer:
            families = list(text_string_to_metric_families(await answer.text()))
        yield {family.name + SUFFIX[family.type] for family in families if not family.name.endswith("_created")}


async def test_every_figure_is_explained(exposed: set[str]) -> None:
    """The page for operators has each figure of the platform in its table, and none that is not there."""
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    explained = {name for row in rows for name in re.findall(NAME, row)}
    ours = {name for name in exposed if name.startswith("yizhan_")}
    assert len(ours) > 15
    assert ours - explained == set()
    assert explained - exposed == set()


@pytest.mark.parametrize("file", ["prometheus-alerts.yaml", "grafana/yizhan.json"])
async def test_every_figure_that_is_used_exists(exposed: set[str], file: str) -> None:
    """No alarm and no chart asks for a figure that nobody gives."""
    used = set(re.findall(NAME, (ROOT / "deploy" / file).read_text(encoding="utf-8")))
    assert used
    assert {name.removesuffix("_bucket") for name in used} - exposed == set()
