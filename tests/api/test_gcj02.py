"""The shift of Chinese map apps."""

import pytest

from api.gcj02 import gcj02
from api.positions import Position, metres_between


@pytest.mark.parametrize(
    ("wgs84", "shifted"),
    [
        ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
        ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
        ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
    ],
)
def test_a_position_is_where_map_apps_show_it(wgs84: tuple[float, float], shifted: tuple[float, float]) -> None:
    """The pairs that the formula's users publish in their tests come out, to a metre."""
    assert metres_between(Position(*gcj02(*wgs84)), *shifted) < 1.0


@pytest.mark.parametrize("position", [(48.85, 2.35), (-33.87, 151.2)])
def test_abroad_nothing_is_shifted(position: tuple[float, float]) -> None:
    """The datum is China's alone."""
    assert gcj02(*position) == position
