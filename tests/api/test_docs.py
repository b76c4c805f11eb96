"""docs/api.md says what there is."""

from pathlib import Path
from typing import Any

import pytest

from api.query import parameter_names
from api.route import Route
from api.routes import ROUTES

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_route_and_parameter_is_documented(route: Route[Any]) -> None:
    """A route is named in the page, and so is each of its parameters."""
    assert f"`{route.path}`" in PAGE or f"`{route.method} {route.path}`" in PAGE
    for name in parameter_names(route.query):
        assert f"`{name}`" in PAGE or f"`{name}=" in PAGE
