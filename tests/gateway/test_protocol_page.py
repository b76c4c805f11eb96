"""The protocol as it is published, for people and for machines: both pages are held to the models."""

import json
import re
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import yaml

from gateway.payloads import BODIES, Payload, Receipt, Rejected, State, unknown_fields
from gateway.topics import UPLINK, Channel
from ingest.decode import Reason
from scripts.make_asyncapi import text

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGE: Final = (DOCS / "protocol.md").read_text(encoding="utf-8")
ASYNCAPI: Final[dict[str, Any]] = yaml.safe_load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))

EXAMPLES: Final[list[tuple[str, dict[str, Any]]]] = [
    (channel, json.loads(example)) for channel, example in re.findall(r"```json (\w+)\n(.*?)```", PAGE, re.DOTALL)
]
"""Channel and payload of each example on the page."""
MODELS: Final[dict[str, type[Payload]]] = {
    **{str(kind): body for kind, body in BODIES.items()},
    "state": State,
    "receipt": Receipt,
    "rejected": Rejected,
}


def parts(channel: str, example: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The example itself, or the readings in a backlog by their kinds."""
    if channel != "backlog":
        return [(channel, example)]
    return [(item["kind"], {name: item[name] for name in item if name != "kind"}) for item in example["readings"]]


def references(node: object) -> list[str]:
    """Every $ref below a node."""
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in references(value)]
    return [found for value in node for found in references(value)] if isinstance(node, list) else []


def resolved(reference: str) -> object:
    """What a reference points at; raises KeyError."""
    node: Any = ASYNCAPI
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


@pytest.mark.parametrize(("channel", "example"), EXAMPLES)
def test_example_on_the_page_is_a_valid_payload(channel: str, example: dict[str, Any]) -> None:
    """What the page shows is accepted, and holds no field that the protocol does not know."""
    for name, payload in parts(channel, example):
        body = MODELS[name].model_validate_json(json.dumps(payload))
        assert list(unknown_fields(body)) == []


def test_every_channel_that_carries_a_payload_has_an_example() -> None:
    """No channel is left to the reader's imagination, but for those that are reserved."""
    reserved = {"config", "command", "reply"}
    assert {channel for channel, _ in EXAMPLES} == {str(channel) for channel in Channel} - reserved


def test_page_names_every_field() -> None:
    """Each field of each payload stands on the page in its own words."""
    fields = {field for model in MODELS.values() for field in model.model_fields}
    assert {field for field in fields if not re.search(rf"`[^`]*\b{field}\b[^`]*`", PAGE)} == set()


def test_page_names_every_reason_of_refusal() -> None:
    """The table of reasons is that of the platform, one by one and in its order."""
    table = PAGE[PAGE.index("| reason | meaning |") :]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [str(reason) for reason in Reason]


def test_asyncapi_is_made_from_the_models() -> None:
    """docs/asyncapi.yaml is what the models say now; if not, run python -m scripts.make_asyncapi."""
    assert (DOCS / "asyncapi.yaml").read_text(encoding="utf-8") == text()


def test_asyncapi_is_well_formed() -> None:
    """Version, channels and operations are as AsyncAPI 3.0 wants them, and every reference leads somewhere."""
    assert ASYNCAPI["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(ASYNCAPI["info"])
    for reference in references(ASYNCAPI):
        assert resolved(reference)
    for channel in ASYNCAPI["channels"].values():
        assert set(re.findall(r"\{(\w+)\}", channel["address"])) == set(channel["parameters"])
        assert channel["messages"]
    for operation in ASYNCAPI["operations"].values():
        assert operation["action"] in {"send", "receive"}
        within = operation["channel"]["$ref"] + "/messages/"
        assert all(message["$ref"].startswith(within) for message in operation["messages"])


def test_asyncapi_receives_what_stations_send() -> None:
    """From the platform's point of view what stations publish is received, and the rest is sent."""
    actions = {op["channel"]["$ref"].rpartition("/")[2]: op["action"] for op in ASYNCAPI["operations"].values()}
    assert {name for name, action in actions.items() if action == "receive"} <= {str(channel) for channel in UPLINK}
    assert {name for name, action in actions.items() if action == "send"} == {"receipt", "rejected"}


@pytest.mark.parametrize(("channel", "example"), EXAMPLES)
def test_example_on_the_page_fits_its_schema(channel: str, example: dict[str, Any]) -> None:
    """A generic validator that knows nothing but asyncapi.yaml takes the example, and refuses it without a field."""
    message = ASYNCAPI["components"]["messages"][channel.capitalize()]
    schema = {**ASYNCAPI, "$ref": message["payload"]["$ref"]}
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    assert list(validator.iter_errors(example)) == []
    first = next(iter(example))
    required = resolved(message["payload"]["$ref"])
    assert isinstance(required, dict)
    if first in required["required"]:
        assert not validator.is_valid({name: example[name] for name in example if name != first})
