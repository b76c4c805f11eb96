"""The compose file and the Dockerfile: what they name is there. No test starts a container; there is no Docker here."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import yaml

from assembly.settings_sources import load
from ingest.store.influx.client import InfluxServer
from tests.deploy.placing import DEPLOY, text_of

ROOT: Final = DEPLOY.parent
COMPOSE: Final[dict[str, Any]] = yaml.safe_load(text_of("compose.yaml"))
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]

TEXTS: Final = {"type": "array", "items": {"type": "string"}, "minItems": 1}
SHAPE: Final = {
    "type": "object",
    "required": ["services", "volumes"],
    "additionalProperties": False,
    "properties": {
        "volumes": {"type": "object", "additionalProperties": {"type": "null"}},
        "services": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["image", "restart", "volumes"],
                "additionalProperties": False,
                "properties": {
                    "image": {"type": "string"},
                    "build": {"type": "object", "required": ["context", "dockerfile"]},
                    "restart": {"const": "always"},
                    "stop_grace_period": {"type": "string", "pattern": r"^\d+[sm]$"},
                    "ulimits": {"type": "object", "additionalProperties": {"type": "integer"}},
                    "environment": {"type": "object", "additionalProperties": {"type": "string"}},
                    "volumes": {**TEXTS, "items": {"type": "string", "pattern": r"^[^:]+:/[^:]+(:ro)?$"}},
                    "ports": {**TEXTS, "items": {"type": "string", "pattern": r"^127\.0\.0\.1:\d+:\d+$"}},
                    "healthcheck": {"type": "object", "required": ["test"]},
                    "depends_on": {
                        "type": "object",
                        "additionalProperties": {
                            "type": "object",
                            "properties": {"condition": {"enum": ["service_started", "service_healthy"]}},
                        },
                    },
                    "read_only": {"type": "boolean"},
                    "tmpfs": TEXTS,
                    "cap_drop": TEXTS,
                    "security_opt": TEXTS,
                },
            },
        },
    },
}
"""What is used of the Compose Specification, and our own rules: all start again, no port open beyond this machine."""


def test_file_has_the_shape_of_a_compose_file() -> None:
    """Every key is one that Compose knows at that place, with a value of its type."""
    jsonschema.validate(COMPOSE, SHAPE)


def test_all_that_is_mounted_is_there() -> None:
    """A file that goes into a container stands in deploy/, but for the one that is to be made; volumes are declared."""
    mounts = [mount.split(":")[0] for service in SERVICES.values() for mount in service["volumes"]]
    files = {mount for mount in mounts if mount.startswith(".")}
    assert {file for file in files if not (DEPLOY / file).is_file()} == {"./secrets/yizhan.passwd"}
    assert {mount for mount in mounts if not mount.startswith(".")} == set(COMPOSE["volumes"])


def test_all_that_is_waited_for_is_there() -> None:
    """A service depends on services of the file, and on the health of those alone that tell it."""
    for service in SERVICES.values():
        for name, how in service.get("depends_on", {}).items():
            assert how["condition"] == "service_started" or "healthcheck" in SERVICES[name]


def test_every_image_is_of_one_version() -> None:
    """No image moves by itself, but for our own, which is built here."""
    tags = {name: service["image"].partition(":")[2] for name, service in SERVICES.items() if "build" not in service}
    assert {name for name, tag in tags.items() if not re.match(r"v?\d+\.\d+", tag)} == set()


def test_passwords_to_choose_are_those_of_the_example() -> None:
    """Each variable that must be set stands in env.example, and nothing else does."""
    wanted = set(re.findall(r"\$\{(\w+)", text_of("compose.yaml")))
    assert wanted == set(re.findall(r"^(\w+)=$", text_of("env.example"), re.MULTILINE))


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """That of the platform's container, with passwords chosen."""
    monkeypatch.chdir(tmp_path)
    chosen = {
        name: re.sub(r"\$\{(\w+)[^}]*\}", r"word-of-\1", value)
        for name, value in SERVICES["yizhan"]["environment"].items()
    }
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    return chosen


def test_platform_understands_its_environment(environment: dict[str, str]) -> None:
    """Our settings take all of it, and it leads to the other services, at the ports that they listen on."""
    settings, given_by = load()
    assert set(given_by.values()) == set(environment)
    assert settings.mqtt.host in SERVICES
    assert f"listener {settings.mqtt.port}" in text_of("compose/mosquitto.conf").splitlines()
    influxdb = SERVICES["influxdb"]["environment"]
    assert settings.store.influx_url == "http://influxdb:8086"
    server = InfluxServer(settings.store.influx_url, settings.store.bucket, org=settings.store.org)
    assert (server.place["db"], server.org) == (
        influxdb["DOCKER_INFLUXDB_INIT_BUCKET"],
        influxdb["DOCKER_INFLUXDB_INIT_ORG"],
    )
    assert settings.spool.folder.is_relative_to("/data")


def test_platform_is_asked_where_it_listens(environment: dict[str, str]) -> None:
    """Prometheus, the published port and the check of the image all ask the port of the settings."""
    port = load().settings.api.port
    (target,) = yaml.safe_load(text_of("compose/prometheus.yaml"))["scrape_configs"][0]["static_configs"][0]["targets"]
    assert target == f"yizhan:{port}"
    assert SERVICES["yizhan"]["ports"][0].endswith(f":{port}")
    assert f"127.0.0.1:{port}/healthz" in text_of("Dockerfile")


def test_the_two_ways_to_ask_differ_in_the_address_alone() -> None:
    """Prometheus in a container does what the one on the machine does."""
    here, there = (yaml.safe_load(text_of(name)) for name in ("prometheus.yaml", "compose/prometheus.yaml"))
    for one in (here, there):
        del one["scrape_configs"][0]["static_configs"]
    assert here == there


def test_image_holds_what_the_wheel_is_made_of() -> None:
    """All that the wheel needs is copied into the image, exists, and is not kept away from it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {name.strip("/") for name in project["tool"]["hatch"]["build"]["targets"]["wheel"]["include"]}
    lines = [line.split()[1:-1] for line in text_of("Dockerfile").splitlines() if re.match(r"COPY (?!--from)", line)]
    copied = {name for names in lines for name in names}
    assert wanted | {"pyproject.toml", "requirements.lock", project["project"]["readme"]} <= copied
    assert {name for name in copied if not (ROOT / name).exists()} == set()
    assert {f"!{name}" for name in copied} <= set(text_of("Dockerfile.dockerignore").splitlines())
    assert SERVICES["yizhan"]["build"] == {"context": "..", "dockerfile": "deploy/Dockerfile"}
    assert os.path.lexists(ROOT / SERVICES["yizhan"]["build"]["dockerfile"])


def test_image_never_holds_a_secret() -> None:
    """What is chosen for this machine is kept out of the repository."""
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/deploy/.env", "/deploy/secrets/"} <= set(ignored)
