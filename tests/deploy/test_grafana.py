"""The dashboard: its questions are put to a real database with our own readings, or read by Prometheus's tool."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from bench.servers import InfluxDB
from ingest.model import DayCount, Kind, Quality
from tests.deploy.placing import text_of
from tests.deploy.promtool import promtool
from tests.ingest.making import MINUTE_MS, NOW_MS, reading
from tests.ingest.store.influx_stores import DAYS, ask, influx_store, registry_of

DASHBOARD: Final[dict[str, Any]] = json.loads(text_of("grafana/yizhan.json"))
PANELS: Final[list[dict[str, Any]]] = DASHBOARD["panels"]
SOURCES: Final = {one["uid"]: one for one in yaml.safe_load(text_of("grafana/datasources.yaml"))["datasources"]}
STATION: Final = "st-1"


def questions(kind: str) -> Iterator[tuple[str, str]]:
    """Title and text of each question to sources of a kind."""
    for panel in PANELS:
        for target in panel.get("targets", ()):
            if target["datasource"]["type"] == kind:
                yield panel["title"], target["query" if kind == "influxdb" else "expr"]


def asked_by_grafana(query: str) -> str:
    """With what Grafana puts in for its variables: the last hour before the readings of these tests."""
    puts_in = {
        "$timeFilter": f"time >= {NOW_MS - 60 * MINUTE_MS}ms and time <= {NOW_MS}ms",
        "now() - 10m": f"{NOW_MS - 10 * MINUTE_MS}ms",
        "$__interval": "5m",
        "$province": "(110000|310000)",
        "$station": STATION,
    }
    for variable, value in puts_in.items():
        query = query.replace(variable, value)
    assert "$" not in query.replace("$/", "")
    return query


@pytest.mark.influx
async def test_every_question_to_influxdb_is_answered(influxdb: InfluxDB) -> None:
    """With an hour of readings of each kind and a day's count in the store, no chart of stations is empty."""
    store = influx_store(influxdb.url, registry=registry_of(STATION))
    await store.open()
    for seq, ago in enumerate(range(50, 0, -5), start=1):
        named: dict[str, Any] = {"station": STATION, "ts": NOW_MS - ago * MINUTE_MS, "seq": seq}
        await store.write([reading(kind, **named) for kind in (Kind.OCCUPANCY, Kind.MEDICINE)])
        slots = [{"slot": 1, "state": "ready", "soc": 90, "cell_temp": 31.5}]
        await store.write([reading(Kind.BATTERY, **named, slots=slots, cabinet_temp=28.0, smoke=True)])
    day = DAYS.of(NOW_MS)
    await store.write_counts([DayCount(STATION, day, 12, 0, Quality.EXACT)])
    await store.close()
    day_ms = DAYS.start_ms(day)
    empty = []
    for title, query in questions("influxdb"):
        text = asked_by_grafana(query)
        # A day's count stands at its first instant, which the last hour does not hold.
        text = text.replace(f"{NOW_MS - 60 * MINUTE_MS}ms", f"{day_ms}ms") if '"visits"' in text else text
        rows = await ask(influxdb.url, text)
        if not any(value is not None for row in rows for value in row[1:]):
            empty.append(title)
    assert empty == []
    (names,) = [one["query"] for one in DASHBOARD["templating"]["list"] if one["name"] == "province"]
    assert await ask(influxdb.url, names) == [["province", "110000"]]


def test_every_question_to_prometheus_can_be_read(tmp_path: Path) -> None:
    """Prometheus's tool reads each expression of the dashboard."""
    rules = [
        {"record": f"panel:{number}", "expr": text.replace("$__rate_interval", "5m")}
        for number, (_, text) in enumerate(questions("prometheus"))
    ]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    checked: subprocess.CompletedProcess[str] = promtool("check", "rules", str(file))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert len(rules) > 10


def test_every_panel_asks_a_source_that_is_there() -> None:
    """The sources that panels and variables name are those that are provided, of that type."""
    used = [one["datasource"] for panel in PANELS for one in (panel, *panel.get("targets", ())) if "datasource" in one]
    used += [one["datasource"] for one in DASHBOARD["templating"]["list"] if "datasource" in one]
    assert {(one["uid"], one["type"]) for one in used} == {(uid, one["type"]) for uid, one in SOURCES.items()}


def test_panels_do_not_cover_each_other() -> None:
    """Each panel has an id and a place of its own, within the 24 columns."""
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


def test_provider_looks_where_the_dashboard_is_put() -> None:
    """The folder that Grafana is told of is the one that the compose file mounts the dashboard into."""
    (provider,) = yaml.safe_load(text_of("grafana/dashboards.yaml"))["providers"]
    assert provider["type"] == "file"
    mounts = yaml.safe_load(text_of("compose.yaml"))["services"]["grafana"]["volumes"]
    assert f"./grafana/yizhan.json:{provider['options']['path']}/yizhan.json:ro" in mounts
    assert {"$INFLUXDB_URL", "$PROMETHEUS_URL"} == {source["url"] for source in SOURCES.values()}
