"""Health and metrics, asked over HTTP."""

from aiohttp import ClientSession
from prometheus_client import Gauge
from prometheus_client.parser import text_string_to_metric_families

from ingest.ports import Check
from tests.api.error_shape import assert_problem
from tests.api.stillness import NOW_MS
from tests.api.world import World


async def test_the_process_lives_whatever_its_parts_do(world: World, client: ClientSession) -> None:
    """/healthz does not ask the parts: restarting the process would not mend a broker."""
    world.health.parts["store"] = Check(ok=False, detail="no space left")
    async with client.get("/healthz") as response:
        assert response.status == 200
        assert (await response.json())["data"] == {"status": "ok"}


async def test_ready_names_its_parts(client: ClientSession) -> None:
    """/readyz gives each part with its state and since when."""
    async with client.get("/readyz") as response:
        assert response.status == 200
        data = (await response.json())["data"]
    assert data == {
        "status": "ready",
        "checks": {
            "broker": {"ok": True, "degraded": False, "detail": "connected", "since": "2026-11-22T07:29:00.000Z"}
        },
    }


async def test_degraded_is_ready_and_says_so(world: World, client: ClientSession) -> None:
    """A part that works by its second way keeps the platform in service, and names itself."""
    world.health.parts["store"] = Check(ok=True, detail="12 readings wait in the spool", is_degraded=True)
    async with client.get("/readyz") as response:
        assert response.status == 200
        data = (await response.json())["data"]
    assert (data["status"], data["checks"]["store"]["degraded"]) == ("degraded", True)
    assert data["checks"]["store"]["detail"] == "12 readings wait in the spool"


async def test_not_ready_is_a_problem_that_names_what_fails(world: World, client: ClientSession) -> None:
    """A failing part makes a 503 whose words are those of the part; the good ones are listed beside it."""
    world.health.parts["store"] = Check(ok=False, detail="no store and no spool since 14:02", since_ms=NOW_MS)
    async with client.get("/readyz") as response:
        problem = await assert_problem(response, 503)
    assert problem["detail"] == "store: no store and no spool since 14:02"
    assert {name: check["ok"] for name, check in problem["checks"].items()} == {"broker": True, "store": False}


async def test_metrics_say_what_ready_says(world: World, client: ClientSession) -> None:
    """Each part stands in /metrics: whether it works, and whether by its second way. The process has figures too."""
    world.health.parts["store"] = Check(ok=True, detail="12 readings wait in the spool", is_degraded=True)
    world.health.parts["broker"] = Check(ok=False, detail="not connected")
    async with client.get("/metrics") as response:
        lines = (await response.text()).splitlines()
    assert {line for line in lines if line.startswith("yizhan_part_")} == {
        'yizhan_part_up{part="broker"} 0.0',
        'yizhan_part_up{part="store"} 1.0',
        'yizhan_part_degraded{part="broker"} 0.0',
        'yizhan_part_degraded{part="store"} 1.0',
    }
    assert [line for line in lines if line.startswith("process_resident_memory_bytes ")]


async def test_metrics_hold_what_others_registered_and_what_was_asked(world: World, client: ClientSession) -> None:
    """Requests are counted by route template and status, never by what a client made up."""
    Gauge("yizhan_ingest_in_flight", "Readings not yet stored", registry=world.metrics).set(7)
    for path in ("/v1/stations/bj-0001", "/v1/stations/nobody", "/made/up/1", "/made/up/2", "/v1/summary?x=1"):
        async with client.get(path):
            pass
    async with client.request("PROPFIND", "/healthz"):
        pass
    async with client.get("/metrics") as response:
        assert response.content_type == "text/plain"
        families = {one.name: one for one in text_string_to_metric_families(await response.text())}
    assert families["yizhan_ingest_in_flight"].samples[0].value == 7
    requests = {
        (sample.labels["method"], sample.labels["route"], sample.labels["status"]): sample.value
        for sample in families["yizhan_api_requests"].samples
        if sample.name.endswith("_total")
    }
    assert requests == {
        ("GET", "/v1/stations/{station_id}", "200"): 1,
        ("GET", "/v1/stations/{station_id}", "404"): 1,
        ("GET", "unmatched", "404"): 2,
        ("GET", "/v1/summary", "400"): 1,
        ("other", "unmatched", "405"): 1,
    }
    counts = {
        sample.labels["route"]: sample.value
        for sample in families["yizhan_api_request_seconds"].samples
        if sample.name.endswith("_count")
    }
    assert counts["/v1/stations/{station_id}"] == 2
