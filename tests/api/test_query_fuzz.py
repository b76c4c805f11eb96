"""Whatever stands in a query string, the answer is a 200, or a 400 in the one shape of errors."""

from urllib.parse import quote

import pytest
from aiohttp import ClientSession
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from api.query import parameter_names
from api.routes import ROUTES
from ingest.operating import Role
from tests.api.error_shape import assert_problem
from tests.api.ops_world import bearer
from tests.api.world import address

PATHS = {address(route.path): route for route in ROUTES if route.method == "GET"}

good = st.sampled_from(
    [
        "2026-11-22T06:00:00",
        "9999-12-31T23:59:59-12:00",
        "ZDE6LTE",
        "",
        "2026-11-22T06:00:00Z",
        "2026-11-22T14:00:00+08:00",
        "ZDE6Mg",
        "110000",
        "441900",
        "rest",
        "haircut",
        "1",
        "1000",
        "bj-0001",
        "2026-11-01",
        "2026-11-22",
        "czE6YmotMDAwMQ",
        "en",
    ]
)
nearly = st.sampled_from(
    ["0", "-1", "1001", "1e3", " 5", "١٢", "1_0", "NaN", "null", "9" * 400, "czE6", "czE", "=", "%", "%00", "110000 "]
)
hostile = st.sampled_from(
    [
        "2026-02-30",
        "2026-11-22T06:00:00",
        "9999-12-31T23:59:59-12:00",
        "ZDE6LTE",
        "0001-01-01",
        "9999-12-31",
        "\x00",
        "\r\nX: 1",
        "a" * 1500,
        "<script>",
        "../..",
        "110000;",
        "🏠",
    ]
)
values = st.one_of(good, nearly, hostile, st.text(max_size=30), st.dates().map(str), st.integers().map(str))


@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_no_query_is_a_mistake_of_ours(client: ClientSession, path: str, data: st.DataObject) -> None:
    """A query is answered, or refused by the name of a parameter; the page for people shows itself whatever it is."""
    route = PATHS[path]
    names = st.one_of(st.sampled_from([*parameter_names(route.query), "lang", "x"]), st.text(max_size=8))
    pairs = data.draw(st.lists(st.tuples(names, values), max_size=4))
    query = "&".join(f"{quote(name, errors='replace')}={quote(value, errors='replace')}" for name, value in pairs)
    async with client.get(URL(f"{path}?{query}", encoded=True), headers=bearer(Role.ADMIN)) as response:
        if route.query.is_lenient:
            assert response.status in {200, 404}
            assert response.content_type == route.response
        elif response.status != 200:
            await assert_problem(response, 400)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(segment=st.text(min_size=1, max_size=40))
async def test_no_station_id_is_a_mistake_of_ours(client: ClientSession, segment: str) -> None:
    """Whatever stands where a station id belongs, the answer is a 404 in the one shape of errors."""
    target = quote(segment, safe="", errors="replace")
    async with client.get(URL(f"/v1/stations/{target}", encoded=True)) as response:
        await assert_problem(response, 404)
