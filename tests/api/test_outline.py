"""An operator's own map: drawn as it is, with its approval number, or refused in words."""

import json
from dataclasses import replace

import pytest
from aiohttp import ClientSession

from api.app import make_app
from api.pages.outline import WIDTH, WrongMap, read_map
from tests.api.conftest import ClientOf
from tests.api.world import World

BOX = [[[116.0, 39.0], [118.0, 39.0], [118.0, 41.0], [116.0, 41.0], [116.0, 39.0]]]
FEATURES = [
    {"type": "Feature", "properties": {"adcode": 110000}, "geometry": {"type": "Polygon", "coordinates": BOX}},
    {"type": "Feature", "id": "CN-44", "properties": None, "geometry": {"type": "MultiPolygon", "coordinates": [BOX]}},
    {
        "type": "Feature",
        "properties": {"name": "lines at sea"},
        "geometry": {"type": "MultiLineString", "coordinates": [[[110.0, 10.0], [112.0, 12.0]]]},
    },
    {"type": "Feature", "properties": {"code": "99"}, "geometry": None},
]
DOCUMENT = {"type": "FeatureCollection", "features": FEATURES}
NUMBER = "GS(2026)0001号"


def test_shapes_are_drawn_with_their_provinces() -> None:
    """Each feature is a path with the code of its province; what belongs to none is drawn as well; north is up."""
    drawn = read_map(json.dumps(DOCUMENT), f" {NUMBER} ")
    assert [code for code, _ in drawn.shapes] == ["110000", "440000", "", "990000"]
    assert drawn.approval == NUMBER
    path = drawn.shapes[0][1]
    assert path.startswith("M300.0 ")
    assert f"L{WIDTH} " in path
    numbers = [float(one[1:]) for one in path.replace("L", " L").split() if one[0] in "ML"]
    assert max(numbers) <= WIDTH
    assert drawn.height > 0


def test_points_closer_than_a_screen_can_show_are_left_out() -> None:
    """A shore of a thousand points becomes as many as can be seen."""
    shore = [[110 + number / 10_000, 20 + (number % 2) / 100_000] for number in range(1_000)]
    far = [[100.0, 10.0], [120.0, 30.0]]
    lines = {"type": "MultiLineString", "coordinates": [shore, far]}
    drawn = read_map(json.dumps({"features": [{"properties": {}, "geometry": lines}]}), NUMBER)
    assert drawn.shapes[0][1].count("L") < 20


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not a GeoJSON"),
        ("[]", "not a GeoJSON"),
        ('{"features": []}', "no shapes"),
        ('{"features": [{"geometry": {"type": "Point", "coordinates": [1, 2]}}]}', "not a GeoJSON"),
        ('{"features": [{"geometry": {"type": "LineString", "coordinates": [["x"]]}}]}', "not a GeoJSON"),
        ('{"features": [{"geometry": {"type": "LineString", "coordinates": [[0, 0], [500000, 9]]}}]}', "degrees"),
    ],
)
def test_a_file_that_is_no_map_is_refused_in_words(text: str, words: str) -> None:
    """What is wrong is said."""
    with pytest.raises(WrongMap, match=words):
        read_map(text, NUMBER)


def test_a_map_without_its_number_is_not_shown() -> None:
    """No approval number, no map."""
    with pytest.raises(WrongMap, match="审图号"):
        read_map(json.dumps(DOCUMENT), "  ")


async def test_the_overview_shows_it_with_its_number(world: World, client_of: ClientOf) -> None:
    """In place of the squares; provinces are links, shaded as the squares are; lines at sea are there."""
    world.settings = replace(world.settings, map=read_map(json.dumps(DOCUMENT), NUMBER))
    client: ClientSession = await client_of(make_app(world.platform()))
    async with client.get("/overview") as response:
        html = await response.text()
    assert f"审图号：{NUMBER}" in html
    assert 'aria-label="北京市：驿站（个） 5" class="shade-' in html
    assert '<path class="line"' in html
    assert "<rect" not in html.partition('id="map"')[2].partition("</svg>")[0]
    assert "不是地图" not in html
